using System.Net;
using System.Net.Security;

namespace JsonRpcLite;

/// <summary>
/// A server's transport on plain sockets and <see cref="Http11.Http11Connection"/>: all of HTTP/1.0 and 1.1, IPv4, IPv6 and Unix domain sockets, TLS, and limits on
/// everything that a peer can hold: made to be reachable from elsewhere too.
/// <c>MakeServer(12345, Foo, new() { Transport = new SocketTransport() })</c> is the whole change.
/// </summary>
/// <remarks>
/// <para>With the default <see cref="JsonRpcServerOptions.HostName"/> it listens on both loopback addresses, 127.0.0.1 and [::1], on one port. Set the properties before the
/// server is made; changes after that have no effect.</para>
/// <para>On Linux, functions run on threads of the transport's own (<see cref="EventLoops"/>), and one that blocks holds up nobody. The thread pool still lets connections in,
/// watches times, runs the calls of a batch side by side, and goes on with functions that await something else: where the program fills it, these wait. Elsewhere, and with 0
/// loops, they run on the thread pool. One that blocks holds a thread of it; when many block, others wait until the pool has grown.</para>
/// <para>A connection that the peer resets, or on Linux a Unix domain socket that it closes, cancels the token of its call within about a second. A peer that only closes its
/// sending side still gets its answer.</para>
/// </remarks>
public sealed class SocketTransport : ServerTransport
{
    /// <summary>How long replies that were sent have to be taken by peers that still send, when the server has stopped.</summary>
    private static readonly TimeSpan LastLinger = TimeSpan.FromMilliseconds(250);

    private ConnectionTable _connections = null!;
    private ListeningSockets _listening = null!;
    private ConnectionClock _clock = null!;
    private EventLoopGroup? _loops;
    private Acceptor[] _acceptors = [];
    private ConnectionGauge? _gauge;

    /// <summary>
    /// Where to listen instead of <see cref="JsonRpcServerOptions.HostName"/> and the port, which must then be 0: an <see cref="IPEndPoint"/> (port 0 picks a free one), or a
    /// <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>, whose file is made at the start and removed at the stop; its folder's permissions decide who may connect.
    /// <c>null</c>, the default, leaves it to the host name and the port.
    /// </summary>
    public EndPoint? EndPoint { get; set; }

    /// <summary>
    /// Makes it HTTPS: a certificate at least, as <see cref="SslStream"/> takes it. <c>null</c>, the default, is plain HTTP. Asking clients for a certificate, and judging
    /// it, is set here too.
    /// </summary>
    public SslServerAuthenticationOptions? TlsOptions { get; set; }

    /// <summary>
    /// The most connections at a time: 1024 by default, 1 and up; each costs a file descriptor. One more is answered 503 with <c>Retry-After</c> and closed; over TLS it is
    /// closed without an answer.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of this range.</exception>
    public int MaxConnections { get; set => field = SettingCheck.AtLeast(1, value); } = 1024;

    /// <summary>The most connections of one peer address at a time.</summary>
    /// <value>1 and up; <c>null</c>, the default, for no such limit.</value>
    /// <remarks>
    /// The first four connections beyond the limit are answered 503 with <c>Retry-After</c> and closed. While these are open, further ones of the address are closed without an
    /// answer; so is every one over TLS. All IPv6 addresses with the same first 64 bits count as one. Connections on a Unix domain socket have no address, and are not limited.
    /// For a server that clients reach directly: behind a proxy all connections are the proxy's.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">Out of this range.</exception>
    public int? MaxConnectionsPerAddress { get; set => field = value is { } most ? SettingCheck.AtLeast(1, most) : null; }

