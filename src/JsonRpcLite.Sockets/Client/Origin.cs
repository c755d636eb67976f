using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace JsonRpcLite;

/// <summary>An origin: a scheme, host and port (RFC 9110 4.3.1), with the settings for connections and the idle connections to it.</summary>
/// <remarks>There is one pool for blocking calls and one for asynchronous calls.</remarks>
internal sealed class Origin
{
    private readonly ConnectionSettings _settings;
    private readonly EndPoint _endPoint;
    private readonly SslClientAuthenticationOptions? _tls;
    private readonly string _name;

    public Origin(ConnectionSettings settings, Uri address)
    {
        _settings = settings;
        _name = address.GetLeftPart(UriPartial.Authority);
        // Includes the zone of a link-local address. It is of local significance only and is not sent in Host (RFC 6874 4).
        var host = address.HostNameType == UriHostNameType.IPv6 ? WithPlainZone(address.IdnHost) : address.IdnHost;
        Host = Encoding.ASCII.GetBytes(SiteName.OfAddress(address));
        _endPoint = settings.EndPoint ?? (IPAddress.TryParse(host, out var ip) ? new IPEndPoint(ip, address.Port) : new DnsEndPoint(host, address.Port));
        if (address.Scheme == Uri.UriSchemeHttps)
            _tls = ClientTls.CopyFor(settings.TlsOptions, host);
        Blocking = new ConnectionPool(settings.Clock, settings.IdleTimeout, settings.Lifetime);
        Asynchronous = new ConnectionPool(settings.Clock, settings.IdleTimeout, settings.Lifetime);
    }

    /// <summary>The longest wait between two attempts to connect to a Unix domain socket whose queue is full, in milliseconds.</summary>
    private const int LongestWait = 100;

    /// <summary>The value of the Host field.</summary>
    public byte[] Host { get; }

    public ConnectionPool Blocking { get; }

    public ConnectionPool Asynchronous { get; }

