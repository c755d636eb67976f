using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>The result of one slice of a load or a client.</summary>
/// <remarks>The waits are in microseconds.</remarks>
internal readonly record struct LoadSample(long Calls, double Seconds, double MedianWait, double HighWait)
{
    /// <param name="time">The duration of the slice.</param>
    /// <param name="waits">The times of the calls, in microseconds, which are sorted here.</param>
    public static LoadSample Of(TimeSpan time, List<double> waits)
    {
        waits.Sort();
        return new LoadSample(waits.Count, time.TotalSeconds, At(0.5), At(0.99));

        double At(double quantile) => waits.Count == 0 ? double.NaN : waits[(int)(quantile * (waits.Count - 1))];
    }

    public static LoadSample Parse(string text)
    {
        var parts = text.Split(' ');
        return new LoadSample(long.Parse(parts[0], CultureInfo.InvariantCulture), Number(1), Number(2), Number(3));

        double Number(int part) => double.Parse(parts[part], CultureInfo.InvariantCulture);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Calls} {Seconds} {MedianWait:0.0} {HighWait:0.0}");
}
