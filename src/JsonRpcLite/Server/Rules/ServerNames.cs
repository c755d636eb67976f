using System.Net;

namespace JsonRpcLite;

/// <summary>The host names by which a server may be called.</summary>
/// <remarks>With any other name, a web page of another site may have pointed its own name at this machine (DNS rebinding). The class is thread-safe.</remarks>
internal sealed class ServerNames
{
    private readonly HashSet<string> _names = new(StringComparer.OrdinalIgnoreCase);
    private readonly ServerTransport _transport;
    private volatile string? _lastAllowedHost;

    public ServerNames(JsonRpcServerOptions options)
    {
        _transport = options.Transport!;
        if (SiteName.OfHost(options.HostName) is { } bound)
            _names.Add(bound);
        _names.UnionWith(options.AllowedHosts);
    }

    /// <summary>Returns the host that a request is for; a host in the target takes precedence over the Host header (RFC 9112 3.2.2).</summary>
    public static string? AskedFor(HttpExchange exchange) => exchange.TargetAuthority ?? exchange.RequestHeaders["Host"];

    /// <summary>Whether a <c>Host</c> header, including its port, has one of the names; addresses are always allowed.</summary>
    public bool Contain(string host, HttpExchange exchange)
    {
        if (_transport.AllowsHost(exchange, host) is { } decided)
            return decided;
        // Nearly every request has the same Host as the one before.
        if (host == _lastAllowedHost)
            return true;
        if (!IsAllowedName(NameOf(host)))
            return false;
        // Written once: if requests with two names alternated, each would write this field, and its cache line would move between the cores.
        _lastAllowedHost ??= host;
        return true;
    }

    private bool IsAllowedName(ReadOnlySpan<char> name) =>
        name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(name, out _)
            || _names.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name);

    /// <summary>Returns the host without its port and without the final dot of a fully qualified name.</summary>
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
}
