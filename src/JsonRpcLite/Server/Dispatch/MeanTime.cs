namespace JsonRpcLite;

/// <summary>The mean time of a method's calls, weighted toward the newest.</summary>
/// <remarks>The class is thread-safe. If two threads add a time at once, one of the two may be lost.</remarks>
internal sealed class MeanTime
{
    /// <summary>The newest time counts one eighth, all earlier ones the rest.</summary>
    private const int Weight = 8;

    private long _ticks = -1;

    /// <summary>The mean, in the unit of the times that were added; <c>null</c> before the first one.</summary>
    public long? Ticks => Volatile.Read(ref _ticks) is >= 0 and var ticks ? ticks : null;

    public void Add(long ticks)
    {
        var before = Volatile.Read(ref _ticks);
        Volatile.Write(ref _ticks, before < 0 ? ticks : before + (ticks - before) / Weight);
    }
}
