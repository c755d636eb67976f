using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace JsonRpcLite;

/// <summary>
/// One connection of a <see cref="SocketTransport"/>. Its flow is one task: it waits for a request, reads its head, has it served, and begins again.
/// </summary>
/// <remarks>
/// The clock, early replies and the shutdown come from other threads. Who may do what, and when, says <see cref="ConnectionState"/>: whatever is done to a connection begins with a
/// move there.
/// </remarks>
internal sealed class ServerConnection : IThreadPoolWorkItem
{
    /// <summary>So many requests that came together are served before others have their turn.</summary>
    public const int MaxCallsInRow = 16;

    private readonly ConnectionGate _gate;
    private readonly ConnectionState _state;
    private readonly LastReply _lastReply;

    /// <summary>Written by the flow, when TLS has been agreed on; read by whichever thread closes the connection.</summary>
    private Wire _wire;

    /// <summary>The exchange of the request in progress. Written by the flow; the clock reads it once it has moved the connection to <see cref="ConnectionPhase.Gone"/>.</summary>
    private SocketExchange? _exchange;

    private int _callsInRow;

    /// <summary>Why the connection is turned away; <c>null</c> where it is served. Written before the flow begins.</summary>
    private string? _refusal;

    public ServerConnection(ConnectionGate gate, Wire wire)
    {
        (_gate, _wire) = (gate, wire);
        _state = new ConnectionState(gate.Clock);
        _lastReply = new LastReply(this, gate);
        RemoteEndPoint = wire.RemoteEndPoint;
    }

    /// <summary>Where it stands in the table; -1 outside. Only under the table's lock.</summary>
    public int Index { get; set; } = -1;

    /// <summary>Whether it came when there were too many, of its address or in all. Only under the table's lock.</summary>
    public bool IsRefused { get; set; }

    /// <summary>By what it is counted; <c>null</c> where addresses have no limit. Only under the table's lock.</summary>
    public PeerNetwork? Network { get; set; }

    public EndPoint? RemoteEndPoint { get; }

    public X509Certificate? ClientCertificate => (_wire as TlsWire)?.RemoteCertificate;

    public bool IsStopping => _gate.IsStopping;

    public ConnectionPhase Phase => _state.Phase;

    /// <summary>Whether it is closed, or about to be.</summary>
    public bool IsClosed => _state.IsClosed;

    /// <summary>Whether the handler still has the right to the reply.</summary>
    public bool IsHandling => Phase == ConnectionPhase.Handling;

    public bool IsReplying =>
        Phase is ConnectionPhase.Handling or ConnectionPhase.Streaming or ConnectionPhase.SendingPart or ConnectionPhase.Sending or ConnectionPhase.SendingEarly;

    /// <summary>Whether a request is in progress, whose buffers it holds.</summary>
    public bool HoldsExchange => Volatile.Read(ref _exchange) is not null;

    /// <summary>Has the flow begin, on another thread.</summary>
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

    /// <summary>The same, of a connection for which there is no room: it is answered 503 without anything having been read.</summary>
    /// <param name="reason">A sentence for the client.</param>
    public void TurnAway(string reason)
    {
        _refusal = reason;
        if (TryMove(ConnectionEvent.TurnedAway))
            Start();
    }

    /// <summary>Begins the flow.</summary>
    public void Execute() => _ = RunAsync();

    public ValueTask<int> ReceiveAsync(Memory<byte> buffer) => _wire.ReceiveAsync(buffer);

    public ValueTask<int> TryReceiveAsync(Memory<byte> buffer) => _wire.TryReceiveAsync(buffer);

    /// <summary>Sends all of it, in pieces that each may take their time.</summary>
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

    /// <summary>Moves the connection if the table has a row for what has happened, and does what that row says. False: somebody else has taken or closed it.</summary>
    public bool TryMove(ConnectionEvent happened)
    {
        if (!_state.TryMove(happened, out var work))
            return false;
        Do(work);
        return true;
    }

