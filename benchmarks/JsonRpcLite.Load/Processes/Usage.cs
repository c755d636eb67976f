using System.Globalization;
using System.Runtime.InteropServices;

namespace JsonRpcLite.Load;

/// <summary>
/// What a process has used up so far: its time on a core, user and system, the bytes it has allocated, and how often its threads left a core, to wait or for others. Not a number
/// where it cannot know.
/// </summary>
internal readonly partial record struct Usage(double Microseconds, double Bytes, double Switches)
{
    /// <summary>Where a struct rusage, in words of eight bytes, has the switches of those who wait, and of those who have to; and its length.</summary>
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
