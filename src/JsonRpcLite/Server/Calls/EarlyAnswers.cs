namespace JsonRpcLite;

/// <summary>Sends early replies to calls that are given up while their handler still runs.</summary>
/// <remarks>A reply uses fresh memory. If the handler has set <see cref="HttpExchange.EarlyAnswer"/>, that makes the reply to a call that took too long.</remarks>
internal sealed class EarlyAnswers(ErrorReply errors, ReplySender sender)
{
    /// <summary>Sends the reply, after the right to reply was taken from the handler.</summary>
    /// <remarks>The task never fails.</remarks>
    public async Task AnswerAsync(ServerCall call, int statusCode, int code, string message)
    {
        try
        {
            await sender.SendEarlyAsync(call.Exchange, MakeReply(call, statusCode, code, message)).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The connection is closed, so no client waits for this reply.
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
            // The client waits for a reply, so it gets the plain error below.
            call.Failures.Report(e, ServerCall.Failed(call.Exchange, code, statusCode));
        }
        return errors.MakeEarly(call.Exchange, statusCode, code, message);
    }
}
