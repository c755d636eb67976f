using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite;

/// <summary>The settings of a server of AddJsonRpcServer, which the host starts and stops.</summary>
/// <remarks>
/// The configuration has the same structure. The settings are read once, before the host starts anything; later changes of the configuration have no effect on a running server.
/// Each server has its own options, under the name of its set.
/// </remarks>
public sealed class JsonRpcHostOptions
{
    private JsonRpcTransportKind? _transport;

    /// <summary>The port to listen on.</summary>
    /// <remarks>A server needs a port, a <see cref="UnixSocket"/> or a custom transport to start: clients would not find a port that was picked at random.</remarks>
    /// <value>0 to 65535; 0 picks a free port, which the log and <see cref="JsonRpcServiceProviderExtensions.GetJsonRpcServer"/> report. <c>null</c> by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int? Port
    {
        get;
        set
        {
            if (value is < 0 or > ushort.MaxValue)
                throw new ArgumentOutOfRangeException(
                    nameof(Port), value, string.Create(CultureInfo.InvariantCulture, $"{nameof(Port)} must be at least 0 and at most {ushort.MaxValue}; it is {value}."));
            field = value;
        }
    }

    /// <summary>The kind of transport.</summary>
    /// <remarks>To configure a transport, for instance with certificates, set it in code as the transport of <see cref="Server"/> instead.</remarks>
    /// <value><see cref="JsonRpcTransportKind.Sockets"/> by default, because hosted servers are mostly called from other machines.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a member of the enumeration.</exception>
    public JsonRpcTransportKind Transport
    {
        get => _transport ?? JsonRpcTransportKind.Sockets;
        set
        {
            if (!Enum.IsDefined(value))
                throw new ArgumentOutOfRangeException(
                    nameof(Transport), value, $"{nameof(Transport)} must be {nameof(JsonRpcTransportKind.Sockets)} or {nameof(JsonRpcTransportKind.HttpListener)}; it is {value}.");
            _transport = value;
        }
    }

    /// <summary>The path of a Unix domain socket to listen on, instead of a port.</summary>
    /// <remarks>
    /// The server creates the file when it starts, and deletes it when it stops. The permissions of its folder decide which users may connect. Only
    /// <see cref="JsonRpcTransportKind.Sockets"/> supports it.
    /// </remarks>
    /// <value><c>null</c> by default.</value>
    public string? UnixSocket { get; set; }

    /// <summary>The settings of the server itself: limits, names, authentication, draining and more.</summary>
    /// <remarks>
    /// They start with the settings of <c>AddJsonRpc(options => ...)</c> for the same set. The configuration overrides these, and the code of AddJsonRpcServer overrides the
    /// configuration.
    /// </remarks>
    public JsonRpcServerOptions Server { get; internal set; } = new();

    /// <summary>The number of calls that each caller may make, by the names of methods; a number means calls per second.</summary>
    /// <remarks>
    /// <c>*</c> applies to each method that is not named. See
    /// <see cref="JsonRpcRateLimitExtensions.UseRateLimits(JsonRpcMethods, IReadOnlyDictionary{string, JsonRpcRate}, TimeProvider?)"/>. The limit runs before all middleware of
    /// the set: it counts callers by the identity that <see cref="JsonRpcServerOptions.Authenticate"/> returns. A limit that is out of range, or is for an unknown method, is an
    /// error at the start. Names are compared exactly; the configuration treats two that differ only in case as one key.
    /// </remarks>
    /// <value>Empty by default: no limit.</value>
    /// <example>
    /// <code>
    /// builder.Services.AddJsonRpcServer(configure: options => (options.RateLimits["*"], options.RateLimits["order.place"]) = (1000, 5));
    /// </code>
    /// </example>
    public IDictionary<string, JsonRpcRate> RateLimits { get; } = new Dictionary<string, JsonRpcRate>(StringComparer.Ordinal);

    /// <summary>Whether <see cref="Transport"/> was set.</summary>
    internal bool HasTransportKind => _transport is not null;

    /// <summary>Makes the options to start a server with: a copy of <see cref="Server"/>, with the configured transport.</summary>
    internal JsonRpcServerOptions MakeServerOptions() => new(Server) { Transport = Server.Transport ?? MakeTransport() };

    private ServerTransport MakeTransport() => Transport switch
    {
        JsonRpcTransportKind.HttpListener => new HttpListenerTransport(),
        _ when UnixSocket is not null => new SocketTransport { EndPoint = new System.Net.Sockets.UnixDomainSocketEndPoint(UnixSocket) },
        _ => new SocketTransport(),
    };
}
