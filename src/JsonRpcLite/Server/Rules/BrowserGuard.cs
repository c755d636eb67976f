using System.Net;

namespace JsonRpcLite;

/// <summary>Prevents web pages from using their visitor's browser to call this server.</summary>
/// <remarks>
/// A page of another site can send requests here in two ways. With DNS rebinding it points a name of its own at this machine, which the <c>Host</c> header reveals. Or it sends
/// them across origins, which <c>Origin</c> and <c>Sec-Fetch-Site</c> reveal. Programs and curl send neither of the latter two, so this handler does not affect them.
/// </remarks>
internal sealed class BrowserGuard
{
    /// <summary>The refusal of a page whose browser sent no <c>Origin</c> header.</summary>
    public const string HiddenPage =
        "A web page of another origin sent this request without an Origin header. "
        + $"If the origin is one of {nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.AllowedOrigins)}, send the request with CORS.";

    private readonly ServerNames _hosts;
    private readonly CrossOriginRule _crossOrigin;
    private readonly CallMethods _methods;
    private readonly ErrorReply _errors;
    private readonly HttpExchangeHandler _next;

    public BrowserGuard(ServerNames hosts, CrossOriginRule crossOrigin, CallMethods methods, ErrorReply errors, HttpExchangeHandler next)
    {
        _hosts = hosts;
        _crossOrigin = crossOrigin;
        _methods = methods;
        _errors = errors;
        _next = next;
    }

    /// <summary>Whether a page of another origin, or a link in it, made the browser send the request without an <c>Origin</c> header.</summary>
    public static bool IsHiddenPages(HttpExchange exchange) =>
        exchange.RequestHeaders["Sec-Fetch-Site"]?.ToUpperInvariant() is "CROSS-SITE" or "SAME-SITE" && !exchange.RequestHeaders.Contains("Origin");

    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (FindFault(exchange) is { } fault)
        {
            _errors.Refuse(exchange, fault.StatusCode, fault.Message);
            return default;
        }
        if (exchange.Method == "OPTIONS" && exchange.RequestHeaders.Contains("Access-Control-Request-Method")
            && exchange.RequestHeaders["Origin"] is { } origin && !_crossOrigin.IsHosts(origin, exchange))
        {
            AnswerPreflight(exchange);
            return default;
        }
        return _next(exchange, cancellationToken);
    }

    /// <summary>Tells the browser of an allowed page that it may send the request (the CORS protocol of the Fetch standard, 3.2.2).</summary>
    private void AnswerPreflight(HttpExchange exchange)
    {
        var asked = exchange.RequestHeaders;
        exchange.StatusCode = 204;
        exchange.ResponseHeaders["Access-Control-Allow-Methods"] = _methods.Names;
        exchange.ResponseHeaders["Access-Control-Max-Age"] = "600";
        if (asked["Access-Control-Request-Headers"] is { } headers)
            exchange.ResponseHeaders["Access-Control-Allow-Headers"] = headers;
        if (asked["Access-Control-Request-Private-Network"] == "true")
            exchange.ResponseHeaders["Access-Control-Allow-Private-Network"] = "true";
    }

    private (int StatusCode, string Message)? FindFault(HttpExchange exchange)
    {
        var fields = exchange.RequestHeaders;
        // RFC 9112 3.2. HTTP/1.0 does not require Host, and no browser uses HTTP/1.0.
        var field = fields["Host"];
        if (field is null && exchange.ProtocolVersion >= HttpVersion.Version11)
            return (400, "The request has no Host header.");
        if ((exchange.TargetAuthority ?? field) is { } host && !_hosts.Contain(host, exchange))
            return (403, $"This server does not serve the host '{PeerText.Shown(host)}'. If it should, add the name to {nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.AllowedHosts)}.");

        if (fields["Origin"] is { } origin)
        {
            if (!_crossOrigin.IsAllowed(origin, exchange))
                return (403, $"Pages of the origin '{PeerText.Shown(origin)}' may not call this server. If they should, add the origin to {nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.AllowedOrigins)}.");
            if (exchange.Method is "POST" or "QUERY" && !HeaderFields.IsJson(fields["Content-Type"]))
                return (403, "A web page's call must have the content type application/json.");
        }
        else if (IsHiddenPages(exchange) && !OpensAPage(exchange))
        {
            return (403, HiddenPage);
        }
        return null;
    }

    /// <summary>Whether a user followed a link to a page that the server shows to everyone.</summary>
    /// <remarks>Such a request calls no function; a handler of the user's own sees it.</remarks>
    private bool OpensAPage(HttpExchange exchange) =>
        exchange.Method is "GET" or "HEAD"
        && !_methods.IsGetCall(exchange)
        && exchange.RequestHeaders["Sec-Fetch-Mode"] == "navigate"
        && exchange.RequestHeaders["Sec-Fetch-Dest"] == "document";
}
