using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>System calls that .NET does not expose.</summary>
internal static class NativeCalls
{
    /// <summary>Closes the connection of a socket's descriptor, and lets the descriptor refer to another socket's connection, in one step.</summary>
    public static void Replace(Socket socket, Socket other)
    {
        if (dup2((int)other.Handle, (int)socket.Handle) < 0)
            throw new Win32Exception();
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int dup2(int from, int to);
}
