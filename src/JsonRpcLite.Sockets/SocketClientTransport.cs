using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// A client's transport on plain sockets and <see cref="Http11.Http11Connection"/>: <c>MakeClient(12345, new() { Transport = new SocketClientTransport() })</c>. It speaks
/// HTTP/1.1 over TCP, TLS and Unix domain sockets, keeps connections, follows no redirects, and knows no cookies and no proxies. <c>Command</c> and <c>Call</c> run on the calling
/// thread to the ground. Thread-safe; set the properties before the first call.
/// </summary>
/// <remarks>
/// A connection that the server has closed is nearly always noticed before it is used, and another one is made. Where it is noticed only in sending, and not a byte of the request
/// has left (which cannot be told over TLS), the request goes over another connection, too. A request that the server may have acted on is never sent again: what became of it is
/// the caller's to judge.
/// </remarks>
public sealed class SocketClientTransport : ClientTransport
{
    private readonly ConcurrentDictionary<(string Scheme, string Host, int Port), Origin> _origins = [];
    private readonly ConcurrentQueue<WireCall> _idleCalls = [];
    private volatile LastOrigin? _last;
    private ITimer? _sweep;
    private volatile bool _isDisposed;

    /// <summary>
    /// Where to connect, whatever the address says: a <see cref="UnixDomainSocketEndPoint"/>, or an <see cref="IPEndPoint"/>. The address still makes the <c>Host</c> field,
    /// and says whether it is TLS. <c>null</c>, the default, connects to the address.
    /// </summary>
    public EndPoint? EndPoint { get; set; }

    /// <summary>
    /// Settings for addresses with <c>https</c>, such as a client's certificate, or how the server's is judged. <c>null</c>, the default, asks for a certificate for the
    /// address's host that the system trusts.
    /// </summary>
    public SslClientAuthenticationOptions? TlsOptions { get; set; }

