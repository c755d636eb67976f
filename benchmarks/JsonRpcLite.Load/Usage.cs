using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>What a process has used up so far: its time on a core, user and system, and the bytes it has allocated.</summary>
internal readonly record struct Usage(double Microseconds, long Bytes)
{
    public static Usage OfThisProcess() => new(Environment.CpuUsage.TotalTime.TotalMicroseconds, GC.GetTotalAllocatedBytes(precise: true));

    public static Usage Parse(string text)
    {
        var parts = text.Split(' ');
        return new Usage(double.Parse(parts[0], CultureInfo.InvariantCulture), long.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    public static Usage operator -(Usage later, Usage earlier) => new(later.Microseconds - earlier.Microseconds, later.Bytes - earlier.Bytes);

    public static Usage operator +(Usage one, Usage other) => new(one.Microseconds + other.Microseconds, one.Bytes + other.Bytes);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Microseconds} {Bytes}");
}
