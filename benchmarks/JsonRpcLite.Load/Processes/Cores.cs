using System.Diagnostics;
using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>Which process runs on which core, so that a server and its load do not push each other about. Linux only; elsewhere nothing is pinned.</summary>
internal static class Cores
{
    public const int OfTheServer = 0;
    public const int OfTheLoad = 1;

    public static bool CanPin { get; } = OperatingSystem.IsLinux() && Environment.ProcessorCount > 1;

    /// <summary>All threads; those that come later inherit it.</summary>
    public static void PinThisProcess(int core)
    {
        if (!CanPin)
        {
            Console.Error.WriteLine("Not pinned to cores: the figures will spread.");
            return;
        }
        var start = new ProcessStartInfo("taskset") { RedirectStandardOutput = true };
        foreach (var argument in new[] { "-a", "-c", "-p", $"{core}", $"{Environment.ProcessId}" })
            start.ArgumentList.Add(argument);
        using var taskset = Process.Start(start)!;
        taskset.StandardOutput.ReadToEnd();
        taskset.WaitForExit();
    }

    /// <summary>How a program is started on a core; it has the same process id as the one that starts it there.</summary>
    public static ProcessStartInfo StartOn(int core, params string[] command)
    {
        var start = Start(core.ToString(CultureInfo.InvariantCulture), command);
        // Hot code is compiled for good as soon as it is seen to be hot, not when the process has a quiet moment, which a busy one on one core may not have for a minute.
        start.Environment["DOTNET_TC_CallCountingDelayMs"] = "0";
        return start;
    }

    /// <summary>How a program is started as a user starts it: on all cores, with no setting of the runtime's.</summary>
    public static ProcessStartInfo Start(params string[] command) => Start($"0-{Environment.ProcessorCount - 1}", command);

    private static ProcessStartInfo Start(string cores, string[] command)
    {
        // A child would inherit the core of this process.
        if (CanPin)
            command = ["taskset", "-c", cores, .. command];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in command[1..])
            start.ArgumentList.Add(argument);
        return start;
    }
}
