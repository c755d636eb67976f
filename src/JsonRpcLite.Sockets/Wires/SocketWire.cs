using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>A plain connection.</summary>
internal sealed class SocketWire(Socket socket) : Wire(socket)
{
    private long _sent;

    /// <summary>How a blocking read looks for input before its thread sleeps; <c>null</c>, the default, sleeps at once.</summary>
    public BusyPoll? BusyPoll { get; init; }

    public override long? Sent => _sent;

    public override void Start(IThreadPoolWorkItem flow)
    {
        // A read that finds nothing must not block.
        Socket.Blocking = false;
        // Never on the accepting thread: a function that blocks would keep out all further connections.
        ThreadPool.UnsafeQueueUserWorkItem(flow, preferLocal: false);
    }

    public override ValueTask<int> WaitAsync() => Socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);

    public override ValueTask<int> TryReceiveAsync(Memory<byte> buffer)
    {
        var count = Socket.Receive(buffer.Span, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => new ValueTask<int>(count),
            SocketError.WouldBlock => new ValueTask<int>(Nothing),
            _ => throw new SocketException((int)error),
        };
    }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => Socket.ReceiveAsync(buffer, SocketFlags.None);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var sending = Socket.SendAsync(bytes, SocketFlags.None);
        if (!sending.IsCompletedSuccessfully)
            return AwaitAsync(sending, bytes);
        var sent = sending.Result;
        _sent += sent;
        return sent == bytes.Length ? default : SendAsync(bytes[sent..]);

        async ValueTask AwaitAsync(ValueTask<int> sending, ReadOnlyMemory<byte> bytes)
        {
            while (true)
            {
                var sent = await sending.ConfigureAwait(false);
                _sent += sent;
                bytes = bytes[sent..];
                if (bytes.IsEmpty)
                    return;
                sending = Socket.SendAsync(bytes, SocketFlags.None);
            }
        }
    }

    public override int Receive(Span<byte> buffer)
    {
        if (BusyPoll is not null)
            Poll(BusyPoll);
        return Socket.Receive(buffer);
    }

    public override void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var sent = Socket.Send(bytes);
            _sent += sent;
            bytes = bytes[sent..];
        }
    }

    private void Poll(BusyPoll poll)
    {
        if (!poll.IsDue() || HasInput() || !poll.TryBegin())
            return;
        var hasInput = false;
        try
        {
            while (!(hasInput = HasInput()) && !poll.IsOver)
            {
            }
        }
        finally
        {
            poll.End(hasInput);
        }
    }

    private bool HasInput() => Socket.Poll(0, SelectMode.SelectRead);

    public override ValueTask ShutdownSendAsync()
    {
        Socket.Shutdown(SocketShutdown.Send);
        return default;
    }
}
