namespace JsonRpcLite;

/// <summary>
/// Says once on stderr what a handler of MakeHandler does not guard, when it gets an exchange that did not come through a server of this library: such as one that a controller of
/// ASP.NET Core has made.
/// </summary>
internal sealed class UnguardedNotice(HttpExchangeHandler next)
{
    private int _isSaid;

    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (ServerCall.Of(exchange) is null && Interlocked.Exchange(ref _isSaid, 1) == 0)
        {
            FailureReport.Warn($"JsonRpcLite: a handler of MakeHandler was called with an exchange of the program's own, and does not guard it: it runs cross-site POSTs of web pages, and checks neither Host names, sizes, "
                + $"times, the number of calls nor who calls. What hands it the exchange must do so; then {nameof(JsonRpcHandlerOptions)}.{nameof(JsonRpcHandlerOptions.IsGuarded)} = true ends this notice.");
        }
        return next(exchange, cancellationToken);
    }
}
