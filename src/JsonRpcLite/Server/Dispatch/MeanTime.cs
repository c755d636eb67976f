namespace JsonRpcLite;

/// <summary>The mean time of a method's calls, in which the newest count most. Thread-safe: of two that are added at once, one may be lost.</summary>
internal sealed class MeanTime
{
    /// <summary>The newest counts an eighth, all before it the rest.</summary>
    private const int Weight = 8;

    private long _ticks = -1;

    /// <summary>The mean, in the unit of the times that were added; <c>null</c> before the first.</summary>
    public long? Ticks => Volatile.Read(ref _ticks) is >= 0 and var ticks ? ticks : null;

    public void Add(long ticks)
    {
        var before = Volatile.Read(ref _ticks);
        Volatile.Write(ref _ticks, before < 0 ? ticks : before + (ticks - before) / Weight);
    }
}
