using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace JsonRpcLite;

/// <summary>One connection of a <see cref="SocketTransport"/>.</summary>
/// <remarks>
/// Its flow is one task, which waits for a request, reads its head, has it served, and begins again. The clock, early replies and the shutdown run on other threads.
/// <see cref="ConnectionState"/> describes who may do what: every action on a connection begins with a move there.
/// </remarks>
internal sealed class ServerConnection : IThreadPoolWorkItem
{
    /// <summary>The number of pipelined requests to serve before other work runs.</summary>
    public const int MaxCallsInRow = 16;

    private readonly ConnectionGate _gate;
    private readonly ConnectionState _state;
    private readonly LastReply _lastReply;

    /// <summary>Written by the flow after the TLS handshake; read by the thread that closes the connection.</summary>
    private Wire _wire;

    /// <summary>The exchange of the request in progress.</summary>
    /// <remarks>The flow writes it. The clock reads it after it has moved the connection to <see cref="ConnectionPhase.Gone"/>.</remarks>
    private SocketExchange? _exchange;

    private int _callsInRow;

    /// <summary>The reason for rejecting the connection; <c>null</c> if it is served.</summary>
    /// <remarks>Written before the flow begins.</remarks>
    private string? _refusal;

    public ServerConnection(ConnectionGate gate, Wire wire)
    {
        (_gate, _wire) = (gate, wire);
        _state = new ConnectionState(gate.Clock);
        _lastReply = new LastReply(this, gate);
        RemoteEndPoint = wire.RemoteEndPoint;
    }

    /// <summary>The index in the table, or -1.</summary>
    /// <remarks>Protected by the table's lock.</remarks>
    public int Index { get; set; } = -1;

    /// <summary>Whether the connection was over the limit, of its address or in all.</summary>
    /// <remarks>Protected by the table's lock.</remarks>
    public bool IsRefused { get; set; }

    /// <summary>The network by which it is counted; <c>null</c> if addresses have no limit.</summary>
    /// <remarks>Protected by the table's lock.</remarks>
    public PeerNetwork? Network { get; set; }

    public EndPoint? RemoteEndPoint { get; }

    public X509Certificate? ClientCertificate => (_wire as TlsWire)?.RemoteCertificate;

    public bool IsStopping => _gate.IsStopping;

    public ConnectionPhase Phase => _state.Phase;

    /// <summary>Whether the connection is closed, or about to be closed.</summary>
    public bool IsClosed => _state.IsClosed;

    /// <summary>Whether the handler may still send the reply.</summary>
    public bool IsHandling => Phase == ConnectionPhase.Handling;

    public bool IsReplying =>
        Phase is ConnectionPhase.Handling or ConnectionPhase.Streaming or ConnectionPhase.SendingPart or ConnectionPhase.Sending or ConnectionPhase.SendingEarly;

    /// <summary>Whether a request is in progress, whose buffers the connection holds.</summary>
    public bool HoldsExchange => Volatile.Read(ref _exchange) is not null;

    /// <summary>Starts the flow on another thread.</summary>
    public void Start()
    {
        try
        {
            _wire.Start(this);
        }
        catch (Exception e)
        {
            if (!IsOfThePeer(e))
                _gate.Report(e);
            Close();
        }
    }

    /// <summary>Starts a flow that only replies with 503, without reading anything.</summary>
    /// <param name="reason">A sentence for the client.</param>
    public void TurnAway(string reason)
    {
        _refusal = reason;
        if (TryMove(ConnectionEvent.TurnedAway))
            Start();
    }

    /// <summary>Runs the flow.</summary>
    public void Execute() => _ = RunAsync();

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _wire.ReceiveAsync(buffer);

    public ValueTask<int> TryReceiveAsync(Memory<byte> buffer) => _wire.TryReceiveAsync(buffer);

    /// <summary>Sends all bytes, in pieces that each have their own deadline.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        return bytes.Length <= HttpLimits.ResponsePieceSize ? _wire.SendAsync(bytes) : SendPiecesAsync(bytes);

