using System.Diagnostics;

namespace JsonRpcLite.Load;

/// <summary>The running child processes, none of which outlives this process.</summary>
/// <remarks>Thread-safe.</remarks>
internal static class Running
{
    private static readonly List<Process> Processes = [];

    public static Process Start(ProcessStartInfo start)
    {
        var process = Process.Start(start)!;
        lock (Processes)
            Processes.Add(process);
        return process;
    }

    /// <summary>Waits for a process, for a bounded time.</summary>
    public static void End(Process process, TimeSpan patience)
    {
        if (!process.WaitForExit(patience))
            process.Kill(entireProcessTree: true);
        lock (Processes)
            Processes.Remove(process);
    }

    /// <summary>Kills all processes when this process ends by Ctrl+C, without waiting.</summary>
    public static void EndAll()
    {
        lock (Processes)
            Processes.ForEach(process => process.Kill(entireProcessTree: true));
    }
}
