using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>Looks whether the peer of a connection has closed its side, without reading.</summary>
internal static partial class PeerEnd
{
    /// <summary>What poll(2) of Linux calls the end of the peer's side.</summary>
    private const short PeerClosed = 0x2000;

    /// <summary>Whether the end has come, also where unread bytes stand before it, as the close_notify of TLS does. Only Linux tells of an end behind unread bytes.</summary>
    public static bool HasCome(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
            return socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;
        var isHeld = false;
        var handle = socket.SafeHandle;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            var look = new Look { Descriptor = (int)handle.DangerousGetHandle(), Asked = PeerClosed };
            return poll(ref look, 1, timeout: 0) > 0 && look.Found != 0;
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
