using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>A client's connection and its age.</summary>
/// <remarks>Between two calls it holds no other state.</remarks>
internal sealed class ClientConnection(Wire wire, long madeAt) : IDisposable
{
    public Wire Wire { get; } = wire;

    /// <summary>The time when the connection was made, in the clock's ticks.</summary>
    public long MadeAt { get; } = madeAt;

    /// <summary>The time since which the connection has been idle, in the clock's ticks.</summary>
    public long IdleSince { get; set; }

    /// <summary>Whether the connection has carried a call already.</summary>
    /// <remarks>The server may then close it at any moment.</remarks>
    public bool IsReused { get; set; }

    /// <summary>Whether an idle connection has something to read: the peer's end, a reset, or bytes that belong to no reply.</summary>
    public bool IsStale()
    {
        try
        {
            return Wire.Socket.Poll(0, SelectMode.SelectRead);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Closes an idle connection in the orderly way.</summary>
    public void Close() => Wire.Close();

    /// <summary>Closes the connection at once with a reset, so that the server abandons the call.</summary>
    /// <remarks>A server takes an orderly close for the end of the sending side alone.</remarks>
    public void Abort() => Wire.Abort();

    /// <summary>Closes the connection at once, even during a call.</summary>
    public void Dispose() => Wire.Dispose();
}
