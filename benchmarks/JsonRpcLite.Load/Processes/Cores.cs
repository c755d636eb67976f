using System.Diagnostics;
using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>Starts processes free on all cores or on one core, with the runtime's default settings or with one setting changed.</summary>
internal static class Cores
{
    public const int OfTheServer = 0;
    public const int OfTheLoad = 1;

    /// <summary>The setting with which the runtime fully optimizes hot code as soon as it is hot.</summary>
    /// <remarks>By default the runtime waits until the process has had 100 ms without new methods, which a busy process on one core may not have for a minute.</remarks>
    public const string TunedSetting = "DOTNET_TC_CallCountingDelayMs=0";

    /// <summary>Whether processes can be pinned to a core: only Linux has <c>taskset</c>.</summary>
    public static bool CanPin { get; } = OperatingSystem.IsLinux() && Environment.ProcessorCount > 1;

    /// <param name="placement">The cores it may use, and the setting of the runtime.</param>
    /// <param name="core">The core, if the process is pinned.</param>
    /// <param name="command">The program and its arguments.</param>
    public static ProcessStartInfo Start(Placement placement, int core, string[] command)
    {
        // The process keeps the id of taskset, which becomes the program.
        if (placement != Placement.Free && CanPin)
            command = ["taskset", "-c", core.ToString(CultureInfo.InvariantCulture), .. command];
        var start = new ProcessStartInfo(command[0]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in command[1..])
            start.ArgumentList.Add(argument);
        // Settings of the runtime from the caller's shell are not defaults. DOTNET_ROOT locates the runtime.
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