    /// <summary>How long connecting may take, the handshake of TLS included: 10 s by default, above 0 and up to 24 days. The call's own time-out ends it, too.
    /// A synchronous call has the system look up a name, which no time-out ends.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of this range.</exception>
    public TimeSpan ConnectTimeout { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(10);

    /// <summary>How long a connection is kept without a call: 30 s by default, above 0 and up to 24 days. Servers should wait longer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of this range.</exception>
    public TimeSpan PooledConnectionIdleTimeout { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection is used in all, so that changes of names and balancers are followed: 5 min by default, above 0 and up to 24 days.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of this range.</exception>
    public TimeSpan PooledConnectionLifetime { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Linux: whether replies to asynchronous calls come in on event loops, which all clients of the process share; <c>true</c> by default. What awaits a reply then goes on right
    /// on a loop's thread (but for a <see cref="SynchronizationContext"/>, which is kept to), so that no thread of the pool has to be woken. When it goes on for longer than about
    /// a millisecond, or blocks, it is left to its thread while another thread takes the loop over, so that other calls go on. <c>false</c> leaves all of it to the thread pool, as
    /// on other systems.
    /// </summary>
    public bool UseEventLoops { get; set; } = true;

    /// <inheritdoc/>
    public override void Send(HttpExchange exchange, CancellationToken cancellationToken)
    {
        var origin = OriginOf(exchange);
        var call = BeginCall(exchange, origin);
        try
        {
            while (!TrySend(origin, call, cancellationToken))
            {
            }
        }
        finally
        {
            EndCall(call);
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask SendAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        var origin = OriginOf(exchange);
        var call = BeginCall(exchange, origin);
        try
        {
            while (!await TrySendAsync(origin, call, cancellationToken).ConfigureAwait(false))
            {
            }
        }
        finally
        {
            EndCall(call);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<Stream?> OpenAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        var origin = OriginOf(exchange);
        var call = BeginCall(exchange, origin);
        var open = new LiveReply(call, (connection, isWhole) =>
        {
            Release(origin.Asynchronous, connection, isWhole && IsReusable(connection.Wire, call));
            EndCall(call);
        });
        call.HandsOnStreams = true;
        try
        {
            while (!await TrySendAsync(origin, call, cancellationToken, open).ConfigureAwait(false))
            {
            }
            return open.IsOpen ? open : null;
        }
        finally
        {
            if (!open.IsOpen)
                EndCall(call);
        }
    }

    /// <summary>From the first connection on, those that grow old are closed.</summary>
    private void BeginToSweep()
    {
        if (_sweep is not null)
            return;
        var sweep = TimeProvider.CreateTimer(static transport => ((SocketClientTransport)transport!).Sweep(), this, PooledConnectionIdleTimeout, PooledConnectionIdleTimeout);
        if (Interlocked.CompareExchange(ref _sweep, sweep, null) is not null || _isDisposed)
            sweep.Dispose();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        _sweep?.Dispose();
        foreach (var origin in _origins.Values)
            Close(origin);
        base.Dispose(disposing);
    }

    /// <returns><c>false</c> when nothing was sent, and another connection is to be tried.</returns>
    private static bool TrySend(Origin origin, WireCall call, CancellationToken cancellationToken)
    {
        ClientConnection? connection;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!origin.Blocking.TryTake(out connection))
                connection = origin.Connect(cancellationToken);
        }
        catch (Exception e) when (MarkIt(e))
        {
            throw;
        }
        var isKept = false;
        // Sending and receiving know no token: closing the connection is what ends them.
        var end = cancellationToken.UnsafeRegister(static c => ((ClientConnection)c!).Abort(), connection);
        try
        {
            var wire = connection.Wire;
            call.MayBeginWithEmptyLine = connection.IsReused;
            if (TrySendRequest(wire, call) is { } failure)
            {
                if (failure.IsBeforeAnything && connection.IsReused)
                    return false;
                TryReadInSpiteOf(failure, wire, call);
                return true;
            }
            while (!call.TryRead())
                call.Fill(wire.Receive(call.GetRoom().Span));
            isKept = IsReusable(wire, call);
            return true;
        }
        catch (Exception e) when (WireFailure.Translate(e, cancellationToken) is { } translated)
        {
            throw translated;
        }
        finally
        {
            end.Dispose();
            Release(origin.Blocking, connection, isKept && !cancellationToken.IsCancellationRequested);
        }
    }

    /// <inheritdoc cref="TrySend" path="/returns"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> TrySendAsync(Origin origin, WireCall call, CancellationToken cancellationToken, LiveReply? live = null)
    {
        ClientConnection? connection;
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!origin.Asynchronous.TryTake(out connection))
                connection = await origin.ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (MarkIt(e))
        {
            throw;
        }
        var isKept = false;
        var end = cancellationToken.UnsafeRegister(static c => ((ClientConnection)c!).Abort(), connection);
        try
        {
            var wire = connection.Wire;
            call.MayBeginWithEmptyLine = connection.IsReused;
            if (await TrySendRequestAsync(wire, call).ConfigureAwait(false) is { } failure)
            {
                if (failure.IsBeforeAnything && connection.IsReused)
                    return false;
                await TryReadInSpiteOfAsync(failure, wire, call).ConfigureAwait(false);
                return true;
            }
            while (!call.TryRead())
            {
                if (live is not null && call.IsLive)
                {
                    live.Begin(connection);
                    return true;
                }
                call.Fill(await wire.ReceiveAsync(call.GetRoom()).ConfigureAwait(false));
            }
            isKept = IsReusable(wire, call);
            return true;
        }
        catch (Exception e) when (WireFailure.Translate(e, cancellationToken) is { } translated)
        {
            throw translated;
        }
        finally
        {
            await end.DisposeAsync().ConfigureAwait(false);
            if (live is not { IsOpen: true })
                Release(origin.Asynchronous, connection, isKept && !cancellationToken.IsCancellationRequested);
        }
    }

    /// <summary>What fails in connecting has sent nothing; nor has an attempt before it, or there would be no other.</summary>
    /// <returns>False: the exception goes its way.</returns>
    private static bool MarkIt(Exception exception)
    {
        MarkUnsent(exception);
        return false;
    }

    private static SendFailure? TrySendRequest(Wire wire, WireCall call)
    {
        var before = wire.Sent;
        try
        {
            wire.Send(call.Request.Span);
            wire.Send(call.RestOfRequest.Span);
            return null;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return new SendFailure(e, IsBeforeAnything: before is not null && before == wire.Sent);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<SendFailure?> TrySendRequestAsync(Wire wire, WireCall call)
    {
        var before = wire.Sent;
        try
        {
            await wire.SendAsync(call.Request).ConfigureAwait(false);
            if (!call.RestOfRequest.IsEmpty)
                await wire.SendAsync(call.RestOfRequest).ConfigureAwait(false);
            return null;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return new SendFailure(e, IsBeforeAnything: before is not null && before == wire.Sent);
        }
    }

    /// <summary>A server that refuses a body may answer and close before it has come; that answer says more than the failure to send.</summary>
    private static void TryReadInSpiteOf(SendFailure failure, Wire wire, WireCall call)
    {
        try
        {
            while (!call.TryRead())
                call.Fill(wire.Receive(call.GetRoom().Span));
        }
        catch (Exception e) when (e is SocketException or IOException or HttpRequestException or ObjectDisposedException)
        {
            throw failure.Unsent();
        }
    }

    /// <inheritdoc cref="TryReadInSpiteOf"/>
    private static async ValueTask TryReadInSpiteOfAsync(SendFailure failure, Wire wire, WireCall call)
    {
        try
        {
            while (!call.TryRead())
                call.Fill(await wire.ReceiveAsync(call.GetRoom()).ConfigureAwait(false));
        }
        catch (Exception e) when (e is SocketException or IOException or HttpRequestException or ObjectDisposedException)
        {
            throw failure.Unsent();
        }
    }

    private static bool IsReusable(Wire wire, WireCall call) => call.IsReusable && !wire.MayHoldInput(call.HasFilledRoom);

    private static void Release(ConnectionPool pool, ClientConnection connection, bool isKept)
    {
        if (isKept)
            pool.Return(connection);
        else
            connection.Dispose();
    }

    private static void Close(Origin origin)
    {
        origin.Blocking.Close();
        origin.Asynchronous.Close();
    }

    internal Origin OriginOf(HttpExchange exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        var address = exchange.Address ?? throw new ArgumentException("The exchange has no Address.", nameof(exchange));
        if (_last is { } last && ReferenceEquals(last.Address, address))
            return last.Origin;
        var origin = _origins.GetOrAdd((address.Scheme, address.IdnHost, address.Port), static (_, arguments) => new Origin(arguments.Transport.MakeSettings(), arguments.Address),
            (Transport: this, Address: address));
        _last = new LastOrigin(address, origin);
        return origin;
    }

    private ConnectionSettings MakeSettings() => new()
    {
        EndPoint = EndPoint,
        TlsOptions = TlsOptions,
        ConnectTimeout = ConnectTimeout,
        IdleTimeout = PooledConnectionIdleTimeout,
        Lifetime = PooledConnectionLifetime,
        UseEventLoops = UseEventLoops,
        Clock = TimeProvider,
        Connected = BeginToSweep,
    };

    private WireCall BeginCall(HttpExchange exchange, Origin origin)
    {
        if (!_idleCalls.TryDequeue(out var call))
            call = new WireCall();
        call.Begin(exchange, origin.Host);
        return call;
    }

    private void EndCall(WireCall call)
    {
        call.End();
        if (_idleCalls.Count < Housekeeping.MaxIdle)
            _idleCalls.Enqueue(call);
    }

    private void Sweep()
    {
        foreach (var origin in _origins.Values)
        {
            origin.Blocking.CloseExpired();
            origin.Asynchronous.CloseExpired();
        }
    }

    /// <summary>A client has one address, nearly always.</summary>
    private sealed record LastOrigin(Uri Address, Origin Origin);

    /// <param name="Cause">Why sending failed.</param>
    /// <param name="IsBeforeAnything">
    /// Whether the system had not taken a byte of the request, which only a connection without TLS can tell.
    /// </param>
    private sealed record SendFailure(Exception Cause, bool IsBeforeAnything)
    {
        public IOException Unsent()
        {
            var unsent = new IOException($"The request could not be sent: {Sentence.Of(Cause.Message)}", Cause);
            if (IsBeforeAnything)
                MarkUnsent(unsent);
            return unsent;
        }
    }
}
