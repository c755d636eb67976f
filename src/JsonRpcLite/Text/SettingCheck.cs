using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>The ranges that settings have: each rule once, with the sentence that tells it.</summary>
/// <param name="owner">The name of the type that has the properties.</param>
internal readonly struct SettingCheck(string owner)
{
    private const string AboveZero = "above 0 and at most 24 days";

    public void AtLeast(long least, long value, [CallerArgumentExpression(nameof(value))] string property = "") =>
        That(value >= least, value, $"at least {least}", property);

    public void Between(int least, int most, int value, [CallerArgumentExpression(nameof(value))] string property = "") =>
        That(value >= least && value <= most, value, $"at least {least} and at most {most}", property);

    public void Time(TimeSpan value, [CallerArgumentExpression(nameof(value))] string property = "") =>
        That(value >= TimeSpan.Zero && IsForTimer(value), value, "at least 0 and at most 24 days", property);

    /// <returns>The time, for a property that is checked when it is set.</returns>
    public TimeSpan TimeAboveZero(TimeSpan value, [CallerArgumentExpression(nameof(value))] string property = "")
    {
        That(value > TimeSpan.Zero && IsForTimer(value), value, AboveZero, property);
        return value;
    }

    public void TimeAboveZeroOrInfinite(TimeSpan value, [CallerArgumentExpression(nameof(value))] string property = "") =>
        That(value > TimeSpan.Zero && IsForTimer(value) || value == Timeout.InfiniteTimeSpan, value, $"{AboveZero}, or {nameof(Timeout)}.{nameof(Timeout.InfiniteTimeSpan)}", property);

    public void That<T>(bool isInRange, T value, string range, [CallerArgumentExpression(nameof(value))] string property = "")
    {
        if (!isInRange)
            throw new ArgumentOutOfRangeException(property, value, $"{owner}.{property} must be {range}.");
    }

    /// <summary>What a timer can wait for.</summary>
    private static bool IsForTimer(TimeSpan time) => time.TotalMilliseconds <= int.MaxValue;
}
