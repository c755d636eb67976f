using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>Finds the caller behind a proxy that the operator has named, and says which requests come from this machine.</summary>
/// <param name="networks">The proxies.</param>
/// <param name="field">The name of the field in which they write who called them.</param>
internal sealed class ProxyRule(IReadOnlyList<IPNetwork> networks, string field)
{
    /// <summary>What proxies add. A request with any of them did not come from this machine alone.</summary>
    private static readonly string[] ProxyFields = ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Original-For", "X-Real-IP"];

    private readonly bool _isForwarded = field.Equals("Forwarded", StringComparison.OrdinalIgnoreCase);
    private readonly Func<IPAddress, bool> _isProxy = address => ProxyNetworks.Hold(networks, address);

    /// <summary><c>null</c> where no proxy is trusted.</summary>
    public static ProxyRule? For(JsonRpcServerOptions options) => options.TrustedProxies.Count == 0 ? null : new ProxyRule(options.TrustedProxies, options.ForwardedForHeader);

    /// <summary>Whether a request comes from this machine, as far as the transport and the request say.</summary>
    public static bool IsLocal(ServerTransport transport, HttpExchange exchange) =>
        !exchange.IsForwarded && transport.IsLocal(exchange) && !Array.Exists(ProxyFields, exchange.RequestHeaders.Contains);

    /// <summary>Puts the caller's address in the place of a trusted proxy's. What cannot be read leaves the proxy's own.</summary>
    public void Apply(HttpExchange exchange)
    {
        exchange.IsForwarded = IsTrusted(exchange.RemoteEndPoint);
        if (exchange.IsForwarded && exchange.RequestHeaders[field] is { } value && ForwardedFor.Find(value, _isForwarded, _isProxy) is { } caller)
            exchange.RemoteEndPoint = caller;
    }

    /// <summary>Who may connect to a Unix domain socket, the permissions of its folder say: it is the operator's proxy.</summary>
    private bool IsTrusted(EndPoint? peer) => peer is IPEndPoint ip ? _isProxy(ip.Address) : peer is UnixDomainSocketEndPoint;
}
