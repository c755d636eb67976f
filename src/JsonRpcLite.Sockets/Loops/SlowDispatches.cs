namespace JsonRpcLite;

/// <summary>Decides whether the dispatches of a loop are usually slow.</summary>
/// <remarks>It takes both a rate and a minimum number, because any single dispatch may be slow for want of CPU time or because of a garbage collection.</remarks>
internal sealed class SlowDispatches
{
    /// <summary>The minimum number of slow dispatches, however few quick ones there were.</summary>
    private const int Least = 16;

    /// <summary>The minimum rate: one of so many dispatches must be slow.</summary>
    private const int OneIn = 8;

    private int _slow;
    private long _dispatchesBefore;

    /// <summary>Counts a slow dispatch.</summary>
    /// <remarks>Thread-safe.</remarks>
    public void Add() => Interlocked.Increment(ref _slow);

    /// <summary>Judges by the dispatches since the last call only.</summary>
    /// <param name="dispatches">The total number of dispatches so far, slow or not.</param>
    public bool AreTheRule(long dispatches)
    {
        var slow = Interlocked.Exchange(ref _slow, 0);
        var all = dispatches - _dispatchesBefore;
        _dispatchesBefore = dispatches;
        return slow >= Least && slow * OneIn >= all;
    }
}
