using System.Globalization;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>Checks the ranges of settings: each rule once, with the text that describes it.</summary>
/// <remarks>A property's setter passes its value through, <c>set => field = SettingCheck.AtLeast(1, value)</c>, and the message names the property.</remarks>
internal static class SettingCheck
{
    private const string AboveZero = "above 0 and at most 24 days";

    public static int AtLeast(int least, int value, [CallerMemberName] string property = "") =>
        value >= least ? value : throw NotInRange(value, Text($"at least {least}"), property);

    public static long AtLeast(long least, long value, [CallerMemberName] string property = "") =>
        value >= least ? value : throw NotInRange(value, Text($"at least {least}"), property);

    public static int Between(int least, int most, int value, [CallerMemberName] string property = "") =>
        value >= least && value <= most ? value : throw NotInRange(value, Text($"at least {least} and at most {most}"), property);

    public static TimeSpan Time(TimeSpan value, [CallerMemberName] string property = "") =>
        value >= TimeSpan.Zero && IsForTimer(value) ? value : throw NotInRange(value, "at least 0 and at most 24 days", property);

    public static TimeSpan TimeAboveZero(TimeSpan value, [CallerMemberName] string property = "") =>
        value > TimeSpan.Zero && IsForTimer(value) ? value : throw NotInRange(value, AboveZero, property);

    public static TimeSpan TimeAboveZeroOrInfinite(TimeSpan value, [CallerMemberName] string property = "") =>
        value > TimeSpan.Zero && IsForTimer(value) || value == Timeout.InfiniteTimeSpan
            ? value
            : throw NotInRange(value, $"{AboveZero}, or {nameof(Timeout)}.{nameof(Timeout.InfiniteTimeSpan)}", property);

    public static T That<T>(bool isInRange, T value, string range, [CallerMemberName] string property = "") =>
        isInRange ? value : throw NotInRange(value, range, property);

    private static ArgumentOutOfRangeException NotInRange(object? value, string range, string property) =>
        new(property, value, Text($"{property} must be {range}; it is {value}."));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether a timer can wait for this time.</summary>
    private static bool IsForTimer(TimeSpan time) => time.TotalMilliseconds <= int.MaxValue;
}
