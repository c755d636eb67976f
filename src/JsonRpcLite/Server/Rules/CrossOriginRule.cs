namespace JsonRpcLite;

/// <summary>Lets allowed pages read every reply of the server (the CORS protocol of the Fetch standard, 3.2).</summary>
/// <remarks>It uses standing header fields, so they are on every reply. <see cref="BrowserGuard"/> also asks this class which pages may call.</remarks>
internal sealed class CrossOriginRule
{
    private readonly HashSet<string> _origins = new(StringComparer.OrdinalIgnoreCase);

    private readonly ServerNames _hosts;
    private readonly ServerTransport _transport;

    public CrossOriginRule(JsonRpcServerOptions options, ServerNames hosts)
    {
        _origins.UnionWith(options.AllowedOrigins);
        _hosts = hosts;
        _transport = options.Transport!;
    }

    /// <summary>Adds the header fields for a request, before anything can answer it.</summary>
    public void LetRead(HttpExchange exchange)
    {
        if (exchange.RequestHeaders["Origin"] is not { } origin || IsHosts(origin, exchange) || !IsAllowed(origin, exchange))
            return;
        exchange.AddStandingHeader("Access-Control-Allow-Origin", origin);
        exchange.AddStandingHeader("Vary", "Origin");
    }

    /// <summary>Whether the host of the transport, such as ASP.NET Core, answers preflight requests of this origin itself.</summary>
    public bool IsHosts(string origin, HttpExchange exchange) => _transport.AllowsOrigin(exchange, origin) is not null;

    /// <summary>Whether pages of this origin may call: an allowed origin of the options, or the server's own.</summary>
    public bool IsAllowed(string origin, HttpExchange exchange)
    {
        if (_transport.AllowsOrigin(exchange, origin) is { } decided)
            return decided;
        if (_origins.Contains(origin))
            return true;
        var scheme = exchange.Scheme;
        return ServerNames.AskedFor(exchange) is { } host
            && _hosts.Contain(host, exchange)
            && origin.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && origin.AsSpan(scheme.Length).StartsWith("://")
            && origin.AsSpan(scheme.Length + 3).Equals(host, StringComparison.OrdinalIgnoreCase);
    }
}
