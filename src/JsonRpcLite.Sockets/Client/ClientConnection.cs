using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>A client's connection, with its age. Between two calls it is nothing but that.</summary>
internal sealed class ClientConnection(Wire wire, long madeAt) : IDisposable
{
    public Wire Wire { get; } = wire;

    /// <summary>When it was made, in the clock's ticks.</summary>
    public long MadeAt { get; } = madeAt;

    /// <summary>Since when it has had no call, in the clock's ticks.</summary>
    public long IdleSince { get; set; }

    /// <summary>Whether it has carried a call already: then the server may have closed it at any moment.</summary>
    public bool IsReused { get; set; }

    /// <summary>Whether there is something to read while nothing can be on its way: an end, a reset, or bytes that answer nothing.</summary>
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

    /// <summary>Ends a connection that has no call, as the peer expects it.</summary>
    public void Close() => Wire.Close();

    /// <summary>Ends it at once with a reset, by which the server knows that nobody waits for the reply: an end could be that of the sending side alone.</summary>
    public void Abort() => Wire.Abort();

    /// <summary>Ends it at once, whatever is on its way.</summary>
    public void Dispose() => Wire.Dispose();
}
