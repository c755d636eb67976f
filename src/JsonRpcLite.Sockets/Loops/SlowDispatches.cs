namespace JsonRpcLite;

/// <summary>
/// Whether a loop's turns are slow as a rule: by their rate, and by more than a few, since any turn may be slow once, for want of processor time or for a collection of garbage.
/// </summary>
internal sealed class SlowDispatches
{
    /// <summary>Fewer make no rule, however few quick ones were beside them.</summary>
    private const int Least = 16;

    /// <summary>Rarer is no rule.</summary>
    private const int OneIn = 8;

    private int _slow;
    private long _dispatchesBefore;

    /// <summary>A turn was slow. Thread-safe.</summary>
    public void Add() => Interlocked.Increment(ref _slow);

    /// <summary>Judges by the turns since the last time alone.</summary>
    /// <param name="turns">How many turns, slow or not, there ever were.</param>
    public bool AreTheRule(long turns)
    {
        var slow = Interlocked.Exchange(ref _slow, 0);
        var all = turns - _dispatchesBefore;
        _dispatchesBefore = turns;
        return slow >= Least && slow * OneIn >= all;
    }
}
