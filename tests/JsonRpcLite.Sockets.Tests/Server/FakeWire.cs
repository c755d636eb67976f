using System.Net;
using System.Text;
using System.Threading.Tasks.Sources;

namespace JsonRpcLite.Sockets.Tests.Server;

/// <summary>A wire without a socket: a test plays the peer. A waiting operation continues within the test's own call, as on an event loop.</summary>
internal sealed class FakeWire(IPAddress? from = null) : Wire(socket: null), IValueTaskSource<int>, IValueTaskSource
{
    private readonly Lock _lock = new();
    private readonly List<byte> _input = [];
    private readonly List<byte> _output = [];
    private readonly TaskCompletionSource _shutDown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ManualResetValueTaskSourceCore<int> _receiving;
    private ManualResetValueTaskSourceCore<bool> _sending;
    private Memory<byte>? _room;
    private bool _isSendHeld;
    private bool _hasEnded;

    public override EndPoint? RemoteEndPoint => new IPEndPoint(from ?? IPAddress.Loopback, 4711);

    /// <summary>All bytes that were sent.</summary>
    public string Output
    {
        get
        {
            lock (_lock)
                return Encoding.UTF8.GetString([.. _output]);
        }
    }

    /// <summary>The number of replies that were sent, whole or in part; 100 (Continue) counts.</summary>
    public int Replies => Output.Split("HTTP/1.1 ").Length - 1;

    /// <summary>How often the flow has waited without a buffer.</summary>
    public int Waits { get; private set; }

    public int Yields { get; private set; }

    /// <summary>Whether the peer reads nothing: sent bytes wait for <see cref="TakeAll"/>.</summary>
    public bool HoldsSends { get; set; }

    /// <summary>Whether the peer has sent a reset.</summary>
    public bool HasReset { get; set; }

    public bool IsClosed => _closed.Task.IsCompleted;

    /// <summary>Whether it was closed with a reset.</summary>
    public bool IsAborted { get; private set; }

    public bool IsShutDown => _shutDown.Task.IsCompleted;

    /// <summary>Ends when the server has shut down its sending side.</summary>
    public Task ShutDown => _shutDown.Task;

    public Task Closed => _closed.Task;

    /// <summary>The peer sends something.</summary>
    public void Push(string text)
    {
        _input.AddRange(Encoding.UTF8.GetBytes(text));
        GoOnReceiving();
    }

    /// <summary>The peer closes its side.</summary>
    public void PushEnd()
    {
        _hasEnded = true;
        GoOnReceiving();
    }

    /// <summary>The peer reads what is being sent, and then nothing again while <see cref="HoldsSends"/> is set.</summary>
    public void TakeAll()
    {
        if (TryReleaseSend())
            GoOn(() => _sending.SetResult(true));
    }

    public override void Start(IThreadPoolWorkItem flow) => flow.Execute();

    public override bool IsReset() => HasReset;

    public override ValueTask<int> WaitAsync()
    {
        Waits++;
        return ReceiveAsync(Memory<byte>.Empty);
    }

    public override ValueTask<int> TryReceiveAsync(Memory<byte> buffer)
    {
        ThrowIfClosed();
        return new ValueTask<int>(TryTake(buffer, out var count) ? count : Nothing);
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        ThrowIfClosed();
        if (TryTake(buffer, out var count))
            return new ValueTask<int>(count);
        _receiving.Reset();
        _room = buffer;
        return new ValueTask<int>(this, _receiving.Version);
    }

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        ThrowIfClosed();
        lock (_lock)
        {
            _output.AddRange(bytes.Span);
            if (!HoldsSends)
                return default;
            _sending.Reset();
            _isSendHeld = true;
        }
        return new ValueTask(this, _sending.Version);
    }

    public override ValueTask ShutdownSendAsync()
    {
        _shutDown.SetResult();
        return default;
    }

    public override ValueTask<int> YieldAsync()
    {
        Yields++;
        return default;
    }

    public override int Receive(Span<byte> buffer) => throw new NotSupportedException();

    public override void Send(ReadOnlySpan<byte> bytes) => throw new NotSupportedException();

    public override void Abort()
    {
        IsAborted = true;
        Dispose();
    }

    public override void Dispose()
    {
        _closed.TrySetResult();
        if (_room is not null)
        {
            _room = null;
            GoOn(() => _receiving.SetException(new ObjectDisposedException(nameof(FakeWire))));
        }
        if (TryReleaseSend())
            GoOn(() => _sending.SetException(new ObjectDisposedException(nameof(FakeWire))));
        base.Dispose();
    }

    int IValueTaskSource<int>.GetResult(short token) => _receiving.GetResult(token);

    void IValueTaskSource.GetResult(short token) => _sending.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _receiving.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _sending.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _receiving.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _sending.OnCompleted(continuation, state, token, flags);

    private void GoOnReceiving()
    {
        if (_room is not { } room || !TryTake(room, out var count))
            return;
        _room = null;
        GoOn(() => _receiving.SetResult(count));
    }

    /// <summary>Without the context of the test's thread, because of which the rest of the flow would run on the pool.</summary>
    private static void GoOn(Action complete)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        complete();
        SynchronizationContext.SetSynchronizationContext(context);
    }

    private bool TryReleaseSend()
    {
        lock (_lock)
        {
            var wasHeld = _isSendHeld;
            _isSendHeld = false;
            return wasHeld;
        }
    }

    /// <summary>Without a buffer it only waits, and leaves the available bytes unread.</summary>
    private bool TryTake(Memory<byte> room, out int count)
    {
        count = Math.Min(room.Length, _input.Count);
        _input.GetRange(0, count).ToArray().CopyTo(room);
        _input.RemoveRange(0, count);
        return count > 0 || _hasEnded || room.IsEmpty && _input.Count > 0;
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(IsClosed, this);
}
