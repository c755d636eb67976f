using System.Globalization;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>
/// Keeps the last file descriptors of the process out of the reach of connections. The runtime itself needs two for each thread that it makes, and ends the process when it gets
/// none. A system gives out the lowest number that is free, so that a socket's own number tells how many are taken.
/// </summary>
internal static class FileDescriptors
{
    private static readonly int FirstReserved = Limit() is var limit && limit < int.MaxValue ? limit - Math.Clamp(limit / 8, 8, 64) : int.MaxValue;

    /// <summary>Whether the socket is not one of the last that the process may have.</summary>
    public static bool HasRoomBehind(Socket socket) => socket.Handle < FirstReserved;

    /// <summary>Whether another socket would not be.</summary>
    public static bool HasRoom()
    {
        try
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            return HasRoomBehind(probe);
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Where the system has no such limit, or another way to tell it, accepting fails when there are none left.</summary>
    private static int Limit()
    {
        const string limits = "/proc/self/limits", name = "Max open files";
        if (!OperatingSystem.IsLinux() || !File.Exists(limits))
            return int.MaxValue;
        var line = File.ReadLines(limits).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) ?? "";
        var soft = line[Math.Min(name.Length, line.Length)..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return int.TryParse(soft, CultureInfo.InvariantCulture, out var limit) ? limit : int.MaxValue;
    }
}
