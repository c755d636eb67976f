using System.Net;
using System.Net.Security;

namespace JsonRpcLite;

/// <summary>A server transport on plain sockets, for servers that other machines can reach, too.</summary>
/// <remarks>
/// <para>To use it: <c>MakeServer(12345, Foo, new() { Transport = new SocketTransport() })</c>. Set the properties before the server is made; later changes have no
/// effect.</para>
/// <para>It implements all of HTTP/1.0 and 1.1 on <see cref="Http11.Http11Connection"/>, over IPv4, IPv6, Unix domain sockets and TLS, and limits every resource that a peer can
/// hold.</para>
/// <para>With the default <see cref="JsonRpcServerOptions.HostName"/> it listens on both loopback addresses, 127.0.0.1 and [::1], on one port.</para>
/// <para>On Linux, functions run on the transport's own threads (<see cref="EventLoops"/>), and a function that blocks does not delay other calls. The thread pool still admits
/// connections, enforces time-outs, runs the calls of a batch in parallel, and continues functions that await something else. These wait while the program keeps all threads of
/// the pool busy. On other systems, and with 0 loops, functions run on the thread pool: one that blocks holds a thread of the pool, and if many block, others wait until the pool
/// has grown.</para>
/// <para>When the peer resets a connection, or on Linux closes a Unix domain socket, the transport cancels the token of the call within about a second. A peer that closes only
/// its sending side still receives its reply.</para>
/// </remarks>
public sealed class SocketTransport : ServerTransport
{
    /// <summary>The time, during the shutdown, in which peers that are still sending may receive replies that were sent to them.</summary>
    private static readonly TimeSpan LastLinger = TimeSpan.FromMilliseconds(250);

    private ConnectionTable _connections = null!;
    private ListeningSockets _listening = null!;
    private ConnectionClock _clock = null!;
    private EventLoopGroup? _loops;
    private Acceptor[] _acceptors = [];
    private ConnectionGauge? _gauge;

    /// <summary>The end point to listen on, instead of <see cref="JsonRpcServerOptions.HostName"/> and a port.</summary>
    /// <value>
    /// An <see cref="IPEndPoint"/> (port 0 picks a free port) or a <see cref="System.Net.Sockets.UnixDomainSocketEndPoint"/>. <c>null</c>, the default, listens on the host name
    /// and the port. With an end point, the port must be 0.
    /// </value>
    /// <remarks>
    /// The server creates the file of a Unix domain socket when it starts, and deletes it when it stops. The permissions of the file's folder decide which users may connect.
    /// </remarks>
    public EndPoint? EndPoint { get; set; }

    /// <summary>The TLS settings, which make the server speak HTTPS.</summary>
    /// <value>As <see cref="SslStream"/> takes them; they need at least a certificate. <c>null</c>, the default, means plain HTTP.</value>
    /// <remarks>These settings also control whether clients are asked for a certificate, and how it is validated.</remarks>
    public SslServerAuthenticationOptions? TlsOptions { get; set; }

    /// <summary>The maximum number of concurrent connections.</summary>
    /// <value>1024 by default; at least 1.</value>
    /// <remarks>
    /// Each connection needs a file descriptor. A connection beyond the limit is answered with 503 and <c>Retry-After</c>, and closed. Over TLS it is closed without a reply.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxConnections { get; set => field = SettingCheck.AtLeast(1, value); } = 1024;

    /// <summary>The maximum number of concurrent connections of one peer address.</summary>
    /// <value>At least 1; <c>null</c>, the default, means no limit.</value>
    /// <remarks>
    /// The first four connections beyond the limit are answered with 503 and <c>Retry-After</c>, and closed. While these are open, further connections of the address are closed
    /// without a reply, as is every one over TLS. All IPv6 addresses with the same first 64 bits count as one. Connections on a Unix domain socket have no address and are not
    /// limited. Use this limit if clients reach the server directly: behind a proxy, all connections come from the proxy.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int? MaxConnectionsPerAddress { get; set => field = value is { } most ? SettingCheck.AtLeast(1, most) : null; }

