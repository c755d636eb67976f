using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>Finds the caller behind a trusted proxy, and decides which requests come from this machine.</summary>
/// <param name="networks">The networks of the proxies.</param>
/// <param name="field">The name of the header field in which the proxies write their caller.</param>
internal sealed class ProxyRule(IReadOnlyList<IPNetwork> networks, string field)
{
    /// <summary>The header fields that proxies add.</summary>
    /// <remarks>A request with one of them did not come from this machine alone.</remarks>
    private static readonly string[] ProxyFields = ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-For", "X-Real-IP"];

    private readonly bool _isForwarded = field.Equals("Forwarded", StringComparison.OrdinalIgnoreCase);
    private readonly Func<IPAddress, bool> _isProxy = address => ProxyNetworks.Hold(networks, address);

    /// <summary>Creates the rule for a server's options; <c>null</c> if no proxy is trusted.</summary>
    public static ProxyRule? For(JsonRpcServerOptions options) => options.TrustedProxies.Count == 0 ? null : new ProxyRule(options.TrustedProxies, options.ForwardedForHeader);

    /// <summary>Whether a request comes from this machine, as far as the transport and the request show.</summary>
    public static bool IsLocal(ServerTransport transport, HttpExchange exchange) =>
        !exchange.IsForwarded && transport.IsLocal(exchange) && !Array.Exists(ProxyFields, exchange.RequestHeaders.Contains);

    /// <summary>Replaces the address of a trusted proxy by that of its caller, unless that cannot be read.</summary>
    public void Apply(HttpExchange exchange)
    {
        exchange.IsForwarded = IsTrusted(exchange.RemoteEndPoint);
        if (exchange.IsForwarded && exchange.RequestHeaders[field] is { } value && ForwardedFor.Find(value, _isForwarded, _isProxy) is { } caller)
            exchange.RemoteEndPoint = caller;
    }

    /// <summary>Whether the peer is a trusted proxy.</summary>
    /// <remarks>A peer on a Unix domain socket is: the operator decides by the permissions of the socket's folder which programs can connect.</remarks>
    private bool IsTrusted(EndPoint? peer) => peer is IPEndPoint ip ? _isProxy(ip.Address) : peer is UnixDomainSocketEndPoint;
}
