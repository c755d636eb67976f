using System.Diagnostics;
using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>Starts processes free on all cores or on one core, with the runtime's default settings or with one setting changed.</summary>
internal static class Cores
{
    public const int OfTheServer = 0;
    public const int OfTheLoad = 1;

    /// <summary>
    /// With this setting the runtime compiles hot code for good as soon as it is hot. By default it waits until the process has had 100 ms without new methods, which a busy
    /// process on one core may not have for a minute.
    /// </summary>
    public const string TunedSetting = "DOTNET_TC_CallCountingDelayMs=0";

    /// <summary>Only Linux has <c>taskset</c>.</summary>
    public static bool CanPin { get; } = OperatingSystem.IsLinux() && Environment.ProcessorCount > 1;

    /// <param name="placement">Where it may run, and with which setting.</param>
    /// <param name="core">Its core, where it has one.</param>
    /// <param name="command">The program and its arguments.</param>
    public static ProcessStartInfo Start(Placement placement, int core, string[] command)
    {
        // The process keeps the id of taskset, which becomes the program.
        if (placement != Placement.Free && CanPin)
            command = ["taskset", "-c", core.ToString(CultureInfo.InvariantCulture), .. command];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in command[1..])
            start.ArgumentList.Add(argument);
        // What the caller's shell sets for the runtime is not a default. DOTNET_ROOT says where the runtime is.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("DOTNET_", StringComparison.Ordinal)).ToList())
        {
            if (!name.StartsWith("DOTNET_ROOT", StringComparison.Ordinal))
                start.Environment.Remove(name);
        }
        if (placement == Placement.Tuned)
        {
            var setting = TunedSetting.Split('=');
            start.Environment[setting[0]] = setting[1];
        }
        return start;
    }
}