    /// <summary>The longest time that receiving a request head may take, from its first byte.</summary>
    /// <value>15 s by default; above 0 and up to 24 days.</value>
    /// <remarks>
    /// For the first request, the time begins with the connection and includes the TLS handshake. When it expires, the server replies with 408 if it has received a part of the
    /// head, and closes the connection.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan RequestHeadTimeout { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(15);

    /// <summary>The longest time that a connection may wait for its next request before the server closes it.</summary>
    /// <value>60 s by default; above 0 and up to 24 days.</value>
    /// <remarks>Clients should close their idle connections sooner.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan KeepAliveTimeout { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(60);

    /// <summary>The number of event loops that serve the connections; on Linux only.</summary>
    /// <value>0 to 64; the number of cores by default. 0 runs everything on the thread pool, as on other systems.</value>
    /// <remarks>
    /// Each loop serves its share of the connections, and runs their functions one after another, so that a loop keeps at most one core busy. Fewer loops than cores leave cores
    /// to the rest of the program; more loops than cores would only compete for them. With few connections, fewer loops use less CPU per call, because they wake up less often. A
    /// function that runs for longer than about a millisecond, or blocks, keeps its thread, and another thread takes over the loop; so functions that block need no more loops.
    /// The cores are those that the process may use (<see cref="Environment.ProcessorCount"/>), at most 64.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int EventLoops { get; set => field = SettingCheck.Between(0, EventLoopGroup.MaxCount, value); } = EventLoopGroup.DefaultCount;

    /// <summary>The longest time for which an event loop looks for the next request before it sleeps; on Linux only.</summary>
    /// <value>50 us by default; 0 to 50 us. 0 sleeps at once.</value>
    /// <remarks>
    /// Waking up a sleeping thread takes 5 to 50 us, so a client that sends its next request as soon as it has the reply gets its replies sooner. The loop looks while only one of
    /// its connections is active, and uses its processor meanwhile. A look in vain costs this time; then the loop sleeps at once in its next two waits, after further vain looks
    /// in its next 4, 8, up to 1,024. So an idle server uses no CPU time, and slow clients cost nearly none. The threads of all servers and clients in the process together look
    /// on at most half of its processors (<see cref="Environment.ProcessorCount"/>), and not at all where it has only one.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan BusyPollTime { get; set => field = BusyPoll.CheckTime(value); } = BusyPoll.MaxTime;

    /// <summary>The time for which a thread that drives no loop waits for the next function that blocks.</summary>
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
    /// <exception cref="ArgumentException">
    /// There is both an <see cref="EndPoint"/> and a port, or the end point is of another kind, or <see cref="TlsOptions"/> has no certificate.
    /// </exception>
    protected override Uri Start(ServerTransportContext context)
    {
        if (TlsOptions is { ServerCertificate: null, ServerCertificateContext: null, ServerCertificateSelectionCallback: null })
            throw new ArgumentException(
                $"{nameof(SocketTransport)}.{nameof(TlsOptions)} has neither a certificate nor a callback that selects one. Set its ServerCertificate.", nameof(context));
        if (EndPoint is not null && context.Port != 0)
            throw new ArgumentException($"{nameof(SocketTransport)}.{nameof(EndPoint)} is set, so the port must be 0; it is {context.Port}.", nameof(context));

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
        // In this order: an acceptor must see that the server stops before its socket is closed.
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
            // Some peers receive their replies too slowly, or do not close. Their time has expired.
        }
        _connections.CloseAll();
        _gauge?.Dispose();
        _clock.Dispose();
        _loops?.Dispose();
    }

    private Uri Start(ServerTransportContext context, ListeningSockets listening)
    {
        var timePerPiece = context.Limits.TimeToTake(HttpLimits.ResponsePieceSize);
        var limits = new ConnectionLimits(MaxConnections, MaxConnectionsPerAddress ?? int.MaxValue, RequestHeadTimeout, KeepAliveTimeout, timePerPiece, BusyPollTime);
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
