using System.Globalization;
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
internal sealed class ServerConnection : IThreadPoolWorkItem
{
    /// <summary>So many requests that came together are served before others have their turn.</summary>
    public const int MaxCallsInRow = 16;

    private readonly ConnectionGate _gate;
    private readonly Socket _socket;
    private readonly ConnectionState _state;
    private readonly LastReply _lastReply;
    private Wire? _wire;
    private SocketExchange? _exchange;
    private int _isClosed;
    private int _callsInRow;
    private int _isHeadRefused;

    public ServerConnection(ConnectionGate gate, Socket socket)
    {
        (_gate, _socket) = (gate, socket);
        _state = new ConnectionState(gate.Clock, gate.Limits.HeadTime);
        _lastReply = new LastReply(this, gate, _state);
        RemoteEndPoint = AddressOf(socket);
    }

    /// <summary>Where it stands in the table; -1 outside. Only under the table's lock.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Whether it came when there were too many. Only under the table's lock.</summary>
    public bool IsRefused { get; set; }

    public EndPoint? RemoteEndPoint { get; }

    public X509Certificate? ClientCertificate => (_wire as TlsWire)?.RemoteCertificate;

    public bool IsStopping => _gate.IsStopping;

    /// <summary>Whether the handler still has the right to the reply.</summary>
    public bool IsHandling => _state.Phase == ConnectionPhase.Handling;

    public bool IsReplying => _state.Phase is ConnectionPhase.Handling or ConnectionPhase.Sending;

    /// <summary>Whether a request is in progress, whose buffers it holds.</summary>
    public bool HoldsExchange => Volatile.Read(ref _exchange) is not null;

    /// <summary>Has the flow begin: on an event loop, if the transport has any, or else on a thread of the pool.</summary>
    public void Start()
    {
        if (_gate.Loops is null)
        {
            _wire = new SocketWire(_socket);
            // Never on the thread that accepts: a function that blocks would keep everybody out.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }
        LoopWire? wire = null;
        try
        {
            wire = _gate.Loops.Take(_socket, this);
            _wire = wire;
            wire.Begin();
            if (Volatile.Read(ref _isClosed) == 0)
                return;
        }
        catch (Exception e)
        {
            if (!IsOfThePeer(e))
                _gate.Report(e);
            Close();
        }
        // Who closed it may not have seen the wire yet.
        wire?.Dispose();
    }

    /// <summary>Begins the flow.</summary>
    public void Execute() => _ = RunAsync();

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _wire!.ReceiveAsync(buffer);

    public ValueTask<int> TryReceiveAsync(Memory<byte> buffer) => _wire!.TryReceiveAsync(buffer);

    /// <summary>Sends all of it, in pieces that each may take their time.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        return bytes.Length <= HttpLimits.ResponsePieceSize ? _wire!.SendAsync(bytes) : SendPiecesAsync(bytes);

        async ValueTask SendPiecesAsync(ReadOnlyMemory<byte> bytes)
        {
            for (; bytes.Length > HttpLimits.ResponsePieceSize; bytes = bytes[HttpLimits.ResponsePieceSize..])
            {
                await _wire!.SendAsync(bytes[..HttpLimits.ResponsePieceSize]).ConfigureAwait(false);
                _state.Prolong(_gate.Limits.PieceTime);
            }
            await _wire!.SendAsync(bytes).ConfigureAwait(false);
        }
    }

    public ValueTask ShutdownSendAsync() => _wire!.ShutdownSendAsync();

    /// <inheritdoc cref="LastReply.SendContinueAsync"/>
    public ValueTask SendContinueAsync() => _lastReply.SendContinueAsync();

    /// <summary>For the flow's own reply: from here on it is being sent. False where the connection was closed.</summary>
    public bool TryBeginReply() => _state.TryMove(ConnectionPhase.Handling, ConnectionPhase.Sending, _gate.Limits.PieceTime);

