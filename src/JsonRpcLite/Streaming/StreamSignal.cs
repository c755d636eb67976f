using System.Threading.Tasks.Sources;

namespace JsonRpcLite;

/// <summary>The signal for which the single writer of a stream waits: its function, or a timer.</summary>
/// <remarks>Other threads set the signal; the writer waits repeatedly, without allocating.</remarks>
internal sealed class StreamSignal : IValueTaskSource
{
    /// <summary>The bit next to the events that says that the writer waits.</summary>
    private const int Waiting = 1 << 8;

    private ManualResetValueTaskSourceCore<bool> _source;
    private int _word;

    /// <summary>Reports an event, and continues the waiting code on this thread.</summary>
    public void Set(StreamEvents events)
    {
        // Adding the events and clearing Waiting in _word is one step. Otherwise the thread that signals could clear Waiting of the writer's next wait, and end it although no
        // event occurred.
        int before;
        do
            before = Volatile.Read(ref _word);
        while (Interlocked.CompareExchange(ref _word, (before | (int)events) & ~Waiting, before) != before);
        if ((before & Waiting) != 0)
            _source.SetResult(true);
    }

    /// <summary>Waits until there is an event that was not taken yet.</summary>
    public ValueTask WaitAsync()
    {
        _source.Reset();
        return Interlocked.CompareExchange(ref _word, Waiting, 0) == 0 ? new ValueTask(this, _source.Version) : default;
    }

    /// <summary>Takes all events since the last call.</summary>
    public StreamEvents Take() => (StreamEvents)Interlocked.Exchange(ref _word, 0);

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}

/// <summary>The events of a stream.</summary>
[Flags]
internal enum StreamEvents
{
    None,

    /// <summary>The function has produced an item, or has ended.</summary>
    Ready = 1,

    /// <summary>The function has reported its progress.</summary>
    Reported = 2,

    /// <summary>It may be time for a heartbeat.</summary>
    TimePassed = 4,
}
