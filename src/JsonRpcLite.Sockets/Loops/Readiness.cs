namespace JsonRpcLite;

/// <summary>
/// One direction of a wire between two threads: the one that uses it, which may have to wait, and the one that tells it what has happened. Whichever of them comes second finds
/// what the first has left, so that nothing is waited for that was told already.
/// </summary>
internal struct Readiness
{
    private const int Ready = 1;
    private const int Waiting = 2;
    private const int Closed = 4;

    private int _bits;

    /// <summary>Whether it is worth trying.</summary>
    public readonly bool IsReady => (Volatile.Read(in _bits) & (Ready | Closed)) != 0;

    /// <summary>Before trying: what is told from here on counts for the next time.</summary>
    public bool TryTake() => (Interlocked.And(ref _bits, ~Ready) & (Ready | Closed)) != 0;

    /// <summary>After trying: there may be more.</summary>
    public void Keep() => Interlocked.Or(ref _bits, Ready);

    /// <summary>After trying in vain. <c>false</c>: something was told meanwhile, try again. <c>true</c>: somebody else completes the wait, from now on.</summary>
    public bool TryWait() => (Interlocked.Or(ref _bits, Waiting) & (Ready | Closed)) == 0 || !TryEndWait();

    /// <summary>Tells that it is ready; <c>true</c> charges the caller with completing the wait.</summary>
    public bool Signal()
    {
        // Nearly every event says that a socket can be written to: nothing new.
        return Volatile.Read(ref _bits) != Ready && (Interlocked.Or(ref _bits, Ready) & Waiting) != 0 && TryEndWait();
    }

    /// <summary>Tells that there is nothing to wait for any more; as <see cref="Signal"/>.</summary>
    public bool Close() => (Interlocked.Or(ref _bits, Closed) & Waiting) != 0 && TryEndWait();

    private bool TryEndWait() => (Interlocked.And(ref _bits, ~Waiting) & Waiting) != 0;
}
