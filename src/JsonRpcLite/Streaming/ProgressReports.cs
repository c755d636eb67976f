namespace JsonRpcLite;

/// <summary>Holds the latest unsent report of a function, from any thread.</summary>
/// <remarks>Earlier unsent reports are dropped, so that a slow client costs no memory.</remarks>
internal sealed class ProgressReports<T> : IProgress<T>
{
    private readonly Lock _lock = new();
    private T _latest = default!;
    private bool _hasLatest;
    private StreamSignal? _signal;

    public void Report(T value)
    {
        StreamSignal? signal;
        lock (_lock)
        {
            (_latest, _hasLatest) = (value, true);
            signal = _signal;
        }
        signal?.Set(StreamEvents.Reported);
    }

    /// <summary>Sets the signal for new reports; with <c>null</c>, reports are only stored.</summary>
    public void SendTo(StreamSignal? signal)
    {
        bool hasOne;
        lock (_lock)
            (_signal, hasOne) = (signal, _hasLatest);
        // The function may have reported before.
        if (hasOne)
            signal?.Set(StreamEvents.Reported);
    }

    /// <summary>Takes the latest report, if there is one that was not taken.</summary>
    public bool TryTake(out T latest)
    {
        lock (_lock)
        {
            latest = _latest;
            (_latest, var had) = (default!, _hasLatest);
            _hasLatest = false;
            return had;
        }
    }
}
