namespace JsonRpcLite;

/// <summary>Answers calls that are given up while their handler still runs: makes the reply of fresh memory, by whoever knows the protocol, and has it sent.</summary>
internal sealed class EarlyAnswers(ErrorReply errors, ReplySender sender)
{
    /// <summary>After the reply was taken from the handler. The task never fails.</summary>
    public async Task AnswerAsync(ServerCall call, int statusCode, int code, string message)
    {
        try
        {
            await sender.SendEarlyAsync(call.Exchange, MakeReply(call, statusCode, code, message)).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The connection is gone; nobody waits for this reply any more.
        }
        call.EndMeasuresEarly(statusCode, code);
    }

    private EarlyReply MakeReply(ServerCall call, int statusCode, int code, string message)
    {
        try
        {
            if (code == JsonRpcErrorCodes.TimedOut && call.Exchange.EarlyAnswer is { } answer)
                return answer.Make(statusCode, message);
        }
        catch (Exception e)
        {
            // Somebody waits for a reply: any is better than none.
            call.Failures.Report(e, ServerCall.Failed(call.Exchange, code, statusCode));
        }
        return errors.MakeEarly(call.Exchange, statusCode, code, message);
    }
}
