using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>
/// The two directions of one connection, plain or under TLS. One reader and one writer at a time, which may be different threads; <see cref="Dispose"/> from any thread, at any
/// time, and again, ends whatever waits. A wire is used either asynchronously or by blocking, for all its life: a socket that once was asynchronous stays so for the system.
/// </summary>
internal abstract class Wire : IDisposable
{
    /// <summary>Of <see cref="TryReceiveAsync"/>: nothing is there. (0 is the end.)</summary>
    public const int Nothing = -1;

    private readonly Socket? _socket;

    /// <param name="socket">The connection; <c>null</c> for a wire that overrides whatever asks for it.</param>
    protected Wire(Socket? socket) => _socket = socket;

    /// <summary>What carries the bytes: for addresses, options and closing. Not for reading or writing.</summary>
    public Socket Socket => _socket ?? throw new NotSupportedException($"A {GetType().Name} has no socket.");

    /// <summary>Who is at the other end; <c>null</c> where that cannot be told any more.</summary>
    public virtual EndPoint? RemoteEndPoint
    {
        get
        {
            try
            {
                // A socket of both versions tells IPv4 peers by an IPv6 address, which would be equal to no address that a user has written down.
                return Socket.RemoteEndPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped
                    ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port) : Socket.RemoteEndPoint;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It is gone already; whoever uses the wire will find that out.
                return null;
            }
        }
    }

    /// <summary>How many bytes the system has taken to send; <c>null</c> where that cannot be told.</summary>
    public virtual long? Sent => null;

    /// <summary>Waits, without a buffer, until there may be something to read: the system tells of bytes that have been read since, too. What it returns means nothing.</summary>
    public abstract ValueTask<int> WaitAsync();

    /// <summary>After a wait: as <see cref="ReceiveAsync"/>, but <see cref="Nothing"/> where nothing is there. The socket must not be a blocking one.</summary>
    public abstract ValueTask<int> TryReceiveAsync(Memory<byte> buffer);

    /// <summary>Reads what is there, at least a byte; 0 says that the peer has closed its direction.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Sends all of it.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>As <see cref="ReceiveAsync"/>, and blocks.</summary>
    public abstract int Receive(Span<byte> buffer);

    /// <summary>As <see cref="SendAsync"/>, and blocks.</summary>
    public abstract void Send(ReadOnlySpan<byte> bytes);

    /// <summary>Says that nothing more will be sent. The other direction stays open.</summary>
    public abstract ValueTask ShutdownSendAsync();

    /// <summary>Begins what uses this wire asynchronously, on another thread than this one. For the server, once.</summary>
    /// <exception cref="ObjectDisposedException">It was closed meanwhile.</exception>
    public virtual void Start(IThreadPoolWorkItem flow) => throw new NotSupportedException();

    /// <summary>
    /// Whether a reset has come while nobody reads, or the peer of a Unix domain socket is gone. Where the system does not keep a reset as the socket's pending error, it shows
    /// when the reply is sent.
    /// </summary>
    public virtual bool IsReset()
    {
        try
        {
            return Socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is not 0 || PeerEnd.IsOfBothSides(Socket);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>Whether the peer has closed its side, without reading. Where the system cannot tell, it shows when more is sent.</summary>
    public virtual bool IsEnded()
    {
        try
        {
            return PeerEnd.HasCome(Socket);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>
    /// As <see cref="Dispose"/>, but says first that nothing more will be sent: the peer sees an end, and never a reset because somebody here was still waiting for bytes.
    /// </summary>
    public virtual void Close()
    {
        try
        {
            _socket?.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer has closed it already, or another thread.
        }
        Dispose();
    }

    /// <summary>As <see cref="Dispose"/>, but with a reset: what the peer has not taken is not kept for it.</summary>
    public virtual void Abort()
    {
        try
        {
            Socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }
        Dispose();
    }

    /// <summary>Whether the wire may hold bytes that have come and were not read. The socket does not show those. Asked between two reads.</summary>
    /// <param name="wasRoomFilled">Whether the last read took as many bytes as it had room for.</param>
    public virtual bool MayHoldInput(bool wasRoomFilled) => false;

    /// <summary>Lets others have their turn.</summary>
    public virtual async ValueTask<int> YieldAsync()
    {
        await Task.Yield();
        return 0;
    }

    public virtual void Dispose() => _socket?.Dispose();
}
