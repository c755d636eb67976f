namespace JsonRpcLite;

/// <summary>
/// The user's middleware around whole exchanges, composed once when a server starts. It waits for what stands behind a middleware that did not, since the exchange is lent to both.
/// </summary>
internal sealed class ExchangeMiddleware
{
    private readonly Func<HttpExchange, CancellationToken, ValueTask> _first;

    private ExchangeMiddleware(HttpExchangeHandler next, IEnumerable<Func<HttpExchangeHandler, HttpExchangeHandler>> middleware)
    {
        HttpExchangeHandler first = new End(next).HandleAsync;
        foreach (var wrap in middleware.Reverse())
            first = wrap(first) ?? throw new InvalidOperationException($"A middleware of {nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.Middleware)} returned null instead of a handler.");
        _first = first.Invoke;
    }

    /// <summary>The handler itself where there is no middleware.</summary>
    public static HttpExchangeHandler Around(HttpExchangeHandler next, IList<Func<HttpExchangeHandler, HttpExchangeHandler>> middleware) =>
        middleware.Count == 0 ? next : new ExchangeMiddleware(next, middleware).HandleAsync;

    private ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        var call = ServerCall.Of(exchange)!;
        return (call.Next ??= new NextGuard()).RunAsync(_first, exchange, cancellationToken);
    }

    /// <summary>What stands behind the last of them.</summary>
    private sealed class End(HttpExchangeHandler next)
    {
        public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
        {
            if (ServerCall.Of(exchange)?.Next is not { } guard)
                throw new InvalidOperationException("A middleware handed on another exchange than the one that it was given.");
            var isAgain = guard.WasCalled;
            guard.Begin();
            // One reply leaves, and it is the last one's.
            if (isAgain)
                exchange.ClearResponse();
            try
            {
                return guard.Track(next(exchange, cancellationToken));
            }
            catch
            {
                // Track itself throws nothing.
                guard.EndAtOnce();
                throw;
            }
        }
    }
}
