using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>What .NET has no name for.</summary>
internal static class NativeCalls
{
    /// <summary>Gives a socket a second descriptor, of this number; whatever had it is closed.</summary>
    public static void Duplicate(Socket socket, int descriptor)
    {
        if (dup2((int)socket.Handle, descriptor) < 0)
            throw new Win32Exception();
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int dup2(int from, int to);
}
