using System.Net;

namespace JsonRpcLite;

/// <summary>The names by which a server may be called. Any other is how a page elsewhere points its own name at this machine (DNS rebinding). Thread-safe.</summary>
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

    /// <summary>The host that a request is for: a target that names it is right, whatever the field says (RFC 9112 3.2.2).</summary>
    public static string? AskedFor(HttpExchange exchange) => exchange.TargetAuthority ?? exchange.RequestHeaders["Host"];

    /// <summary>Whether a <c>Host</c> field, port and all, is one of the names; addresses always are.</summary>
    public bool Contain(string host, HttpExchange exchange)
    {
        if (_transport.AllowsHost(exchange, host) is { } decided)
            return decided;
        // Nearly every request has the Host of the one before.
        if (host == _lastAllowedHost)
            return true;
        if (!IsAllowedName(NameOf(host)))
            return false;
        // Once: a line that calls under two names write in turn would be every core's.
        _lastAllowedHost ??= host;
        return true;
    }

    private bool IsAllowedName(ReadOnlySpan<char> name) =>
        name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(name, out _)
            || _names.GetAlternateLookup<ReadOnlySpan<char>>().Contains(name);

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
}
