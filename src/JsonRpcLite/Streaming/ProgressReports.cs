namespace JsonRpcLite;

/// <summary>Takes what a function reports, on any thread: the latest report that has not been sent. Those in between are dropped, so that a slow client costs no memory.</summary>
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

    /// <summary>Sets what to signal; with <c>null</c> reports are only kept.</summary>
    public void SendTo(StreamSignal? signal)
    {
        bool hasOne;
        lock (_lock)
            (_signal, hasOne) = (signal, _hasLatest);
        // The function may have begun before.
        if (hasOne)
            signal?.Set(StreamEvents.Reported);
    }

    /// <summary>The latest report, if there is one that was not taken.</summary>
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
