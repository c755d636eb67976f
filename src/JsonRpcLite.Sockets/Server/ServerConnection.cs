using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using JsonRpcLite.Http11;

namespace JsonRpcLite;

/// <summary>
/// One connection of a <see cref="SocketTransport"/>. Its flow is one task: it waits for a request, reads its head, lets the handler answer, sends the reply, and begins again.
/// </summary>
/// <remarks>
/// Others come from the side: the clock, which ends what takes too long; early replies, while the handler still runs; and the stop. They may send only after they have taken the
/// connection out of the phase that it was in, and from then on the flow sends nothing any more (<see cref="ConnectionPhase"/>). Only the flow reads.
/// </remarks>
internal sealed class ServerConnection(ConnectionGate gate, Socket socket) : IThreadPoolWorkItem
{
    private const int LingerBuffer = 4096;

    /// <summary>So many requests that came together are served before others have their turn.</summary>
    private const int MaxCallsInRow = 16;

    private Wire? _wire;
    private SocketExchange? _exchange;
    private TaskCompletionSource? _replyAside;
    private TaskCompletionSource? _continue;
    private int _phase = (int)ConnectionPhase.Head;
    private long _deadline = gate.Clock.In(gate.Limits.HeadTime);
    private int _isClosed;
    private int _callsInRow;
    private int _isHeadRefused;

    /// <summary>Where it stands in the table; -1 outside. Only under the table's lock.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Whether it came when there were too many. Only under the table's lock.</summary>
    public bool IsRefused { get; set; }

    public EndPoint? RemoteEndPoint { get; } = AddressOf(socket);

    public X509Certificate? ClientCertificate => (_wire as TlsWire)?.RemoteCertificate;

    public bool IsStopping => gate.IsStopping;

    /// <summary>Whether the handler still has the right to the reply.</summary>
    public bool IsHandling => Phase == ConnectionPhase.Handling;

    public bool IsReplying => Phase is ConnectionPhase.Handling or ConnectionPhase.Sending;

    /// <summary>Whether a request is in progress, whose buffers it holds.</summary>
    public bool HoldsExchange => Volatile.Read(ref _exchange) is not null;

    private ConnectionPhase Phase => (ConnectionPhase)Volatile.Read(ref _phase);

