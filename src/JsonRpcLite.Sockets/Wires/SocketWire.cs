using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>A plain connection.</summary>
internal sealed class SocketWire(Socket socket) : Wire(socket)
{
    public override ValueTask<int> ReceiveAsync(Memory<byte> buffer) => Socket.ReceiveAsync(buffer, SocketFlags.None);

    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var sending = Socket.SendAsync(bytes, SocketFlags.None);
        if (!sending.IsCompletedSuccessfully)
            return AwaitAsync(sending, bytes);
        var sent = sending.Result;
        return sent == bytes.Length ? default : SendAsync(bytes[sent..]);

        async ValueTask AwaitAsync(ValueTask<int> sending, ReadOnlyMemory<byte> bytes)
        {
            for (bytes = bytes[await sending.ConfigureAwait(false)..]; !bytes.IsEmpty;)
                bytes = bytes[await Socket.SendAsync(bytes, SocketFlags.None).ConfigureAwait(false)..];
        }
    }

    public override int Receive(Span<byte> buffer) => Socket.Receive(buffer);

    public override void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[Socket.Send(bytes)..];
    }

    public override ValueTask ShutdownSendAsync()
    {
        Socket.Shutdown(SocketShutdown.Send);
        return default;
    }
}
