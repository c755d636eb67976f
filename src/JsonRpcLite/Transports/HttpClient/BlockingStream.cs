using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>A connection for synchronous calls, which closes when its handler checks it while it is idle.</summary>
/// <remarks>
/// SocketsHttpHandler checks the idle connections in its pool by an asynchronous read with an empty buffer. A socket that was once read asynchronously belongs to the runtime's
/// event loop, which hands blocking reads over to the waiting thread; they then cost about twice as much, permanently. So this connection ends when it is checked, and the next
/// call opens another.
/// </remarks>
internal sealed class BlockingStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty ? ValueTask.FromException<int>(new IOException("An idle connection for synchronous calls is closed when it is checked."))
            : base.ReadAsync(buffer, cancellationToken);
}
