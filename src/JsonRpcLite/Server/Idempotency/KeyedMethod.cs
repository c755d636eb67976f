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
        // What has left as a stream could not be kept.
        call.IsWhole = true;
        byte[]? result = null;
        try
        {
            await next(call, cancellationToken).ConfigureAwait(false);
            result = call.Next!.IsAnyRunning ? null : call.WrittenResult.ToArray();
        }
        finally
        {
            // Middleware between may have given up, while the method still runs: its key is not free before it has ended.
            await call.Next!.WhenNoneRunsAsync().ConfigureAwait(false);
            await calls.EndAsync(call.Exchange, keyed, KeptOutcome.Of(result, call.Outcome, serializer), call.Method).ConfigureAwait(false);
        }
    }
}
