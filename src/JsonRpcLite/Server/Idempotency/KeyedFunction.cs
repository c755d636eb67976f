namespace JsonRpcLite;

/// <summary>Runs calls of a plain function that have an idempotency key once.</summary>
/// <remarks>
/// No code of the user runs between this handler and the function. Middleware in front surrounds the whole exchange, which is not reused before this handler has ended.
/// </remarks>
internal sealed class KeyedFunction(KeyedCalls calls, JsonRpcSerializer serializer, bool requiresKey, HttpExchangeHandler next)
{
    private readonly bool _isRequired = requiresKey || calls.Requires(new JsonRpcMethodInfo("", JsonRpcIdempotency.None, []));

    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.RequestHeaders[HeaderFields.IdempotencyKey] is { } field)
            return CallAsync(exchange, field, cancellationToken);
        return _isRequired ? throw KeyedCalls.Missing("the call") : next(exchange, cancellationToken);
    }

    private async ValueTask CallAsync(HttpExchange exchange, string field, CancellationToken cancellationToken)
    {
        var body = await exchange.ReadBodyAsync(cancellationToken).ConfigureAwait(false);
        var keyed = await calls.BeginAsync(exchange, exchange.User, method: null, batchIndex: -1, field, body, cancellationToken).ConfigureAwait(false);
        if (keyed.HasRun)
        {
            exchange.ResponseHeaders.SetJson();
            exchange.ResponseBody.Write(KeyedCalls.Replay(exchange, keyed, batchIndex: -1));
            return;
        }
        byte[]? outcome = null;
        try
        {
            // The result has a buffer apart from the reply, since an early reply may take the right to reply while the function runs.
            var result = exchange.KeptResult = new BodyBuffer(exchange.ResponseBody.MaxLength);
            await next(exchange, cancellationToken).ConfigureAwait(false);
            outcome = KeptOutcome.OfResult(result.WrittenSpan);
        }
        catch (Exception e)
        {
            outcome = KeptOutcome.OfError(e, cancellationToken.IsCancellationRequested, serializer);
            throw;
        }
        finally
        {
            exchange.KeptResult = null;
            await calls.EndAsync(exchange, keyed, outcome, method: null).ConfigureAwait(false);
        }
    }
}
