using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>Checks whether the peer has closed its side of a connection, without reading.</summary>
internal static partial class PeerEnd
{
    /// <summary>POLLRDHUP of poll(2) on Linux.</summary>
    private const short PeerClosed = 0x2000;

    /// <summary>POLLHUP of poll(2) on Linux, which is reported without being requested.</summary>
    private const short BothClosed = 0x10;

    /// <summary>Whether the peer has closed its side, even if unread bytes precede the end, as the close_notify of TLS does.</summary>
    /// <remarks>Only Linux reports an end behind unread bytes.</remarks>
    public static bool HasCome(Socket socket) =>
        OperatingSystem.IsLinux() ? Poll(socket, PeerClosed) != 0 : socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;

    /// <summary>Whether the peer of a Unix domain socket has closed both directions; only Linux reports it.</summary>
    /// <remarks>Such a socket has no resets. Over TCP a close and the end of one direction look the same.</remarks>
    public static bool IsOfBothSides(Socket socket) => OperatingSystem.IsLinux() && socket.AddressFamily == AddressFamily.Unix && (Poll(socket, 0) & BothClosed) != 0;

    private static short Poll(Socket socket, short asked)
    {
        var isHeld = false;
        var handle = socket.SafeHandle;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            var look = new Look { Descriptor = (int)handle.DangerousGetHandle(), Asked = asked };
            return poll(ref look, 1, timeout: 0) > 0 ? look.Found : (short)0;
        }
        finally
        {
            if (isHeld)
                handle.DangerousRelease();
        }
    }

    [LibraryImport("libc")]
    private static partial int poll(ref Look look, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct Look
    {
        public int Descriptor;
        public short Asked;
        public short Found;
    }
}