    /// <summary>For the clock: looks whether the phase has lasted too long, or the peer has sent a reset.</summary>
    public void Judge(long now)
    {
        var seen = _state.Look();
        // Nobody reads while the handler runs, so that nothing else would tell. A client that has closed its side may still wait for one reply, but of a stream nothing is awaited
        // any more.
        var (happened, hasHappened) = seen.Phase switch
        {
            ConnectionPhase.Handling => (ConnectionEvent.PeerReset, _wire.IsReset()),
            ConnectionPhase.Streaming => (ConnectionEvent.PeerReset, _wire.IsReset() || _wire.IsEnded()),
            _ => (ConnectionEvent.DeadlinePassed, now > seen.Deadline),
        };
        if (hasHappened && _state.TryMove(seen, happened, out var work))
            Do(work);
    }

    /// <summary>For the shutdown: closes it, unless a call of it is in flight.</summary>
    public void EndUnlessReplying() => TryMove(ConnectionEvent.ShutdownBegan);

    /// <summary>Closes at once; whoever waits for this connection finds out. Any number of times.</summary>
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
        // Against the thread that closes the connection: it moves _state and then reads _wire; the flow writes _wire and then reads _state. One of the two closes what was agreed
        // on.
        Interlocked.Exchange(ref _wire, tls);
        if (IsClosed)
            tls.Close();
    }

    /// <summary>Serves one request after another. Whatever is awaited for each stands here: no call has a state machine of its own.</summary>
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
            // The next call may be here already, and be served in the same turn.
            SpareThread.Restore();
        }
        while (exchange.IsConnectionKept && TryEndRequest(exchange));
        await EndAsync(outcome).ConfigureAwait(false);
    }

    private ValueTask<ExchangeOutcome> AnswerAsync(SocketExchange exchange, ConnectionEvent read) =>
        read == ConnectionEvent.HeadCame ? _gate.Context.ServeAsync(exchange, CancellationToken.None) : exchange.RefuseFramingAsync(_gate.Context);

    /// <summary>Keeps the exchange for a request that is here already, or gives everything back. False: there will be no other request.</summary>
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
        // Against the thread of the shutdown: it writes IsStopping and then moves each _state that is not replying; the flow has moved _state and reads IsStopping now. One of the
        // two closes it.
        if (IsStopping)
            EndUnlessReplying();
        return !IsStopping;
    }

    /// <summary>After the last reply, whoever has sent it or is about to.</summary>
    private async Task EndAsync(ExchangeOutcome outcome)
    {
        var exchange = _exchange;
        // The handler that was too late may have left somebody behind who still uses the exchange.
        if (outcome == ExchangeOutcome.LeftBehind)
            _exchange = null;
        await _lastReply.EndSendingAsync(ConnectionEvent.LastReplySent).ConfigureAwait(false);
        // A read that the handler left behind takes what comes, and ends with it, or with the connection.
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

    /// <summary>Of a connection that was woken for nothing.</summary>
    private void GiveBackExchange()
    {
        var exchange = _exchange!;
        _exchange = null;
        if (exchange.TryEnd(keepsInput: false))
            _gate.Exchanges.Return(exchange);
    }

    /// <summary>
    /// When the flow has ended. An exchange whose peer has sent a reset is nobody's any more: the clock moves _state to Gone and then cancels the call of _exchange, which must not
    /// be another connection's call by then. The flow, which could give it away, looks at _state before.
    /// </summary>
    private void GiveBackLastExchange()
    {
        if (_exchange is not null && Phase != ConnectionPhase.Gone)
            GiveBackExchange();
    }

    /// <summary>What the table says besides, on the thread that has moved the connection.</summary>
    private void Do(ConnectionWork work)
    {
        switch (work)
        {
            case ConnectionWork.RefuseHead:
                // Not on the clock's thread: the traffic log is the user's, and may take its time.
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

    /// <summary>Once, on the thread that has moved the connection to its end.</summary>
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

    /// <summary>A peer that is gone, that speaks no TLS, or whose connection was closed by another thread: everyday, and not worth a report.</summary>
    public static bool IsOfThePeer(Exception e) =>
        e is SocketException or IOException or ObjectDisposedException or TimeoutException or OperationCanceledException or System.Security.Authentication.AuthenticationException;
}
