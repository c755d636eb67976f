using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>The kernel's figures of a process; on Linux only, elsewhere not a number.</summary>
internal static class Footprint
{
    /// <summary>The resident memory, in bytes.</summary>
    public static double Resident(int process) => KibibytesOf(process, "VmRSS:");

    /// <summary>The peak of the resident memory, in bytes.</summary>
    public static double Peak(int process) => KibibytesOf(process, "VmHWM:");

    /// <summary>The maximum number of descriptors of a child process. .NET and Node raise their limit to it.</summary>
    public static long DescriptorLimit()
    {
        if (!OperatingSystem.IsLinux())
            return long.MaxValue;
        var limit = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        return long.TryParse(limit.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4], CultureInfo.InvariantCulture, out var count) ? count : long.MaxValue;
    }

    private static double KibibytesOf(int process, string name)
    {
        var file = $"/proc/{process}/status";
        return File.Exists(file) ? Find(file, name) * 1024 : double.NaN;
    }

    private static double Find(string file, string name)
    {
        // A process that has just ended has no memory any more.
        var line = File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? double.NaN : double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
