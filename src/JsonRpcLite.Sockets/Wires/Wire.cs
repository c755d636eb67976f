using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>The two directions of one connection, plain or under TLS.</summary>
/// <remarks>
/// There is one reader and one writer at a time, which may be different threads. <see cref="Dispose"/> ends all waits; any thread may call it, at any time and repeatedly. For
/// its whole life, a wire is used either asynchronously or by blocking: the system keeps a socket in non-blocking mode once it was used asynchronously.
/// </remarks>
internal abstract class Wire : IDisposable
{
    /// <summary>The result of <see cref="TryReceiveAsync"/> if there is nothing to read.</summary>
    /// <remarks>(0 is the end.)</remarks>
    public const int Nothing = -1;

    private readonly Socket? _socket;

    /// <param name="socket">The socket; <c>null</c> for a wire that overrides all members that use it.</param>
    protected Wire(Socket? socket) => _socket = socket;

    /// <summary>The socket, for addresses, options and closing.</summary>
    /// <remarks>It must not be used for reading or writing.</remarks>
    public Socket Socket => _socket ?? throw new NotSupportedException($"A {GetType().Name} has no socket.");

    /// <summary>The peer's end point; <c>null</c> if it is not known any more.</summary>
    public virtual EndPoint? RemoteEndPoint
    {
        get
        {
            try
            {
                // A dual-mode socket reports IPv4 peers by an IPv6 address, which would not equal any IPv4 address that a user has configured.
                return Socket.RemoteEndPoint is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped
                    ? new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port) : Socket.RemoteEndPoint;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The connection is gone already. The next read or write reports that.
                return null;
            }
        }
    }

    /// <summary>The number of bytes that the system has accepted for sending; <c>null</c> if it is not known.</summary>
    public virtual long? Sent => null;

    /// <summary>Waits, without a buffer, until there may be something to read.</summary>
    /// <remarks>The result has no meaning. The wait may also end because of bytes that have been read since.</remarks>
    public abstract ValueTask<int> WaitAsync();

    /// <summary>Reads after a wait, as <see cref="ReceiveAsync"/>, or returns <see cref="Nothing"/> if there is nothing to read.</summary>
    /// <remarks>The socket must be in non-blocking mode.</remarks>
    public abstract ValueTask<int> TryReceiveAsync(Memory<byte> buffer);

    /// <summary>Reads the available bytes, at least one; 0 means that the peer has closed its side.</summary>
    public abstract ValueTask<int> ReceiveAsync(Memory<byte> buffer);

    /// <summary>Sends all bytes.</summary>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> bytes);

    /// <summary>Reads as <see cref="ReceiveAsync"/> does, and blocks.</summary>
    public abstract int Receive(Span<byte> buffer);

    /// <summary>Sends as <see cref="SendAsync"/> does, and blocks.</summary>
    public abstract void Send(ReadOnlySpan<byte> bytes);

    /// <summary>Shuts down the sending side.</summary>
    /// <remarks>The receiving side stays open.</remarks>
    public abstract ValueTask ShutdownSendAsync();

    /// <summary>Starts the flow that uses this wire, on another thread.</summary>
    /// <remarks>A server calls it once.</remarks>
    /// <exception cref="ObjectDisposedException">The wire was closed in the meantime.</exception>
    public virtual void Start(IThreadPoolWorkItem flow) => throw new NotSupportedException();

    /// <summary>Whether the peer has reset the connection, or has closed its Unix domain socket, without reading.</summary>
    /// <remarks>If the system does not keep the reset as the socket's pending error, it is noticed when the reply is sent.</remarks>
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

    /// <summary>Whether the peer has closed its side, without reading.</summary>
    /// <remarks>If the system cannot detect that, it is noticed when more is sent.</remarks>
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

    /// <summary>Shuts down the sending side and then disposes the wire.</summary>
    /// <remarks>The peer sees an orderly end, and never a reset because a read was pending on this side.</remarks>
    public virtual void Close()
    {
        try
        {
            _socket?.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The peer or another thread has closed it already.
        }
        Dispose();
    }

    /// <summary>Disposes the wire with a reset: bytes that the peer has not received are discarded.</summary>
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

    /// <summary>Whether the wire may hold received bytes that were not read, which the socket does not show.</summary>
    /// <remarks>Asked between two reads.</remarks>
    /// <param name="wasRoomFilled">Whether the last read filled its buffer.</param>
    public virtual bool MayHoldInput(bool wasRoomFilled) => false;

    /// <summary>Lets other work run first.</summary>
    public virtual async ValueTask<int> YieldAsync()
    {
        await Task.Yield();
        return 0;
    }

    public virtual void Dispose() => _socket?.Dispose();
}
