namespace JsonRpcLite;

/// <summary>Refuses heads over the limits of the options, for transports that accept them: 414 and 431 (RFC 6585, 5).</summary>
internal sealed class HeadLimit(JsonRpcServerOptions options, ErrorReply errors, HttpExchangeHandler next)
{
    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (FindExcess(exchange) is not { } excess)
            return next(exchange, cancellationToken);

        exchange.CloseConnection = true;
        errors.Refuse(exchange, excess.StatusCode, excess.Message);
        return default;
    }

    private (int StatusCode, string Message)? FindExcess(HttpExchange exchange)
    {
        if (exchange.Target.Length > options.Limits.MaxRequestTargetSize)
            return (414, $"The request target is longer than the limit of {options.Limits.MaxRequestTargetSize} bytes.");
        if (exchange.RequestHeaders.Count > options.Limits.MaxRequestHeaderCount)
            return (431, $"The request has more than {options.Limits.MaxRequestHeaderCount} header fields.");
        var size = exchange.Target.Length;
        foreach (var (name, value) in exchange.RequestHeaders)
            size += name.Length + value.Length + ": \r\n".Length;
        return size > options.Limits.MaxRequestHeadSize ? (431, $"The request head is larger than the limit of {options.Limits.MaxRequestHeadSize} bytes.") : null;
    }
}
