namespace JsonRpcLite;

/// <summary>Runs calls of a method that have an idempotency key once.</summary>
internal sealed class KeyedMethod(KeyedCalls calls, JsonRpcSerializer serializer, bool isRequired, JsonRpcMethod next)
{
    /// <summary>The pipeline of this step, set before the first call.</summary>
    public object? Pipeline { get; set; }

    public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
    {
        if (call.Exchange.RequestHeaders[HeaderFields.IdempotencyKey] is { } field)
            return CallAsync(call, field, cancellationToken);
        return isRequired ? throw KeyedCalls.Missing($"the method '{call.Method}'") : next(call, cancellationToken);
    }

    private async ValueTask CallAsync(JsonRpcCall call, string field, CancellationToken cancellationToken)
    {
        // Middleware in front may return at any time. Until the outcome is stored, the call and its exchange must not serve another request.
        var guard = call.Next!;
        guard.Hold(Pipeline!);
        try
        {
            var keyed = await calls.BeginAsync(call.Exchange, call.User, call.Method, call.BatchIndex, field, call.Parameters, cancellationToken).ConfigureAwait(false);
            if (!keyed.HasRun)
            {
                await RunAsync(call, guard, keyed, cancellationToken).ConfigureAwait(false);
                return;
            }
            // A call that middleware has given up must not write the outcome to the reply of another call.
            guard.Check(Pipeline!);
            call.Result.WriteRawValue(KeyedCalls.Replay(call.Exchange, keyed, call.BatchIndex), skipInputValidation: false);
        }
        finally
        {
            guard.Release();
        }
    }

    private async ValueTask RunAsync(JsonRpcCall call, NextGuard guard, KeyedCall keyed, CancellationToken cancellationToken)
    {
        // A result that was sent as a stream could not be stored.
        call.IsWhole = true;
        byte[]? result = null;
        try
        {
            await next(call, cancellationToken).ConfigureAwait(false);
            result = guard.IsAnyRunning ? null : call.WrittenResult.ToArray();
        }
        finally
        {
            // Middleware inside may have returned while the method still runs. The key must not be released before the method has ended.
            await guard.WhenNoneRunsAsync().ConfigureAwait(false);
            await calls.EndAsync(call.Exchange, keyed, KeptOutcome.Of(result, call.Outcome, serializer), call.Method).ConfigureAwait(false);
        }
    }
}