    /// <summary>Has the flow begin: on an event loop, if the transport has any, or else on a thread of the pool.</summary>
    public void Start()
    {
        if (gate.Loops is null)
        {
            // Who tries to read and finds nothing must not block.
            socket.Blocking = false;
            _wire = new SocketWire(socket);
            // Never on the thread that accepts: a function that blocks would keep everybody out.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }
        LoopWire? wire = null;
        try
        {
            wire = gate.Loops.Take(socket, this);
            _wire = wire;
            wire.Begin();
            if (Volatile.Read(ref _isClosed) == 0)
                return;
        }
        catch (Exception e)
        {
            if (!IsOfThePeer(e))
                gate.Report(e);
            Close();
        }
        // Who closed it may not have seen the wire yet.
        wire?.Dispose();
    }

    /// <summary>Begins the flow.</summary>
    public void Execute() => _ = RunAsync();

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _wire!.ReceiveAsync(buffer);

    public ValueTask<int> TryReceiveAsync(Memory<byte> buffer) => _wire!.TryReceiveAsync(buffer);

    /// <summary>Instead of <see cref="Start"/>: answers without having read anything.</summary>
    public void Refuse(int statusCode, string message)
    {
        _wire = new SocketWire(socket);
        // The log is the user's, and may take its time; whoever accepts has none.
        _ = Task.Run(() => RefuseAsync(statusCode, message));
    }

    /// <summary>Tells a client that holds its body back to send it (RFC 9110 10.1.1).</summary>
    public async ValueTask SendContinueAsync()
    {
        // An early reply may want to be sent at the same time: it looks for this only after it has taken the phase, and this asks for the phase only after it can be seen.
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _continue, sent);
        try
        {
            if (IsHandling)
                await _wire!.SendAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray()).ConfigureAwait(false);
        }
        finally
        {
            sent.SetResult();
        }
    }

    /// <summary>
    /// Sends a last reply from the side, if the connection is still in that phase. The flow goes on until it notices, and then lingers, or closes when there is nothing to wait for.
    /// </summary>
    public async Task ReplyAsideAsync(ConnectionPhase from, ReadOnlyMemory<byte> reply)
    {
        if (!TryBeginSending(from))
            return;
        try
        {
            if (Volatile.Read(ref _continue) is { } sending)
                await sending.Task.ConfigureAwait(false);
            await SendAsync(reply).ConfigureAwait(false);
            await BeginToLingerAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfThePeer(e))
        {
            Close();
        }
        finally
        {
            ReplyAside().TrySetResult();
        }
    }

    /// <summary>For the clock: ends what has taken too long.</summary>
    public void Judge(long now)
    {
        switch (Phase)
        {
            case ConnectionPhase.Idle when IsOver(now) && TryMove(ConnectionPhase.Idle, ConnectionPhase.Ended):
                Close();
                break;
            case ConnectionPhase.Head when IsOver(now):
                EndHead();
                break;
            case ConnectionPhase.Handling when IsReset() && TryMove(ConnectionPhase.Handling, ConnectionPhase.Ended):
                _exchange?.CancelCall();
                Close();
                break;
            case ConnectionPhase.Sending when IsOver(now) && TryMove(ConnectionPhase.Sending, ConnectionPhase.Ended):
                Abort();
                break;
            case ConnectionPhase.Lingering when IsOver(now):
                Close();
                break;
        }
    }

    /// <summary>For the stop: closes it, unless a call of it is in flight.</summary>
    public void EndUnlessReplying()
    {
        if (TryMove(ConnectionPhase.Idle, ConnectionPhase.Ended) || TryMove(ConnectionPhase.Head, ConnectionPhase.Ended))
            Close();
    }

    /// <summary>Closes at once; whoever waits for this connection finds out. Any number of times.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return;
        Volatile.Write(ref _phase, (int)ConnectionPhase.Ended);
        gate.Connections.Remove(this);
        (_wire as IDisposable ?? socket).Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            if (gate.Tls is not null)
            {
                var wire = await TlsWire.AcceptAsync(_wire!, gate.Tls).ConfigureAwait(false);
                Interlocked.Exchange(ref _wire, wire);
                // Who closes from the side may not have seen it yet.
                if (Volatile.Read(ref _isClosed) != 0)
                    wire.Dispose();
            }
            await ServeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (!IsOfThePeer(e) && Phase != ConnectionPhase.Ended)
                gate.Report(e);
        }
        finally
        {
            Close();
            if (_exchange is { } exchange && exchange.TryEnd(keepsInput: false))
                gate.Exchanges.Return(exchange);
        }
    }

    private async Task ServeAsync()
    {
        do
        {
            if (_exchange is not null && _callsInRow % MaxCallsInRow == 0)
                await _wire!.YieldAsync().ConfigureAwait(false);
            while (_exchange is null)
            {
                // Whoever waits here holds no buffer.
                await _wire!.WaitAsync().ConfigureAwait(false);
                var next = gate.Exchanges.Rent();
                next.Begin(this);
                try
                {
                    if (await next.TryReceiveAsync().ConfigureAwait(false) && !TryBeginRequest(next))
                        return;
                }
                finally
                {
                    if (_exchange is null && next.TryEnd(keepsInput: false))
                        gate.Exchanges.Return(next);
                }
            }
            var exchange = _exchange!;
            try
            {
                if (!await exchange.ReadHeadAsync().ConfigureAwait(false))
                {
                    // The peer has closed; but it may be about to be told that it took too long.
                    if (Phase != ConnectionPhase.Head)
                        await LingerAsync().ConfigureAwait(false);
                    return;
                }
                if (!TryMove(ConnectionPhase.Head, ConnectionPhase.Handling))
                {
                    await LingerAsync().ConfigureAwait(false);
                    return;
                }
                await gate.Context.Handler(exchange, CancellationToken.None).ConfigureAwait(false);
            }
            catch (RemoteProtocolException e)
            {
                // Framing in doubt: one answer, and nothing of this connection is believed any more.
                if (TryMove(ConnectionPhase.Head, ConnectionPhase.Handling))
                    exchange.Refuse(e.StatusHint, e.Message);
            }
            if (!exchange.TryBeginReply())
            {
                // The handler was too late, and may have left somebody behind who still uses the exchange.
                _exchange = null;
                await exchange.WhenBodyIsLeft().ConfigureAwait(false);
                await LingerAsync().ConfigureAwait(false);
                return;
            }
            if (!TryBeginSending(ConnectionPhase.Handling))
            {
                // The clock has found a reset, and may only now be about to cancel the exchange's token: it must not become another call's.
                _exchange = null;
                await LingerAsync().ConfigureAwait(false);
                return;
            }
            var reply = exchange.MakeReply(mayBeKept: !IsStopping, out var isKept);
            await SendAsync(reply).ConfigureAwait(false);
            if (!isKept)
            {
                await BeginToLingerAsync().ConfigureAwait(false);
                // A read that the handler left behind takes what comes, and ends with it, or with the connection.
                await exchange.WhenBodyIsLeft().ConfigureAwait(false);
                await LingerAsync().ConfigureAwait(false);
                return;
            }
        }
        while (TryEndRequest(_exchange!));
    }

    /// <summary>Its first bytes are here, or its end is. <c>false</c>: somebody has just closed the connection.</summary>
    private bool TryBeginRequest(SocketExchange exchange)
    {
        if (Phase != ConnectionPhase.Head)
        {
            Volatile.Write(ref _deadline, gate.Clock.In(gate.Limits.HeadTime));
            if (!TryMove(ConnectionPhase.Idle, ConnectionPhase.Head))
                return false;
        }
        _exchange = exchange;
        return true;
    }

    /// <summary>Keeps the exchange for a request that is here already, or gives everything back. <c>false</c>: there will be no other request.</summary>
    private bool TryEndRequest(SocketExchange exchange)
    {
        var hasInput = exchange.HasInput;
        if (!exchange.TryEnd(hasInput))
            return false;
        Volatile.Write(ref _deadline, gate.Clock.In(hasInput ? gate.Limits.HeadTime : gate.Limits.IdleTime));
        _callsInRow = hasInput ? _callsInRow + 1 : 0;
        if (!hasInput)
        {
            _exchange = null;
            gate.Exchanges.Return(exchange);
        }
        if (!TryMove(ConnectionPhase.Sending, hasInput ? ConnectionPhase.Head : ConnectionPhase.Idle))
            return false;
        if (!IsStopping)
            return true;
        // The stop may have passed by before this could be seen.
        EndUnlessReplying();
        return false;
    }

    private ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        return bytes.Length <= ConnectionLimits.Piece ? _wire!.SendAsync(bytes) : SendPiecesAsync(bytes);

        async ValueTask SendPiecesAsync(ReadOnlyMemory<byte> bytes)
        {
            for (; bytes.Length > ConnectionLimits.Piece; bytes = bytes[ConnectionLimits.Piece..])
            {
                await _wire!.SendAsync(bytes[..ConnectionLimits.Piece]).ConfigureAwait(false);
                Volatile.Write(ref _deadline, gate.Clock.In(gate.Limits.PieceTime));
            }
            await _wire!.SendAsync(bytes).ConfigureAwait(false);
        }
    }

    private bool TryBeginSending(ConnectionPhase from)
    {
        if (Phase != from)
            return false;
        Volatile.Write(ref _deadline, gate.Clock.In(gate.Limits.PieceTime));
        return TryMove(from, ConnectionPhase.Sending);
    }

    /// <summary>After the last reply: says that there is no more, and sets the peer a time to close its side.</summary>
    private async ValueTask BeginToLingerAsync()
    {
        Volatile.Write(ref _deadline, gate.Clock.In(ConnectionLimits.LingerTime));
        if (!TryMove(ConnectionPhase.Sending, ConnectionPhase.Lingering))
            return;
        await _wire!.ShutdownSendAsync().ConfigureAwait(false);
        gate.Connections.OnReplied();
    }

    /// <summary>
    /// Throws away what still comes, until the peer closes or its time is over: closing with bytes unread would send a reset, and a reset takes replies with it that the peer has not
    /// read yet (RFC 9112 9.6).
    /// </summary>
    private async Task LingerAsync()
    {
        if (Phase != ConnectionPhase.Lingering)
        {
            if (Phase == ConnectionPhase.Ended)
                return;
            await WaitForReplyAsideAsync().ConfigureAwait(false);
        }
        var buffer = ArrayPool<byte>.Shared.Rent(LingerBuffer);
        try
        {
            while (await _wire!.ReceiveAsync(buffer).ConfigureAwait(false) > 0)
            {
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Somebody has taken the connection to answer from the side, or is about to, and will say when that is done. The clock sees to its time while it is sent.</summary>
    private async Task WaitForReplyAsideAsync()
    {
        var sent = ReplyAside().Task;
        do
        {
            try
            {
                await sent.WaitAsync(ConnectionLimits.LingerTime, gate.Context.Options.TimeProvider).ConfigureAwait(false);
            }
            catch (TimeoutException) when (Phase is ConnectionPhase.Sending or ConnectionPhase.Lingering)
            {
                // It is large, or taken slowly.
            }
        }
        while (!sent.IsCompleted);
    }

    private async Task RefuseAsync(int statusCode, string message)
    {
        await ReplyAsideAsync(ConnectionPhase.Head, MakeRefusal(statusCode, message)).ConfigureAwait(false);
        try
        {
            await LingerAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (IsOfThePeer(e))
        {
            // Closed by either side.
        }
        Close();
    }

    private void EndHead()
    {
        if (Volatile.Read(ref _exchange) is not null)
        {
            // Not here: the log is the user's, and may take its time.
            if (Interlocked.Exchange(ref _isHeadRefused, 1) == 0)
                _ = Task.Run(() => ReplyAsideAsync(ConnectionPhase.Head, MakeRefusal(408, $"The head took longer than {gate.Limits.HeadTime.TotalSeconds:0.###} s.")));
        }
        else if (TryMove(ConnectionPhase.Head, ConnectionPhase.Ended))
        {
            Close();
        }
    }

    private byte[] MakeRefusal(int statusCode, string message)
    {
        var exchange = gate.Exchanges.Rent();
        exchange.Begin(this);
        exchange.Refuse(statusCode, message);
        var reply = exchange.MakeReplyAside(exchange.StatusCode, exchange.ResponseFields, exchange.ResponseBody.WrittenSpan);
        exchange.TryEnd(keepsInput: false);
        gate.Exchanges.Return(exchange);
        return reply;
    }

    private TaskCompletionSource ReplyAside()
    {
        if (Volatile.Read(ref _replyAside) is null)
            Interlocked.CompareExchange(ref _replyAside, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), null);
        return _replyAside!;
    }

    private bool TryMove(ConnectionPhase from, ConnectionPhase to) => Interlocked.CompareExchange(ref _phase, (int)to, (int)from) == (int)from;

    private bool IsOver(long now) => now > Volatile.Read(ref _deadline);

    /// <summary>Whether a reset has come while nobody reads. Where the system does not keep it as the socket's pending error, it shows when the reply is sent.</summary>
    private bool IsReset()
    {
        try
        {
            return socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is not 0;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Closes with a reset: what the peer has not taken is not kept for it.</summary>
    private void Abort()
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }
        Close();
    }

    private static EndPoint? AddressOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint;
        }
        catch (SocketException)
        {
            // It is gone already; its flow will find that out.
            return null;
        }
    }

    /// <summary>A peer that is gone, that speaks no TLS, or whose connection was closed from the side: everyday, and nobody's concern.</summary>
    private static bool IsOfThePeer(Exception e) =>
        e is SocketException or IOException or ObjectDisposedException or TimeoutException or OperationCanceledException or System.Security.Authentication.AuthenticationException;
}
