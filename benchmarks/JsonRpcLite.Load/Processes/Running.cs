using System.Diagnostics;

namespace JsonRpcLite.Load;

/// <summary>The processes that were started here and have not ended: none of them outlives this one. Thread-safe.</summary>
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

    /// <summary>Waits for a process, but not for ever.</summary>
    public static void End(Process process, TimeSpan patience)
    {
        if (!process.WaitForExit(patience))
            process.Kill(entireProcessTree: true);
        lock (Processes)
            Processes.Remove(process);
    }

    /// <summary>For the end of this process that nobody can wait for: Ctrl+C.</summary>
    public static void EndAll()
    {
        lock (Processes)
            Processes.ForEach(process => process.Kill(entireProcessTree: true));
    }
}
