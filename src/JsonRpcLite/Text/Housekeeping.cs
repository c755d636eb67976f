namespace JsonRpcLite;

/// <summary>Rules for timers that check time limits, and for the number of unused objects that are kept.</summary>
internal static class Housekeeping
{
    /// <summary>The shortest interval of such a timer, in milliseconds, whatever the limit.</summary>
    public const int ShortestTick = 10;

    /// <summary>The maximum number of unused objects of one kind, so that the objects of a burst are not kept for ever.</summary>
    public const int MaxIdle = 256;

    private const int LongestTick = 1000;

    /// <summary>Returns the interval for checking time limits: a tenth of the shortest one.</summary>
    /// <remarks>It is at least 10 ms and at most 1 s.</remarks>
    public static TimeSpan TickFor(TimeSpan shortest) => TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 10, ShortestTick, LongestTick));
}
