using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite;

/// <summary>The settings of a server that the host starts and stops (AddJsonRpcServer), in the shape that they have in the configuration.</summary>
/// <remarks>
/// They are read once, before the host starts anything. A change of the configuration has no effect on a server that runs. Each server has options of its own, by the name of its
/// set.
/// </remarks>
public sealed class JsonRpcHostOptions
{
    private JsonRpcTransportKind? _transport;

    /// <summary>The port to listen on.</summary>
    /// <remarks>A server without a port, a <see cref="UnixSocket"/> or a transport of your own does not start: clients would not find a port that was picked at random.</remarks>
    /// <value>0 to 65535; 0 picks a free one, which the log and <see cref="JsonRpcServiceProviderExtensions.GetJsonRpcServer"/> tell. <c>null</c> by default.</value>
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

    /// <summary>What listens.</summary>
    /// <remarks>A transport with settings of its own, such as certificates, is set in code instead, as the transport of <see cref="Server"/>.</remarks>
    /// <value><see cref="JsonRpcTransportKind.Sockets"/> by default, since a hosted server is most often called from other machines.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not one of the enumeration's.</exception>
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
    /// <remarks>The file is made at the start and removed when the server stops. The permissions of its folder decide who may connect. Only
    /// <see cref="JsonRpcTransportKind.Sockets"/> can do it.</remarks>
    /// <value><c>null</c> by default.</value>
    public string? UnixSocket { get; set; }

    /// <summary>The settings of the server itself: limits, names, authentication, draining and more.</summary>
    /// <remarks>
    /// They begin as what <c>AddJsonRpc(options => ...)</c> has set for the same set. The configuration is laid over that, and then what AddJsonRpcServer has set in code.
    /// </remarks>
    public JsonRpcServerOptions Server { get; internal set; } = new();

    /// <summary>How many calls each caller may make of each method, by the names of methods; a number is calls a second.</summary>
    /// <remarks>
    /// <c>*</c> stands for each method that is not named.
    /// See <see cref="JsonRpcRateLimitExtensions.UseRateLimits(JsonRpcMethods, IReadOnlyDictionary{string, JsonRpcRate}, TimeProvider?)"/>. The limit is in front of all
    /// middleware of the set: it counts callers as <see cref="JsonRpcServerOptions.Authenticate"/> says who they are. A limit out of range, and one of a method that is not there,
    /// is an error at the start. Names are compared exactly; the configuration keeps two that differ only in case as one key.
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

    /// <summary>The options to start a server with: a copy of <see cref="Server"/>, with the transport that is configured.</summary>
    internal JsonRpcServerOptions MakeServerOptions() => new(Server) { Transport = Server.Transport ?? MakeTransport() };

    private ServerTransport MakeTransport() => Transport switch
    {
        JsonRpcTransportKind.HttpListener => new HttpListenerTransport(),
        _ when UnixSocket is not null => new SocketTransport { EndPoint = new System.Net.Sockets.UnixDomainSocketEndPoint(UnixSocket) },
        _ => new SocketTransport(),
    };
}
