using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace JsonRpcLite;

/// <summary>
/// A plain connection, or a socket that listens for some, whose events an <see cref="EventLoop"/> tells. What waits for one goes on right there, on the loop's thread, with the
/// user's code if it comes to that: no thread of the pool has to be woken.
/// </summary>
internal sealed class LoopWire : Wire, IValueTaskSource<int>, IValueTaskSource
{
    private readonly EventLoop _loop;
    private IThreadPoolWorkItem? _flow;

    private ManualResetValueTaskSourceCore<int> _received;
    private Readiness _input;
    private Memory<byte> _room;

    /// <summary>
    /// Whether there can be more behind a read that was shorter than its room: the end of what the peer sends, or bytes behind urgent data, at which the system ends a read.
    /// Written by the loop's thread, and never taken back: what it costs is a read that finds nothing.
    /// </summary>
    private volatile bool _isMoreBehindShortRead;
    private int _isYielding;

    private ManualResetValueTaskSourceCore<bool> _sent;
    private Readiness _output;
    private ReadOnlyMemory<byte> _unsent;
    private long _sentBytes;

    /// <param name="socket">The connection; nothing has been read from it or written to it.</param>
    /// <param name="loop">Whose it is from now on.</param>
    public LoopWire(Socket socket, EventLoop loop)
        : base(socket)
    {
        _loop = loop;
        socket.Blocking = false;
        Key = loop.Wires.Add(this);
    }

    public ulong Key { get; }

    /// <summary>What begins, on the loop, with the first event; <c>null</c> for a wire that somebody uses from the beginning. Set before the loop watches the wire.</summary>
    public IThreadPoolWorkItem? Flow
    {
        init => _flow = value;
    }

    public override long? Sent => _sentBytes;

    /// <summary>Has the loop begin the flow, with the first event.</summary>
    /// <exception cref="ObjectDisposedException">It was closed meanwhile.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">The system watches enough already.</exception>
    public override void Start(IThreadPoolWorkItem flow)
    {
        _flow = flow;
        Begin();
    }

    /// <summary>Has the loop watch the connection.</summary>
    /// <inheritdoc cref="Start" path="/exception"/>
    public void Begin() => _loop.Watch(this);

    /// <summary>Connects, and has the loop tell what happens from then on. <see cref="Dispose"/> is what ends it.</summary>
    /// <exception cref="SocketException">There is no way there, or nobody who listens.</exception>
    /// <exception cref="ObjectDisposedException">It was closed meanwhile.</exception>
    public async ValueTask ConnectAsync(EndPoint endPoint)
    {
        try
        {
            Socket.Connect(endPoint);
        }
        catch (SocketException e) when (endPoint is not UnixDomainSocketEndPoint && e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // It is on its way. Begun earlier, the loop would tell of a socket without a connection.
        }
        Begin();
        await WaitUntilWritableAsync().ConfigureAwait(false);
        if (Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int error and not 0)
            throw new SocketException(error);
    }

    /// <summary>
    /// For the loop. Two threads can be here with two events: one that has lost the loop for being slow, in this very method if the system had no time for it, and the one that has
    /// the loop now.
    /// </summary>
    public void OnEvents(EpollEvents events)
    {
        Tell(events, out var isInputAwaited, out var isOutputAwaited);
        if (Volatile.Read(ref _flow) is not null && Interlocked.Exchange(ref _flow, null) is { } flow)
        {
            flow.Execute();
            return;
        }
        if (isOutputAwaited)
            GoOnSending();
        if (isInputAwaited)
            GoOnReceiving();
    }

    public override ValueTask<int> WaitAsync()
    {
        _room = default;
        _received.Reset();
        return _input.IsReady || !_input.TryWait() ? default : new ValueTask<int>(this, _received.Version);
    }

    /// <summary>Accepts the next connection of a listening socket; <c>null</c> where none is waiting: wait with <see cref="WaitAsync"/>, and try again.</summary>
    /// <exception cref="SocketException">The system is out of file descriptors or memory, or the connection was reset.</exception>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public Socket? TryAccept()
    {
        _input.TryTake();
        // Accept throws where no connection waits, which costs more than to ask first.
        if (!Socket.Poll(0, SelectMode.SelectRead))
            return null;
        _input.Keep();
        return Socket.Accept();
    }

    public override ValueTask<int> TryReceiveAsync(Memory<byte> buffer)
    {
        _room = buffer;
        return new ValueTask<int>(TryReceive(out var count) ? count : Nothing);
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        _room = buffer;
        _received.Reset();
        int count;
        while (!TryReceive(out count))
        {
            if (_input.TryWait())
                return new ValueTask<int>(this, _received.Version);
        }
        return new ValueTask<int>(count);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        _unsent = bytes;
        _sent.Reset();
        while (!TrySend())
        {
            if (_output.TryWait())
                return new ValueTask(this, _sent.Version);
        }
        return default;
    }

