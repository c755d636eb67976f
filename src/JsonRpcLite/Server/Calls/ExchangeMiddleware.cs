namespace JsonRpcLite;

/// <summary>The user's middleware around whole exchanges, composed once when a server starts.</summary>
/// <remarks>If a middleware does not await the next handler, this class does, since both use the exchange.</remarks>
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

    /// <summary>Wraps a handler with the middleware; returns the handler itself if there is no middleware.</summary>
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
        ServerCall.Of(exchange)?.Next ?? throw new InvalidOperationException("A middleware passed on another exchange than the one that it was given. Pass on the same exchange.");

    /// <summary>One middleware.</summary>
    private sealed class Step(HttpExchangeHandler middleware, object pipeline)
    {
        public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
        {
            GuardOf(exchange).Check(pipeline);
            return middleware(exchange, cancellationToken);
        }
    }

    /// <summary>The last step, which calls the handler that the middleware surrounds.</summary>
    private sealed class End(HttpExchangeHandler next, object pipeline)
    {
        public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
        {
            var guard = GuardOf(exchange);
            var isAgain = guard.WasCalled;
            var run = guard.Begin(pipeline);
            exchange.IsSpent = false;
            // Only one reply is sent: that of the last run.
            if (isAgain)
                exchange.ClearResponse();
            try
            {
                return guard.Track(next(exchange, cancellationToken), run);
            }
            catch
            {
                // Track itself throws nothing.
                guard.EndAtOnce(run);
                throw;
            }
        }
    }
}
