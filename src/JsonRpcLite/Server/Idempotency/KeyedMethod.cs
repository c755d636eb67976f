namespace JsonRpcLite;

/// <summary>Runs calls of a method that have an idempotency key once.</summary>
internal sealed class KeyedMethod(KeyedCalls calls, JsonRpcSerializer serializer, bool isRequired, JsonRpcMethod next)
{
    public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
    {
        if (call.Exchange.RequestHeaders[HeaderFields.IdempotencyKey] is { } field)
            return CallAsync(call, field, cancellationToken);
        return isRequired ? throw KeyedCalls.Missing($"the method '{call.Method}'") : next(call, cancellationToken);
    }

    private async ValueTask CallAsync(JsonRpcCall call, string field, CancellationToken cancellationToken)
    {
        var keyed = await calls.BeginAsync(call.Exchange, call.User, call.Method, call.BatchIndex, field, call.Parameters, cancellationToken).ConfigureAwait(false);
        if (keyed.HasRun)
        {
            call.Result.WriteRawValue(KeptOutcome.ResultOf(keyed.Outcome).Span, skipInputValidation: false);
            return;
        }
        byte[]? outcome = null;
        try
        {
            // What has left as a stream could not be kept.
            call.IsWhole = true;
            await next(call, cancellationToken).ConfigureAwait(false);
            outcome = KeptOutcome.OfResult(call.WrittenResult);
        }
        catch (JsonRpcException e)
        {
            outcome = e.HasEndedLate ? KeptOutcome.OfResult(call.WrittenResult) : KeptOutcome.OfError(e, serializer);
            throw;
        }
        finally
        {
            await calls.EndAsync(call.Exchange, keyed, outcome, call.Method).ConfigureAwait(false);
        }
    }
}
