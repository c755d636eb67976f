using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace JsonRpcLite;

/// <summary>An epoll instance of Linux.</summary>
/// <remarks>Thread-safe. It is edge-triggered: it reports each change of a socket once, with the key under which the socket was added. Closing a socket removes it.</remarks>
internal sealed partial class Epoll : SafeHandleMinusOneIsInvalid
{
    private const int CloseOnExec = 0x80000;
    private const int OperationAdd = 1;
    private const int OperationModify = 3;
    private const uint All = (uint)(EpollEvents.In | EpollEvents.Urgent | EpollEvents.Out | EpollEvents.PeerClosed) | 1u << 31;

    public Epoll()
        : base(ownsHandle: true)
    {
    }

    /// <exception cref="Win32Exception">The system cannot create another epoll instance.</exception>
    public static Epoll Create()
    {
        var epoll = epoll_create1(CloseOnExec);
        return epoll.IsInvalid ? throw new Win32Exception() : epoll;
    }

    /// <summary>Starts reporting the events of a socket.</summary>
    /// <remarks>The first event is immediate if the socket is writable.</remarks>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    /// <exception cref="Win32Exception">The user's limit of watched sockets is reached.</exception>
    public void Add(Socket socket, ulong key) => Control(OperationAdd, socket, key);

    /// <summary>Reports again every event that currently applies to the socket.</summary>
    /// <inheritdoc cref="Add" path="/exception"/>
    public void Rearm(Socket socket, ulong key) => Control(OperationModify, socket, key);

    /// <summary>Waits until there are events.</summary>
    public void Wait(EpollBatch batch) => batch.Take(epoll_wait(this, ref batch.Start, EpollBatch.Capacity, timeout: -1));

    /// <summary>Takes the events that are there, without waiting.</summary>
    public void Poll(EpollBatch batch) => batch.Take(epoll_wait(this, ref batch.Start, EpollBatch.Capacity, timeout: 0));

    protected override bool ReleaseHandle() => close(handle.ToInt32()) == 0;

    private void Control(int operation, Socket socket, ulong key)
    {
        Span<byte> request = stackalloc byte[EpollBatch.LargestEvent];
        EpollBatch.Write(request, All, key);
        if (epoll_ctl(this, operation, socket.SafeHandle, ref MemoryMarshal.GetReference(request)) != 0)
            throw new Win32Exception();
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial Epoll epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_ctl(Epoll epoll, int operation, SafeSocketHandle socket, ref byte request);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_wait(Epoll epoll, ref byte events, int capacity, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
}

/// <summary>The events of a socket.</summary>
[Flags]
internal enum EpollEvents : uint
{
    None = 0,
    In = 0x1,

    /// <summary>Urgent TCP data has arrived (RFC 9293 3.8.5).</summary>
    Urgent = 0x2,
    Out = 0x4,
    Error = 0x8,
    HungUp = 0x10,

    /// <summary>The peer has closed its direction.</summary>
    PeerClosed = 0x2000,
}
