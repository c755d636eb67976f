namespace JsonRpcLite;

/// <summary>Warns once on stderr when a handler of MakeHandler gets an exchange that did not come through a server of this library.</summary>
/// <remarks>Such an exchange may come from a controller of ASP.NET Core, for example. The warning lists what the handler does not guard.</remarks>
internal sealed class UnguardedNotice(HttpExchangeHandler next)
{
    private int _isSaid;

    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (ServerCall.Of(exchange) is null && Interlocked.Exchange(ref _isSaid, 1) == 0)
        {
            FailureReport.Warn($"JsonRpcLite: a handler of MakeHandler got an exchange that the program created itself, and does not guard it: it runs cross-site POSTs of web pages, and does not check Host names, sizes, "
                + $"times, the number of calls or the caller. Check them in the code that creates the exchange, and set {nameof(JsonRpcHandlerOptions)}.{nameof(JsonRpcHandlerOptions.IsGuarded)} = true to turn this notice off.");
        }
        return next(exchange, cancellationToken);
    }
}
