using System.Net;

namespace JsonRpcLite;

/// <summary>
/// Keeps web pages from using their visitor's browser to call this server. A page elsewhere can send requests here in two ways: under a name
/// of its own that it points at this machine (DNS rebinding), which the <c>Host</c> field shows, or plainly across origins, which <c>Origin</c> and
/// <c>Sec-Fetch-Site</c> show. Programs and curl send neither of the latter, and never notice this handler.
/// </summary>
internal sealed class BrowserGuard
{
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _origins = new(StringComparer.OrdinalIgnoreCase);
    private volatile string? _lastAllowedHost;
    private readonly ErrorReply _errors;
    private readonly HttpExchangeHandler _next;

    public BrowserGuard(JsonRpcServerOptions options, ErrorReply errors, HttpExchangeHandler next)
    {
        if (SiteName.OfHost(options.HostName) is { } bound)
            _hosts.Add(bound);
        _hosts.UnionWith(options.AllowedHosts);
        _origins.UnionWith(options.AllowedOrigins);
        _errors = errors;
        _next = next;
    }

    /// <summary>Lets the page of this origin read the reply, whoever makes it.</summary>
    public static void LetRead(HttpFields reply, string origin)
    {
        reply["Access-Control-Allow-Origin"] = origin;
        reply.Add("Vary", "Origin");
    }

    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (FindFault(exchange) is { } fault)
        {
            _errors.Refuse(exchange, fault.StatusCode, fault.Message);
            return default;
        }
        return exchange.RequestFields["Origin"] is { } origin ? HandleAllowedAsync(exchange, origin, cancellationToken) : _next(exchange, cancellationToken);
    }

    /// <summary>Lets the browser of an allowed page know that it may send the request, and read the reply (the CORS protocol of the Fetch standard, 3.2).</summary>
    private async ValueTask HandleAllowedAsync(HttpExchange exchange, string origin, CancellationToken cancellationToken)
    {
        var asked = exchange.RequestFields;
        if (exchange.Method == "OPTIONS" && asked["Access-Control-Request-Method"] is not null)
        {
            exchange.StatusCode = 204;
            exchange.ResponseFields["Access-Control-Allow-Methods"] = "POST";
            exchange.ResponseFields["Access-Control-Max-Age"] = "600";
            if (asked["Access-Control-Request-Headers"] is { } headers)
                exchange.ResponseFields["Access-Control-Allow-Headers"] = headers;
            if (asked["Access-Control-Request-Private-Network"] == "true")
                exchange.ResponseFields["Access-Control-Allow-Private-Network"] = "true";
        }
        else
        {
            exchange.CallingOrigin = origin;
            await _next(exchange, cancellationToken).ConfigureAwait(false);
        }
        LetRead(exchange.ResponseFields, origin);
    }

    private (int StatusCode, string Message)? FindFault(HttpExchange exchange)
    {
        var fields = exchange.RequestFields;
        // RFC 9112 3.2. HTTP/1.0 knows no Host, and no browser speaks it.
        if (fields["Host"] is null && exchange.ProtocolVersion >= HttpVersion.Version11)
            return (400, "The request has no Host field.");
        // RFC 9112 3.2.2: a target that names the host is right, whatever the field says.
        var host = exchange.TargetAuthority ?? fields["Host"];
        if (host is not null && !IsAllowedHost(host))
            return (403, $"The server is not called '{PeerText.Shown(host)}'. If it should be, add the name to {nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.AllowedHosts)}.");

        if (fields["Origin"] is { } origin)
        {
            if (!IsAllowedOrigin(origin, exchange.Scheme, host))
                return (403, $"Pages of the origin '{PeerText.Shown(origin)}' may not call. If they should, add it to {nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.AllowedOrigins)}.");
            if (exchange.Method == "POST" && !IsJson(fields["Content-Type"]))
                return (403, "A web page's call must have the content type application/json.");
        }
        else if (fields["Sec-Fetch-Site"]?.ToUpperInvariant() is "CROSS-SITE" or "SAME-SITE" && !OpensAPage(exchange))
        {
            return (403, $"A web page of another origin sent this request, and its browser did not say which. If the origin is one of {nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.AllowedOrigins)}, let it ask with CORS.");
        }
        return null;
    }

    private bool IsAllowedHost(string host)
    {
        // Nearly every request has the Host of the one before.
        if (host == _lastAllowedHost)
            return true;
        if (!IsAllowedName(NameOf(host)))
            return false;
        _lastAllowedHost = host;
        return true;
    }

    private bool IsAllowedName(ReadOnlySpan<char> name) =>
        name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(name, out _)
            || _hosts.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name);

    /// <summary>The host without its port and without the dot that a full name may end in.</summary>
    private static ReadOnlySpan<char> NameOf(string host)
    {
        var name = host.AsSpan();
        if (name.Contains('@'))
            return default;
        if (name.StartsWith("["))
            return name.IndexOf(']') is var end and > 0 && (end + 1 == name.Length || name[end + 1] == ':') ? name[1..end] : default;
        if (name.LastIndexOf(':') is var colon and >= 0)
            name = name[..colon];
        return name.EndsWith(".") ? name[..^1] : name;
    }

    private bool IsAllowedOrigin(string origin, string scheme, string? host)
    {
        if (_origins.Contains(origin))
            return true;
        // The server's own pages; its Host has been checked.
        return host is not null
            && origin.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && origin.AsSpan(scheme.Length).StartsWith("://")
            && origin.AsSpan(scheme.Length + 3).Equals(host, StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsJson(string? contentType)
    {
        var type = contentType.AsSpan();
        type = (type.IndexOf(';') is var end and >= 0 ? type[..end] : type).Trim();
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A link that somebody followed: it shows what the server shows to anybody. It calls no function, which takes a POST; a handler of the user's own sees it.</summary>
    private static bool OpensAPage(HttpExchange exchange) =>
        exchange.Method is "GET" or "HEAD"
        && exchange.RequestFields["Sec-Fetch-Mode"] == "navigate"
        && exchange.RequestFields["Sec-Fetch-Dest"] == "document";
}
