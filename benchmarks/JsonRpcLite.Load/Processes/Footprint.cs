using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>What the kernel knows of a process from outside; Linux only, elsewhere not a number.</summary>
internal static class Footprint
{
    /// <summary>Resident memory in bytes.</summary>
    public static double Resident(int process) => KibibytesOf(process, "VmRSS:");

    /// <summary>The most resident memory there ever was, in bytes.</summary>
    public static double Peak(int process) => KibibytesOf(process, "VmHWM:");

    /// <summary>How many descriptors a process started from here may have at most. .NET and Node take as many by themselves.</summary>
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
