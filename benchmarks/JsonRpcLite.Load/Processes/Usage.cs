using System.Globalization;
using System.Runtime.InteropServices;

namespace JsonRpcLite.Load;

/// <summary>The resources that a process has used so far.</summary>
/// <remarks>These are its CPU time, user and system, its allocated bytes, and its voluntary and involuntary context switches. Unknown values are not a number.</remarks>
internal readonly partial record struct Usage(double Microseconds, double Bytes, double Switches)
{
    /// <summary>The indices of the context switches in a struct rusage, in words of eight bytes, and its length.</summary>
    private const int Voluntary = 16, Involuntary = 17, Length = 18;

    public static Usage OfThisProcess() => new(Environment.CpuUsage.TotalTime.TotalMicroseconds, GC.GetTotalAllocatedBytes(precise: true), CountSwitches());

    public static Usage Parse(string text)
    {
        var parts = Array.ConvertAll(text.Split(' '), part => double.Parse(part, CultureInfo.InvariantCulture));
        return new Usage(parts[0], parts[1], parts[2]);
    }

    public static Usage operator -(Usage later, Usage earlier) => new(later.Microseconds - earlier.Microseconds, later.Bytes - earlier.Bytes, later.Switches - earlier.Switches);

    public static Usage operator +(Usage one, Usage other) => new(one.Microseconds + other.Microseconds, one.Bytes + other.Bytes, one.Switches + other.Switches);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Microseconds} {Bytes} {Switches}");

    private static double CountSwitches()
    {
        if (!OperatingSystem.IsLinux())
            return double.NaN;
        var usage = new long[Length];
        return AskKernel(0, usage) == 0 ? usage[Voluntary] + usage[Involuntary] : double.NaN;
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int AskKernel(int who, [Out] long[] usage);
}
