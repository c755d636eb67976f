using System.Globalization;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>Reserves the last file descriptors of the process, so that connections cannot use them.</summary>
/// <remarks>
/// The runtime needs two descriptors for each thread that it creates, and ends the process if it cannot get them. The system assigns the lowest free number, so that a socket's
/// own number shows how many are in use.
/// </remarks>
internal static class FileDescriptors
{
    private static readonly int FirstReserved = Limit() is var limit && limit < int.MaxValue ? limit - Math.Clamp(limit / 8, 8, 64) : int.MaxValue;

    /// <summary>Whether the socket does not use one of the reserved descriptors.</summary>
    public static bool HasRoomBehind(Socket socket) => socket.Handle < FirstReserved;

    /// <summary>Whether another socket would not use one of the reserved descriptors.</summary>
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

    /// <summary>The limit of file descriptors; the maximum of int if it is unknown.</summary>
    /// <remarks>If the system has no such limit, or reports it in another way, accepting fails once there are no descriptors left.</remarks>
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