        async ValueTask SendPiecesAsync(ReadOnlyMemory<byte> bytes)
        {
            for (; bytes.Length > HttpLimits.ResponsePieceSize; bytes = bytes[HttpLimits.ResponsePieceSize..])
            {
                await _wire.SendAsync(bytes[..HttpLimits.ResponsePieceSize]).ConfigureAwait(false);
                TryMove(ConnectionEvent.PieceSent);
            }
            await _wire.SendAsync(bytes).ConfigureAwait(false);
        }
    }

    public ValueTask ShutdownSendAsync() => _wire.ShutdownSendAsync();

    /// <inheritdoc cref="LastReply.SendContinueAsync"/>
    public ValueTask SendContinueAsync() => _lastReply.SendContinueAsync();

    /// <inheritdoc cref="LastReply.SendEarlyAsync"/>
    public Task SendEarlyAsync(ConnectionEvent begins, ReadOnlyMemory<byte> reply) => _lastReply.SendEarlyAsync(begins, reply);

    /// <summary>Moves the connection if the table has a row for the event, and does that row's work.</summary>
    /// <returns><c>false</c> if another thread has taken or closed the connection.</returns>
    public bool TryMove(ConnectionEvent happened)
    {
        if (!_state.TryMove(happened, out var work))
            return false;
        Do(work);
        return true;
    }

    /// <summary>Checks whether the deadline has passed or the peer has sent a reset.</summary>
    /// <remarks>The clock calls it.</remarks>
    public void Judge(long now)
    {
        var seen = _state.Look();
        // The flow does not read while the handler runs, so that only this check can detect a reset. A client that has closed its sending side may still wait for a single reply,
        // but not for the rest of a stream.
        var (happened, hasHappened) = seen.Phase switch
        {
            ConnectionPhase.Handling => (ConnectionEvent.PeerReset, _wire.IsReset()),
            ConnectionPhase.Streaming => (ConnectionEvent.PeerReset, _wire.IsReset() || _wire.IsEnded()),
            _ => (ConnectionEvent.DeadlinePassed, now > seen.Deadline),
        };
        if (hasHappened && _state.TryMove(seen, happened, out var work))
            Do(work);
    }

    /// <summary>Closes the connection unless it has a call in flight.</summary>
    /// <remarks>The shutdown calls it.</remarks>
    public void EndUnlessReplying() => TryMove(ConnectionEvent.ShutdownBegan);

    /// <summary>Closes the connection at once; pending operations on it fail.</summary>
    /// <remarks>It may be called any number of times.</remarks>
    public void Close() => TryMove(ConnectionEvent.Ended);

    private async Task RunAsync()
    {
        try
        {
            if (_refusal is not null)
            {
                await _lastReply.RefuseAsync(503, _refusal).ConfigureAwait(false);
                await _lastReply.LingerAsync().ConfigureAwait(false);
            }
            else
            {
                if (_gate.Tls is not null)
                    await BeginTlsAsync().ConfigureAwait(false);
                await ServeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            if (!IsOfThePeer(e) && !IsClosed)
                _gate.Report(e);
        }
        finally
        {
            Close();
            GiveBackLastExchange();
        }
    }

    private async Task BeginTlsAsync()
    {
        var tls = await TlsWire.AcceptAsync(_wire, _gate.Tls!).ConfigureAwait(false);
        // Against the thread that closes the connection: that thread moves _state and then reads _wire; the flow writes _wire and then reads _state. One of the two closes the
        // TLS wire.
        Interlocked.Exchange(ref _wire, tls);
        if (IsClosed)
            tls.Close();
    }

    /// <summary>Serves one request after another.</summary>
    /// <remarks>Everything is awaited here, so that no call has its own state machine.</remarks>
    private async Task ServeAsync()
    {
        var outcome = ExchangeOutcome.ConnectionEnds;
        SocketExchange exchange;
        do
        {
            if (_callsInRow >= MaxCallsInRow)
            {
                _callsInRow = 0;
                await _wire.YieldAsync().ConfigureAwait(false);
            }
            while (_exchange is null)
            {
                // A connection that waits here holds no buffer.
                await _wire.WaitAsync().ConfigureAwait(false);
                if (!await TakeExchange().TryReceiveAsync().ConfigureAwait(false))
                    GiveBackExchange();
                else if (!TryMove(ConnectionEvent.FirstByte))
                    return;
            }
            exchange = _exchange;
            var read = await exchange.ReadHeadAsync().ConfigureAwait(false);
            if (!TryMove(read) || read == ConnectionEvent.PeerClosed)
                break;
            outcome = await AnswerAsync(exchange, read).ConfigureAwait(false);
            // The next call may have arrived already and be served in the same dispatch.
            SpareThread.Restore();
        }
        while (exchange.IsConnectionKept && TryEndRequest(exchange));
        await EndAsync(outcome).ConfigureAwait(false);
    }

    private ValueTask<ExchangeOutcome> AnswerAsync(SocketExchange exchange, ConnectionEvent read) =>
        read == ConnectionEvent.HeadCame ? _gate.Context.ServeAsync(exchange, CancellationToken.None) : exchange.RefuseFramingAsync(_gate.Context);

    /// <summary>Keeps the exchange for a request that has arrived already, or returns it.</summary>
    /// <returns><c>false</c> if there will be no other request.</returns>
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
        if (!TryMove(hasInput ? ConnectionEvent.ReplySentInputHere : ConnectionEvent.ReplySent))
            return false;
        // Against the thread of the shutdown: that thread writes IsStopping and then moves each _state that is not replying; the flow has moved _state and reads IsStopping now.
        // One of the two closes the connection.
        if (IsStopping)
            EndUnlessReplying();
        return !IsStopping;
    }

    /// <summary>Ends the connection after the last reply, which the flow or another thread sends.</summary>
    private async Task EndAsync(ExchangeOutcome outcome)
    {
        var exchange = _exchange;
        // The late handler may have left code running that still uses the exchange.
        if (outcome == ExchangeOutcome.LeftBehind)
            _exchange = null;
        await _lastReply.EndSendingAsync(ConnectionEvent.LastReplySent).ConfigureAwait(false);
        // A read that the handler left behind receives further input. It ends with the input, or with the connection.
        if (exchange is not null)
            await exchange.WhenLeft().ConfigureAwait(false);
        await _lastReply.LingerAsync().ConfigureAwait(false);
    }

    private SocketExchange TakeExchange()
    {
        _exchange = _gate.Exchanges.Rent();
        _exchange.Begin(this);
        return _exchange;
    }

    /// <summary>Returns the exchange of a connection that has received nothing.</summary>
    private void GiveBackExchange()
    {
        var exchange = _exchange!;
        _exchange = null;
        if (exchange.TryEnd(keepsInput: false))
            _gate.Exchanges.Return(exchange);
    }

    /// <summary>Returns the last exchange when the flow has ended, unless the peer has sent a reset.</summary>
    /// <remarks>
    /// Then the exchange must not be reused: the clock moves _state to Gone and then cancels the call of _exchange, which must not be another connection's call by then. The flow
    /// reads _state before it returns _exchange.
    /// </remarks>
    private void GiveBackLastExchange()
    {
        if (_exchange is not null && Phase != ConnectionPhase.Gone)
            GiveBackExchange();
    }

    /// <summary>Does the additional work of a row, on the thread that has moved the connection.</summary>
    private void Do(ConnectionWork work)
    {
        switch (work)
        {
            case ConnectionWork.RefuseHead:
                // Not on the clock's thread: the traffic log is user code, and may take long.
                _ = Task.Run(
                    () => _lastReply.RefuseAsync(408, string.Create(CultureInfo.InvariantCulture, $"The head took longer than {_gate.Limits.HeadTime.TotalSeconds:0.###} s.")));
                break;
            case ConnectionWork.Close:
                CloseWire(withReset: false);
                break;
            case ConnectionWork.Abort:
                CloseWire(withReset: true);
                break;
            case ConnectionWork.CancelAndClose:
                CancelAndClose(withReset: false);
                break;
            case ConnectionWork.CancelAndAbort:
                CancelAndClose(withReset: true);
                break;
        }
    }

    private void CancelAndClose(bool withReset)
    {
        try
        {
            Volatile.Read(ref _exchange)?.Abandon();
        }
        finally
        {
            CloseWire(withReset);
        }
    }

    /// <summary>Closes the wire.</summary>
    /// <remarks>Only the thread that has moved the connection to its end calls it, once.</remarks>
    private void CloseWire(bool withReset)
    {
        _gate.Connections.Remove(this);
        var wire = Volatile.Read(ref _wire);
        if (withReset)
            wire.Abort();
        else
            wire.Close();
        _lastReply.OnClosed();
    }

    /// <summary>Whether the exception is ordinary and not worth a report.</summary>
    /// <remarks>The peer has disconnected, or does not speak TLS, or another thread has closed the connection.</remarks>
    public static bool IsOfThePeer(Exception e) =>
        e is SocketException or IOException or ObjectDisposedException or TimeoutException or OperationCanceledException or System.Security.Authentication.AuthenticationException;
}
