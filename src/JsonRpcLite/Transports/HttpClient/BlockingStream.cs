using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>
/// A connection whose calls block. SocketsHttpHandler looks after the connections that wait in its pool by an asynchronous read with an empty buffer, and a socket that was once
/// read asynchronously belongs to the runtime's event loop: what blocks on it is handed over from there, and costs about twice as much, for ever. So this one ends when it is
/// looked after, and the next call makes another.
/// </summary>
internal sealed class BlockingStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty ? ValueTask.FromException<int>(new IOException("A connection whose calls block is not kept for long when it is idle."))
            : base.ReadAsync(buffer, cancellationToken);
}