    /// <summary>Sends a last reply from the side, if the connection is still in that phase.</summary>
    public Task ReplyAsideAsync(ConnectionPhase from, ReadOnlyMemory<byte> reply) => _lastReply.SendAsideAsync(from, reply);

    /// <summary>Instead of <see cref="Start"/>: answers without having read anything.</summary>
    public void Refuse(int statusCode, string message)
    {
        _wire = new SocketWire(_socket);
        // The log is the user's, and may take its time; whoever accepts has none.
        _ = Task.Run(async () =>
        {
            try
            {
                await _lastReply.RefuseAsync(ConnectionPhase.Head, statusCode, message).ConfigureAwait(false);
                await _lastReply.LingerAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (IsOfThePeer(e))
            {
                // Closed by either side.
            }
            finally
            {
                Close();
            }
        });
    }

    /// <summary>For the clock: ends what has taken too long.</summary>
    public void Judge(long now)
    {
        switch (_state.Phase)
        {
            case ConnectionPhase.Idle when _state.IsOver(now) && _state.TryMove(ConnectionPhase.Idle, ConnectionPhase.Ended):
                Close();
                break;
            case ConnectionPhase.Head when _state.IsOver(now):
                EndHead();
                break;
            case ConnectionPhase.Handling when IsReset() && _state.TryMove(ConnectionPhase.Handling, ConnectionPhase.Ended):
                // The flow finds that it can send no more, and does not use the exchange again: this is still the call whose peer is gone.
                _exchange?.Abandon();
                Close();
                break;
            case ConnectionPhase.Sending when _state.IsOver(now) && _state.TryMove(ConnectionPhase.Sending, ConnectionPhase.Ended):
                Abort();
                break;
            case ConnectionPhase.Lingering when _state.IsOver(now):
                Close();
                break;
        }
    }

    /// <summary>For the stop: closes it, unless a call of it is in flight.</summary>
    public void EndUnlessReplying()
    {
        if (_state.TryMove(ConnectionPhase.Idle, ConnectionPhase.Ended) || _state.TryMove(ConnectionPhase.Head, ConnectionPhase.Ended))
            Close();
    }

    /// <summary>Closes at once; whoever waits for this connection finds out. Any number of times.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
            return;
        _state.End();
        _gate.Connections.Remove(this);
        (_wire as IDisposable ?? _socket).Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            // Who tries to read and finds nothing must not block. (A loop's wire sees to that itself.)
            if (_gate.Loops is null)
                _socket.Blocking = false;
            if (_gate.Tls is not null)
            {
                var wire = await TlsWire.AcceptAsync(_wire!, _gate.Tls).ConfigureAwait(false);
                Interlocked.Exchange(ref _wire, wire);
                // Who closes from the side may not have seen it yet.
                if (Volatile.Read(ref _isClosed) != 0)
                    wire.Dispose();
            }
            await ServeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            if (!IsOfThePeer(e) && _state.Phase != ConnectionPhase.Ended)
                _gate.Report(e);
        }
        finally
        {
            Close();
            if (_exchange is { } exchange && exchange.TryEnd(keepsInput: false))
                _gate.Exchanges.Return(exchange);
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
                var next = _gate.Exchanges.Rent();
                next.Begin(this);
                try
                {
                    if (await next.TryReceiveAsync().ConfigureAwait(false) && !TryBeginRequest(next))
                        return;
                }
                finally
                {
                    if (_exchange is null && next.TryEnd(keepsInput: false))
                        _gate.Exchanges.Return(next);
                }
            }
            var exchange = _exchange!;
            ExchangeOutcome outcome;
            try
            {
                if (!await exchange.ReadHeadAsync().ConfigureAwait(false))
                {
                    // The peer has closed; but it may be about to be told that it took too long.
                    if (_state.Phase != ConnectionPhase.Head)
                        await _lastReply.LingerAsync().ConfigureAwait(false);
                    return;
                }
                if (!_state.TryMove(ConnectionPhase.Head, ConnectionPhase.Handling))
                {
                    await _lastReply.LingerAsync().ConfigureAwait(false);
                    return;
                }
                outcome = await _gate.Context.ServeAsync(exchange, CancellationToken.None).ConfigureAwait(false);
                // The next call may be here already, and be served in the same turn.
                SpareThread.Restore();
            }
            catch (RemoteProtocolException e)
            {
                // Framing in doubt: one answer, and nothing of this connection is believed any more.
                if (!_state.TryMove(ConnectionPhase.Head, ConnectionPhase.Handling))
                {
                    await _lastReply.LingerAsync().ConfigureAwait(false);
                    return;
                }
                exchange.BeginRefusal();
                outcome = await _gate.Context.RefuseAsync(exchange, e.StatusHint, e.Message).ConfigureAwait(false);
            }
            if (outcome == ExchangeOutcome.LeftBehind)
            {
                // The handler was too late, and may have left somebody behind who still uses the exchange.
                _exchange = null;
                await exchange.WhenLeft().ConfigureAwait(false);
                await _lastReply.LingerAsync().ConfigureAwait(false);
                return;
            }
            if (!exchange.IsConnectionKept)
            {
                await _lastReply.BeginToLingerAsync().ConfigureAwait(false);
                // A read that the handler left behind takes what comes, and ends with it, or with the connection.
                await exchange.WhenLeft().ConfigureAwait(false);
                await _lastReply.LingerAsync().ConfigureAwait(false);
                return;
            }
        }
        while (TryEndRequest(_exchange!));
    }

    /// <summary>Its first bytes are here, or its end is. <c>false</c>: somebody has just closed the connection.</summary>
    private bool TryBeginRequest(SocketExchange exchange)
    {
        if (_state.Phase != ConnectionPhase.Head && !_state.TryMove(ConnectionPhase.Idle, ConnectionPhase.Head, _gate.Limits.HeadTime))
            return false;
        _exchange = exchange;
        return true;
    }

    /// <summary>Keeps the exchange for a request that is here already, or gives everything back. <c>false</c>: there will be no other request.</summary>
    private bool TryEndRequest(SocketExchange exchange)
    {
        var hasInput = exchange.HasInput;
        if (!exchange.TryEnd(hasInput))
            return false;
        _callsInRow = hasInput ? _callsInRow + 1 : 0;
        if (!hasInput)
        {
            _exchange = null;
            _gate.Exchanges.Return(exchange);
        }
        var isMoved = hasInput
            ? _state.TryMove(ConnectionPhase.Sending, ConnectionPhase.Head, _gate.Limits.HeadTime)
            : _state.TryMove(ConnectionPhase.Sending, ConnectionPhase.Idle, _gate.Limits.IdleTime);
        if (!isMoved)
            return false;
        if (!IsStopping)
            return true;
        // The stop may have passed by before this could be seen.
        EndUnlessReplying();
        return false;
    }

    private void EndHead()
    {
        if (Volatile.Read(ref _exchange) is not null)
        {
            // Not here: the log is the user's, and may take its time.
            if (Interlocked.Exchange(ref _isHeadRefused, 1) == 0)
                _ = Task.Run(() => _lastReply.RefuseAsync(ConnectionPhase.Head, 408, string.Create(CultureInfo.InvariantCulture, $"The head took longer than {_gate.Limits.HeadTime.TotalSeconds:0.###} s.")));
        }
        else if (_state.TryMove(ConnectionPhase.Head, ConnectionPhase.Ended))
        {
            Close();
        }
    }

    /// <summary>Whether a reset has come while nobody reads. Where the system does not keep it as the socket's pending error, it shows when the reply is sent.</summary>
    private bool IsReset()
    {
        try
        {
            return _socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is not 0;
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
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
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
    public static bool IsOfThePeer(Exception e) =>
        e is SocketException or IOException or ObjectDisposedException or TimeoutException or OperationCanceledException or System.Security.Authentication.AuthenticationException;
}
