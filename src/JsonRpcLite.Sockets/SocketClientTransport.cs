using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>A client transport on plain sockets that speaks HTTP/1.1 over TCP, TLS and Unix domain sockets.</summary>
/// <remarks>
/// <para>Thread-safe.</para>
/// <para>To use it: <c>MakeClient(12345, new() { Transport = new SocketClientTransport() })</c>. Set the properties before the first call.</para>
/// <para>The transport reuses connections. It follows no redirects and supports neither cookies nor proxies. <c>Command</c> and <c>Call</c> run entirely on the calling
/// thread.</para>
/// <para>The transport nearly always notices that the server has closed a connection before it uses that connection, and then opens another one. If it notices only while
/// sending, and no byte of the request has been sent (which cannot be determined over TLS), it sends the request over another connection, too. It never resends a request that
/// the server may have acted on: the caller decides what to do about such a request.</para>
/// </remarks>
public sealed class SocketClientTransport : ClientTransport
{
    private readonly ConcurrentDictionary<(string Scheme, string Host, int Port), Origin> _origins = [];
    private readonly ConcurrentQueue<WireCall> _idleCalls = [];
    private volatile LastOrigin? _last;
    private ITimer? _sweep;
    private volatile bool _isDisposed;

    /// <summary>The end point to connect to instead of the address.</summary>
    /// <value>A <see cref="UnixDomainSocketEndPoint"/> or an <see cref="IPEndPoint"/>. <c>null</c>, the default, connects to the address.</value>
    /// <remarks>The <c>Host</c> header field and the use of TLS still follow the address.</remarks>
    public EndPoint? EndPoint { get; set; }

    /// <summary>The TLS settings for <c>https</c> addresses, such as a client certificate or how to validate the server's certificate.</summary>
    /// <value><c>null</c>, the default, requires a certificate for the address's host that the system trusts.</value>
    public SslClientAuthenticationOptions? TlsOptions { get; set; }

    /// <summary>The longest time that connecting may take, including the TLS handshake.</summary>
    /// <value>10 s by default; above 0 and up to 24 days.</value>
    /// <remarks>The time-out of the call also ends connecting. A synchronous call looks up a host name without a time-out.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan ConnectTimeout { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(10);

    /// <summary>The time after which an idle connection is closed.</summary>
    /// <value>30 s by default; above 0 and up to 24 days.</value>
    /// <remarks>The server's keep-alive time-out should be longer.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan PooledConnectionIdleTimeout { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromSeconds(30);

    /// <summary>The longest time that a connection is used, so that the client follows changes of DNS and of load balancers.</summary>
    /// <value>5 min by default; above 0 and up to 24 days.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan PooledConnectionLifetime { get; set => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromMinutes(5);

    /// <summary>Whether event loops receive the replies to asynchronous calls; on Linux only.</summary>
    /// <value><c>true</c> by default. <c>false</c> uses the thread pool, as on other systems.</value>
    /// <remarks>
    /// All clients of the process share the event loops. Code that awaits a reply continues directly on a loop's thread, unless a <see cref="SynchronizationContext"/> is
    /// captured, so that no thread of the pool has to wake up. If this code runs for longer than about a millisecond, or blocks, it keeps its thread, and another thread takes
    /// over the loop, so that other calls continue.
    /// </remarks>
    public bool UseEventLoops { get; set; } = true;

    /// <summary>The longest time for which a waiting thread looks for the reply before it sleeps.</summary>
    /// <value>50 us by default; 0 to 50 us. 0 sleeps at once.</value>
    /// <remarks>
    /// Waking up a sleeping thread takes 5 to 50 us, so a reply that comes quickly is there sooner. Synchronous calls look on the calling thread, asynchronous ones on the event
    /// loop, if there is one (<see cref="UseEventLoops"/>). What it costs, and when it is left out, is the same as for <see cref="SocketTransport.BusyPollTime"/>.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan BusyPollTime { get; set => field = BusyPoll.CheckTime(value); } = BusyPoll.MaxTime;

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
            // The reset tells the server that the rest of an abandoned stream is not read.
            if (isWhole)
                Release(origin.Asynchronous, connection, IsReusable(connection.Wire, call));
            else
                connection.Abort();
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

    /// <summary>Starts the timer that closes expired connections, unless it runs already.</summary>
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

    /// <returns><c>false</c> if nothing was sent and the caller must try another connection.</returns>
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
        // Sending and receiving take no cancellation token. Closing the connection ends them.
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

    /// <summary>Marks an exception from connecting as unsent, since no attempt so far has sent anything.</summary>
    /// <remarks>An earlier attempt that had sent something would not have been followed by another.</remarks>
    /// <returns>Always <c>false</c>, so that the exception filter does not catch the exception.</returns>
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

    /// <summary>Reads the reply although sending failed, and otherwise throws the failure.</summary>
    /// <remarks>A server that rejects a request may reply and close before it has received the body. Its reply is more precise than the failure to send.</remarks>
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
        var address = exchange.Address ?? throw new ArgumentException("The exchange has no Address. Set HttpExchange.Address before the call.", nameof(exchange));
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
        BusyPollTime = BusyPollTime,
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

    /// <summary>The origin of the last call: a client nearly always has one address.</summary>
    private sealed record LastOrigin(Uri Address, Origin Origin);

    /// <param name="Cause">Why sending failed.</param>
    /// <param name="IsBeforeAnything">Whether the system had accepted no byte of the request, which is known only for connections without TLS.</param>
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
