using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>A plain connection.</summary>
internal sealed class SocketWire(Socket socket) : Wire(socket)
{
    /// <summary>How many bytes the system has taken to send.</summary>
    public long Sent { get; private set; }

    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => Socket.ReceiveAsync(buffer, SocketFlags.None);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var sending = Socket.SendAsync(bytes, SocketFlags.None);
        if (!sending.IsCompletedSuccessfully)
            return AwaitAsync(sending, bytes);
        var sent = sending.Result;
        Sent += sent;
        return sent == bytes.Length ? default : SendAsync(bytes[sent..]);

        async ValueTask AwaitAsync(ValueTask<int> sending, ReadOnlyMemory<byte> bytes)
        {
            while (true)
            {
                var sent = await sending.ConfigureAwait(false);
                Sent += sent;
                bytes = bytes[sent..];
                if (bytes.IsEmpty)
                    return;
                sending = Socket.SendAsync(bytes, SocketFlags.None);
            }
        }
    }

    public override int Receive(Span<byte> buffer) => Socket.Receive(buffer);

    public override void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var sent = Socket.Send(bytes);
            Sent += sent;
            bytes = bytes[sent..];
        }
    }

    public override ValueTask ShutdownSendAsync()
    {
        Socket.Shutdown(SocketShutdown.Send);
        return default;
    }
}
