using System.Globalization;
using System.Runtime.InteropServices;

namespace JsonRpcLite.Load;

/// <summary>The date and the machine of a measurement, without which a figure means nothing.</summary>
internal static class Machine
{
    public static string Description { get; } = string.Create(CultureInfo.InvariantCulture,
        $"{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores ({Processor()}), {System()}, .NET {Environment.Version}");

    private static string Processor() =>
        File.Exists("/proc/cpuinfo") && File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } model
            ? model[(model.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()
            : RuntimeInformation.ProcessArchitecture.ToString();

    private static string System() =>
        File.Exists("/etc/os-release") && File.ReadLines("/etc/os-release").FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal)) is { } name
            ? $"{name[12..].Trim('"')}, Linux {Environment.OSVersion.Version.ToString(2)}"
            : RuntimeInformation.OSDescription;
}
