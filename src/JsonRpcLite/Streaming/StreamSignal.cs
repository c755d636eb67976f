using System.Threading.Tasks.Sources;

namespace JsonRpcLite;

/// <summary>
/// What the one writer of a stream waits for: its function, and the time. Others signal, on any thread; one waits, again and again, and allocates nothing for it.
/// </summary>
internal sealed class StreamSignal : IValueTaskSource
{
    /// <summary>Beside the events: the writer waits.</summary>
    private const int Waiting = 1 << 8;

    private ManualResetValueTaskSourceCore<bool> _source;
    private int _word;

    /// <summary>Something has happened. Goes on with the waiting code on this thread.</summary>
    public void Set(StreamEvents events)
    {
        // In one step: a thread that took the wait away after it has seen it could end the next wait, for which nothing has happened.
        int before;
        do
            before = Volatile.Read(ref _word);
        while (Interlocked.CompareExchange(ref _word, (before | (int)events) & ~Waiting, before) != before);
        if ((before & Waiting) != 0)
            _source.SetResult(true);
    }

    /// <summary>Waits until something has happened that was not taken yet.</summary>
    public ValueTask WaitAsync()
    {
        _source.Reset();
        return Interlocked.CompareExchange(ref _word, Waiting, 0) == 0 ? new ValueTask(this, _source.Version) : default;
    }

    /// <summary>All that has happened since the last time.</summary>
    public StreamEvents Take() => (StreamEvents)Interlocked.Exchange(ref _word, 0);

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}

/// <summary>What happens to a stream.</summary>
[Flags]
internal enum StreamEvents
{
    None,

    /// <summary>The function has made an item, or has ended.</summary>
    Ready = 1,

    /// <summary>The function has reported its progress.</summary>
    Reported = 2,

    /// <summary>It may be time for a heart-beat.</summary>
    TimePassed = 4,
}