    public async ValueTask<ClientConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        // One time-out for the whole attempt: the name look-up, the TCP handshake and the TLS handshake.
        using var timeOut = new CancellationTokenSource(_settings.ConnectTimeout, _settings.Clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeOut.Token);
        Wire? wire = null;
        SslStream? stream = null;
        try
        {
            for (var wait = 1; wire is null; wait = Math.Min(2 * wait, LongestWait))
            {
                try
                {
                    wire = await ConnectAsync(_settings.UseEventLoops ? EventLoopGroup.ForClients : null, end.Token).ConfigureAwait(false);
                }
                catch (SocketException e) when (IsQueueFull(e))
                {
                    // The system does not report when the queue has room again. The token limits the total time, by its own clock.
                    await Task.Delay(wait, end.Token).ConfigureAwait(false);
                }
            }
            if (_tls is null)
                return Connected(wire);
            var records = new WireStream(wire);
            stream = new SslStream(records);
            await stream.AuthenticateAsClientAsync(_tls, end.Token).ConfigureAwait(false);
            return Connected(new TlsWire(wire.Socket, records, stream));
        }
        catch (Exception e)
        {
            stream?.Dispose();
            wire?.Dispose();
            throw Translate(e, end.IsCancellationRequested, cancellationToken);
        }
    }

    /// <summary>Connects on the calling thread.</summary>
    /// <remarks>Connecting takes no cancellation token. Closing the socket ends it, except for a name look-up, which cannot be ended.</remarks>
    public ClientConnection Connect(CancellationToken cancellationToken)
    {
        var socket = MakeSocket(_endPoint);
        using var timeOut = new CancellationTokenSource(_settings.ConnectTimeout, _settings.Clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeOut.Token);
        var ended = end.Token.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket);
        Wire wire = new SocketWire(socket) { BusyPoll = new() { Time = _settings.BusyPollTime } };
        SslStream? stream = null;
        try
        {
            Connect(socket, end.Token);
            if (_tls is not null)
            {
                var records = new WireStream(wire, isBlocking: true);
                stream = new SslStream(records);
                wire = new TlsWire(socket, records, stream);
                stream.AuthenticateAsClient(_tls);
            }
            // From here on neither token closes the socket. If one of them has, the attempt has failed.
            ended.Dispose();
            end.Token.ThrowIfCancellationRequested();
            return Connected(wire);
        }
        catch (Exception e)
        {
            ended.Dispose();
            stream?.Dispose();
            socket.Dispose();
            throw Translate(e, end.IsCancellationRequested, cancellationToken);
        }
    }

    /// <summary>Connects the socket; to a Unix domain socket in slices of <see cref="LongestWait"/>.</summary>
    /// <remarks>
    /// connect(2) waits until the listener's queue has room, and closing the socket does not end this wait. The send time-out, which Linux applies to connecting as well, does
    /// end it, and leaves the socket in blocking mode.
    /// </remarks>
    private void Connect(Socket socket, CancellationToken cancellationToken)
    {
        if (_endPoint is not UnixDomainSocketEndPoint)
        {
            socket.Connect(_endPoint);
            return;
        }
        socket.SendTimeout = LongestWait;
        while (true)
        {
            try
            {
                socket.Connect(_endPoint);
                break;
            }
            catch (SocketException e) when (IsQueueFull(e))
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        socket.SendTimeout = 0;
    }

    private bool IsQueueFull(SocketException exception) => _endPoint is UnixDomainSocketEndPoint && exception.SocketErrorCode == SocketError.WouldBlock;

    private async ValueTask<Wire> ConnectAsync(EventLoopGroup? loops, CancellationToken cancellationToken)
    {
        if (loops is null)
        {
            var socket = MakeSocket(_endPoint);
            try
            {
                await socket.ConnectAsync(_endPoint, cancellationToken).ConfigureAwait(false);
                return new SocketWire(socket);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
        EndPoint[] endPoints = _endPoint is DnsEndPoint name
            ? Array.ConvertAll(await Dns.GetHostAddressesAsync(name.Host, cancellationToken).ConfigureAwait(false), address => new IPEndPoint(address, name.Port))
            : [_endPoint];
        for (var i = 0; i < endPoints.Length; i++)
        {
            try
            {
                return await ConnectAsync(loops, endPoints[i], cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException) when (i < endPoints.Length - 1 && !cancellationToken.IsCancellationRequested)
            {
                // A name may have several addresses, and not all of them may be reachable.
            }
        }
        throw new SocketException((int)SocketError.NoData);
    }

    private async ValueTask<Wire> ConnectAsync(EventLoopGroup loops, EndPoint endPoint, CancellationToken cancellationToken)
    {
        var wire = loops.Take(MakeSocket(endPoint), _settings.BusyPollTime);
        var ended = cancellationToken.UnsafeRegister(static w => ((Wire)w!).Dispose(), wire);
        try
        {
            await wire.ConnectAsync(endPoint).ConfigureAwait(false);
            // From here on neither token closes the socket. If one of them has, the attempt has failed.
            await ended.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return wire;
        }
        catch
        {
            await ended.DisposeAsync().ConfigureAwait(false);
            wire.Dispose();
            throw;
        }
    }

    private ClientConnection Connected(Wire wire)
    {
        _settings.Connected();
        return new(wire, _settings.Clock.GetTimestamp());
    }

    /// <summary>Replaces the "%25" in front of a zone (RFC 6874 2) by the "%" that IPAddress expects.</summary>
    private static string WithPlainZone(string address) =>
        address.IndexOf("%25", StringComparison.Ordinal) is var mark and > 0 && address.Length > mark + 3
            ? $"{address[..mark]}%{Uri.UnescapeDataString(address[(mark + 3)..])}" : address;

    private static Socket MakeSocket(EndPoint endPoint) => endPoint switch
    {
        UnixDomainSocketEndPoint => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
        IPEndPoint ip => new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
        // Such a socket tries all addresses of the name, one after another.
        _ => new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true },
    };

    private Exception Translate(Exception exception, bool isEnded, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return new OperationCanceledException($"Connecting to {_name} was cancelled.", exception, cancellationToken);
        if (isEnded)
        {
            var message = $"Connecting to {_name} took longer than {Seconds.Of(_settings.ConnectTimeout)} (SocketClientTransport.ConnectTimeout).";
            return new TaskCanceledException(message, new TimeoutException(message, exception));
        }
        var error = exception switch
        {
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData or SocketError.NoRecovery } =>
                HttpRequestError.NameResolutionError,
            SocketException => HttpRequestError.ConnectionError,
            _ => HttpRequestError.SecureConnectionError,
        };
        return new HttpRequestException(error, $"{exception.Message} ({_name})", exception);
    }
}
