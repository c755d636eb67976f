namespace JsonRpcLite;

/// <summary>How often a timer looks at limits of time, and how many unused objects are kept.</summary>
internal static class Housekeeping
{
    /// <summary>In milliseconds. No limit makes a timer look more often than this.</summary>
    public const int ShortestTick = 10;

    /// <summary>More unused objects of one kind are not kept: a burst need not be remembered for ever.</summary>
    public const int MaxIdle = 256;

    private const int LongestTick = 1000;

    /// <summary>How often to look at limits of which this is the shortest: ten times within it, but neither all the time nor less than once a second.</summary>
    public static TimeSpan TickFor(TimeSpan shortest) => TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 10, ShortestTick, LongestTick));
}
