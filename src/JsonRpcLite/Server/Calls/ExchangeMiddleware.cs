namespace JsonRpcLite;

/// <summary>
/// The user's middleware around whole exchanges, composed once when a server starts. It waits for what stands behind a middleware that did not, since the exchange is lent to both.
/// </summary>
internal sealed class ExchangeMiddleware
{
    private readonly HttpExchangeHandler _first;

    private ExchangeMiddleware(HttpExchangeHandler next, IEnumerable<Func<HttpExchangeHandler, HttpExchangeHandler>> middleware)
    {
        _first = new End(next, this).HandleAsync;
        foreach (var wrap in middleware.Reverse())
        {
            var wrapped = wrap(_first) ?? throw new InvalidOperationException(
                $"A middleware of {nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.Middleware)} returned null instead of a handler.");
            _first = wrapped == _first ? _first : new Step(wrapped, this).HandleAsync;
        }
    }

    /// <summary>The handler itself where there is no middleware.</summary>
    public static HttpExchangeHandler Around(HttpExchangeHandler next, IList<Func<HttpExchangeHandler, HttpExchangeHandler>> middleware) =>
        middleware.Count == 0 ? next : new ExchangeMiddleware(next, middleware).HandleAsync;

    private ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        var guard = ServerCall.Of(exchange)!.Next ??= new NextGuard();
        guard.Open(this);
        exchange.IsSpent = true;
        try
        {
            return guard.Close(_first(exchange, cancellationToken));
        }
        catch (Exception e)
        {
            if (guard.TryClose())
                throw;
            return guard.Close(ValueTask.FromException(e));
        }
    }

    private static NextGuard GuardOf(HttpExchange exchange) =>
        ServerCall.Of(exchange)?.Next ?? throw new InvalidOperationException("A middleware handed on another exchange than the one that it was given.");

    /// <summary>One middleware.</summary>
    private sealed class Step(HttpExchangeHandler middleware, object pipeline)
    {
        public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
        {
            GuardOf(exchange).Check(pipeline);
            return middleware(exchange, cancellationToken);
        }
    }

    /// <summary>What stands behind the last of them.</summary>
    private sealed class End(HttpExchangeHandler next, object pipeline)
    {
        public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
        {
            var guard = GuardOf(exchange);
            var isAgain = guard.WasCalled;
            var place = guard.Begin(pipeline);
            exchange.IsSpent = false;
            // One reply leaves, and it is the last one's.
            if (isAgain)
                exchange.ClearResponse();
            try
            {
                return guard.Track(next(exchange, cancellationToken), place);
            }
            catch
            {
                // Track itself throws nothing.
                guard.EndAtOnce(place);
                throw;
            }
        }
    }
}
