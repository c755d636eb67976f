namespace JsonRpcLite;

/// <summary>What a connection is doing, and until when it may. Thread-safe.</summary>
internal sealed class ConnectionState(ConnectionClock clock, TimeSpan headTime)
{
    private int _phase = (int)ConnectionPhase.Head;
    private long _deadline = clock.In(headTime);

    public ConnectionPhase Phase => (ConnectionPhase)Volatile.Read(ref _phase);

    /// <summary>Moves on, unless somebody else has.</summary>
    public bool TryMove(ConnectionPhase from, ConnectionPhase to) => Interlocked.CompareExchange(ref _phase, (int)to, (int)from) == (int)from;

    /// <summary>The same, to a phase that may last so long.</summary>
    public bool TryMove(ConnectionPhase from, ConnectionPhase to, TimeSpan time)
    {
        if (Phase != from)
            return false;
        // Before the clock can see the phase.
        Prolong(time);
        return TryMove(from, to);
    }

    /// <summary>The phase may last so long from now on.</summary>
    public void Prolong(TimeSpan time) => Volatile.Write(ref _deadline, clock.In(time));

    public bool IsOver(long now) => now > Volatile.Read(ref _deadline);

    /// <summary>From whatever it was.</summary>
    public void End() => Volatile.Write(ref _phase, (int)ConnectionPhase.Ended);
}