    public override ValueTask<int> YieldAsync()
    {
        _received.Reset();
        Volatile.Write(ref _isYielding, 1);
        // Not by an event of the socket: one that has nothing to read and no room to send has none.
        // A loop that has ended gives no turn; then nothing may complete the wait any more, unless somebody is about to.
        return _loop.TryQueue(this) || Interlocked.Exchange(ref _isYielding, 0) == 0 ? new ValueTask<int>(this, _received.Version) : default;
    }

    /// <summary>For the loop, when a wire that has yielded has its turn.</summary>
    public void OnDispatch()
    {
        if (Interlocked.Exchange(ref _isYielding, 0) != 0)
            _received.SetResult(0);
    }

    public override int Receive(Span<byte> buffer) => throw new NotSupportedException();

    public override void Send(ReadOnlySpan<byte> bytes) => throw new NotSupportedException();

    public override ValueTask ShutdownSendAsync()
    {
        Socket.Shutdown(SocketShutdown.Send);
        return default;
    }

    /// <summary>Nothing of the system waits for a socket of a loop, so that its end is seen as one.</summary>
    public override void Close() => Dispose();

    public override void Dispose()
    {
        // In this order: what is told of the descriptor's next owner is not for this one.
        _loop.Wires.Remove(this);
        base.Dispose();
        // Whoever closes has no time for what others make of it.
        if (_input.Close())
            ThreadPool.UnsafeQueueUserWorkItem(static wire => wire.GoOnReceiving(), this, preferLocal: false);
        if (_output.Close())
            ThreadPool.UnsafeQueueUserWorkItem(static wire => wire.GoOnSending(), this, preferLocal: false);
        if (Volatile.Read(ref _isYielding) != 0)
            ThreadPool.UnsafeQueueUserWorkItem(static wire => wire.OnDispatch(), this, preferLocal: false);
    }

    int IValueTaskSource<int>.GetResult(short token) => _received.GetResult(token);

    void IValueTaskSource.GetResult(short token) => _sent.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _received.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _sent.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _received.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _sent.OnCompleted(continuation, state, token, flags);

    private ValueTask WaitUntilWritableAsync()
    {
        _unsent = default;
        _sent.Reset();
        return _output.IsReady || !_output.TryWait() ? default : new ValueTask(this, _sent.Version);
    }

    private void Tell(EpollEvents events, out bool isInputAwaited, out bool isOutputAwaited)
    {
        const EpollEvents over = EpollEvents.PeerClosed | EpollEvents.HungUp | EpollEvents.Error;
        if ((events & (over | EpollEvents.Urgent)) != 0)
        {
            _isMoreBehindShortRead = true;
            // Before the look whether the wire knows already that there is something: who has just read asks in the other order.
            Interlocked.MemoryBarrier();
        }
        isInputAwaited = (events & (EpollEvents.In | over)) != 0 && _input.Signal();
        isOutputAwaited = (events & (EpollEvents.Out | over)) != 0 && _output.Signal();
    }

    private void GoOnReceiving()
    {
        try
        {
            int count;
            while (!TryReceive(out count))
            {
                if (_input.TryWait())
                    return;
            }
            _received.SetResult(count);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _received.SetException(e);
        }
    }

    private void GoOnSending()
    {
        try
        {
            while (!TrySend())
            {
                if (_output.TryWait())
                    return;
            }
            _sent.SetResult(true);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            _sent.SetException(e);
        }
    }

    private bool TryReceive(out int count)
    {
        count = 0;
        // Without room it is a wait, and what was told is left to be taken.
        if (_room.IsEmpty)
            return _input.IsReady;
        if (!_input.TryTake())
            return false;
        count = Socket.Receive(_room.Span, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
            return false;
        if (error != SocketError.Success)
            throw new SocketException((int)error);
        // Less than there was room for is all there is, nearly always.
        if (count == _room.Length || _isMoreBehindShortRead)
            _input.Keep();
        return true;
    }

    private bool TrySend()
    {
        while (!_unsent.IsEmpty)
        {
            var count = Socket.Send(_unsent.Span, SocketFlags.None, out var error);
            if (error == SocketError.Success)
                (_unsent, _sentBytes) = (_unsent[count..], _sentBytes + count);
            else if (error != SocketError.WouldBlock)
                throw new SocketException((int)error);
            else if (!_output.TryTake())
                return false;
        }
        _unsent = default;
        return true;
    }
}
