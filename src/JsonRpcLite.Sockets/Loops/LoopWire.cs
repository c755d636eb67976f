using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace JsonRpcLite;

/// <summary>A plain connection, or a listening socket, whose events an <see cref="EventLoop"/> dispatches.</summary>
/// <remarks>Code that waits for an event continues directly on the loop's thread, including the user's code, so that no thread of the pool has to wake up.</remarks>
internal sealed class LoopWire : Wire, IValueTaskSource<int>, IValueTaskSource
{
    private readonly EventLoop _loop;
    private IThreadPoolWorkItem? _flow;

    private ManualResetValueTaskSourceCore<int> _received;
    private Readiness _input;
    private Memory<byte> _room;

    /// <summary>Whether more input may follow a read that did not fill its buffer.</summary>
    /// <remarks>
    /// This is the case at the end of the peer's input, and behind urgent data, at which the system ends a read. The loop's thread sets the field and never clears it: the only
    /// cost is a read that finds nothing.
    /// </remarks>
    private volatile bool _isMoreBehindShortRead;
    private int _isYielding;

    private ManualResetValueTaskSourceCore<bool> _sent;
    private Readiness _output;
    private ReadOnlyMemory<byte> _unsent;
    private long _sentBytes;

    /// <param name="socket">The socket. Nothing has been read from it or written to it.</param>
    /// <param name="loop">The loop that dispatches its events from now on.</param>
    public LoopWire(Socket socket, EventLoop loop)
        : base(socket)
    {
        _loop = loop;
        socket.Blocking = false;
        Key = loop.Wires.Add(this);
    }

    public ulong Key { get; }

    /// <summary>The longest time for which the loop looks for the next event after one of this wire; 0 sleeps at once.</summary>
    public TimeSpan BusyPollTime { get; init; }

    /// <summary>The work that the first event starts on the loop; <c>null</c> if the wire is used from the beginning.</summary>
    /// <remarks>Set before the loop watches the wire.</remarks>
    public IThreadPoolWorkItem? Flow
    {
        init => _flow = value;
    }

    public override long? Sent => _sentBytes;

    /// <summary>Lets the first event start the flow on the loop.</summary>
    /// <exception cref="ObjectDisposedException">The wire was closed in the meantime.</exception>
    /// <exception cref="System.ComponentModel.Win32Exception">The user's limit of watched sockets is reached.</exception>
    public override void Start(IThreadPoolWorkItem flow)
    {
        _flow = flow;
        Begin();
    }

    /// <summary>Lets the loop watch the socket.</summary>
    /// <inheritdoc cref="Start" path="/exception"/>
    public void Begin() => _loop.Watch(this);

    /// <summary>Connects, and lets the loop watch the socket from then on.</summary>
    /// <remarks><see cref="Dispose"/> ends the attempt.</remarks>
    /// <exception cref="SocketException">The end point is unreachable or refuses the connection.</exception>
    /// <exception cref="ObjectDisposedException">The wire was closed in the meantime.</exception>
    public async ValueTask ConnectAsync(EndPoint endPoint)
    {
        try
        {
            Socket.Connect(endPoint);
        }
        catch (SocketException e) when (endPoint is not UnixDomainSocketEndPoint && e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // The connection attempt is in progress. Watched any earlier, an unconnected socket would produce events.
        }
        Begin();
        await WaitUntilWritableAsync().ConfigureAwait(false);
        if (Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is int error and not 0)
            throw new SocketException(error);
    }

    /// <summary>Handles events of the socket.</summary>
    /// <remarks>
    /// The loop calls it. Two threads can be in this method with two events: one that has lost the loop for being slow (in this very method, if the system did not schedule it),
    /// and the current driver. The bits of <see cref="Readiness"/> and the exchange of _flow let only one of them complete each wait.
    /// </remarks>
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
        // An event of the socket cannot be used here: a socket with nothing to read and no room to send has none.
        // A loop that has ended dispatches nothing. Then no other thread may complete the wait any more, unless one is about to.
        return _loop.TryQueue(this) || Interlocked.Exchange(ref _isYielding, 0) == 0 ? new ValueTask<int>(this, _received.Version) : default;
    }

    /// <summary>Continues a wire that has yielded.</summary>
    /// <remarks>The loop calls it.</remarks>
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

    /// <summary>Disposes the wire: the runtime has no pending operation on this socket, so that the peer sees an orderly end.</summary>
    public override void Close() => Dispose();

    public override void Dispose()
    {
        // In this order: events of the descriptor's next owner must not reach this wire.
        _loop.Wires.Remove(this);
        base.Dispose();
        // On the pool: the continuations may take long, and the closing thread must not run them.
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
            // Against the thread that reads: this thread writes _isMoreBehindShortRead and then reads the bits of _input; that thread changes the bits of _input and then reads
            // _isMoreBehindShortRead.
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
        // Without a buffer this is only a wait, and the readiness is left for the next read.
        if (_room.IsEmpty)
            return _input.IsReady;
        if (!_input.TryTake())
            return false;
        count = Socket.Receive(_room.Span, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
            return false;
        if (error != SocketError.Success)
            throw new SocketException((int)error);
        // A read that does not fill the buffer has nearly always taken all there is.
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