    /// <summary>
    /// How long a request's head may take from its first byte, and the first one from the connection's begin, a TLS handshake included: 15 s by default, above 0 and up to 24
    /// days. Then 408, where a part of it has come, and the end.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of this range.</exception>
    public TimeSpan RequestHeadTimeout { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(15);

    /// <summary>How long a connection may wait for its next request: 60 s by default, above 0 and up to 24 days. Then it is closed. Clients should give up theirs sooner.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of this range.</exception>
    public TimeSpan KeepAliveTimeout { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(60);

    /// <summary>On Linux: how many event loops serve the connections, 0 to 64; one for each core by default.</summary>
    /// <remarks>
    /// Each loop serves its share of the connections, and runs their functions one after another. So a loop keeps one core busy at most: fewer loops than cores leave cores to the
    /// rest of the program, and more would only take turns on them. With few connections, fewer loops take less CPU a call, since they wake up less often. A function that runs for
    /// longer than about a millisecond, or blocks, keeps its thread, and another thread takes the loop over; functions that block need no more loops. The cores are those that the
    /// process may use (<see cref="Environment.ProcessorCount"/>), at most 64. 0 runs everything on the thread pool, as on other systems.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">Out of this range.</exception>
    public int EventLoops { get; set => field = SettingCheck.Between(0, EventLoopGroup.MaxCount, value); } = EventLoopGroup.DefaultCount;

    /// <summary>How long a thread that drives no loop is kept for the next function that blocks.</summary>
    internal TimeSpan SpareThreadTime { get; set; } = TimeSpan.FromSeconds(10);

    internal EventLoopGroup? RunningLoops => _loops;

    internal int OpenConnections => _connections.Count;

    internal int ExchangesInUse => _connections.CountBusy();

    /// <inheritdoc/>
    protected override bool IsLoopback(string hostName) => EndPoint switch
    {
        null => SiteName.IsLoopback(hostName),
        IPEndPoint ip => IPAddress.IsLoopback(ip.Address),
        _ => true,
    };

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">Both an <see cref="EndPoint"/> and a port, or an end point of another kind; or <see cref="TlsOptions"/> without a
    /// certificate.</exception>
    protected override Uri Start(ServerTransportContext context)
    {
        if (TlsOptions is { ServerCertificate: null, ServerCertificateContext: null, ServerCertificateSelectionCallback: null })
            throw new ArgumentException($"{nameof(SocketTransport)}.{nameof(TlsOptions)} has no certificate, and no callback that chooses one.", nameof(context));
        if (EndPoint is not null && context.Port != 0)
            throw new ArgumentException($"{nameof(SocketTransport)}.{nameof(EndPoint)} says where to listen; the port must then be 0, and it is {context.Port}.", nameof(context));

        _listening = EndPoint is null ? ListeningSockets.Bind(context.HostName, context.Port) : ListeningSockets.Bind(EndPoint);
        try
        {
            return Start(context, _listening);
        }
        catch
        {
            _listening.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask StopAsync(CancellationToken cancellationToken)
    {
        // In this order: whoever accepts learns that it is over before its socket is closed.
        var allReplied = _connections.EndIdle();
        _listening.Dispose();
        foreach (var acceptor in _acceptors)
            acceptor.Dispose();
        try
        {
            await allReplied.WaitAsync(cancellationToken).ConfigureAwait(false);
            await _connections.Emptied.WaitAsync(LastLinger, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException)
        {
            // Peers that take their replies too slowly, or do not close; they had their time.
        }
        _connections.CloseAll();
        _gauge?.Dispose();
        _clock.Dispose();
        _loops?.Dispose();
    }

    private Uri Start(ServerTransportContext context, ListeningSockets listening)
    {
        var timePerPiece = context.Limits.TimeToTake(HttpLimits.ResponsePieceSize);
        var limits = new ConnectionLimits(MaxConnections, MaxConnectionsPerAddress ?? int.MaxValue, RequestHeadTimeout, KeepAliveTimeout, timePerPiece);
        _connections = new ConnectionTable();
        _clock = new ConnectionClock(context, limits, _connections);
        try
        {
            _loops = EventLoopGroup.Start(EventLoops, SpareThreadTime, context.Report);
            var gate = new ConnectionGate(context, limits, TlsOptions, _clock, _connections, _loops);
            _acceptors = [.. listening.Sockets.Select(socket => new Acceptor(socket, gate, _loops?.Take(socket)))];
            foreach (var acceptor in _acceptors)
                acceptor.Start();
        }
        catch
        {
            _loops?.Dispose();
            _clock.Dispose();
            throw;
        }
        var address = listening.AddressFor(TlsOptions is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps);
        _gauge = new ConnectionGauge(_connections, address);
        return address;
    }
}
