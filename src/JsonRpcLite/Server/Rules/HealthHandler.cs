namespace JsonRpcLite;

/// <summary>Answers health checks, before any guard or limit.</summary>
/// <remarks>
/// <c>/health/live</c> succeeds as long as the process serves, <c>/health/ready</c> until the shutdown begins. Only GET and HEAD are health checks: a POST to these paths is a
/// call like any other.
/// </remarks>
internal sealed class HealthHandler(Func<bool> isStopping, ErrorReply errors, HttpExchangeHandler next)
{
    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.Method is not ("GET" or "HEAD") || exchange.Path is not ("/health/live" or "/health/ready"))
            return next(exchange, cancellationToken);

        exchange.ResponseHeaders["Cache-Control"] = "no-store";
        if (exchange.Path == "/health/ready" && isStopping())
        {
            exchange.CloseConnection = true;
            errors.Refuse(exchange, 503, "The server is stopping.");
            return default;
        }
        exchange.ResponseHeaders.SetJson();
        "{\"status\":\"ok\"}"u8.CopyTo(exchange.ResponseBody.GetSpan(15));
        exchange.ResponseBody.Advance(15);
        return default;
    }
}
