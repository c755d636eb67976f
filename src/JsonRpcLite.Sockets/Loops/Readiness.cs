namespace JsonRpcLite;

/// <summary>The readiness of one direction of a wire, shared by the thread that uses it and the thread that signals its events.</summary>
/// <remarks>
/// Both threads change _bits by one atomic operation: the using thread sets Waiting, the signaling thread sets Ready or Closed. The second one sees the bit of the first, so that
/// the using thread never waits for a signal that has already been given.
/// </remarks>
internal struct Readiness
{
    private const int Ready = 1;
    private const int Waiting = 2;
    private const int Closed = 4;

    private int _bits;

    /// <summary>Whether an attempt may succeed.</summary>
    public readonly bool IsReady => (Volatile.Read(in _bits) & (Ready | Closed)) != 0;

    /// <summary>Clears the readiness before an attempt.</summary>
    /// <remarks>Later signals count for the next attempt.</remarks>
    public bool TryTake() => (Interlocked.And(ref _bits, ~Ready) & (Ready | Closed)) != 0;

    /// <summary>Sets the readiness after an attempt: there may be more.</summary>
    public void Keep() => Interlocked.Or(ref _bits, Ready);

    /// <summary>Begins to wait after a failed attempt; <c>false</c> means that a signal came in the meantime and the caller must retry.</summary>
    /// <remarks>After <c>true</c>, the thread that signals completes the wait.</remarks>
    public bool TryWait() => (Interlocked.Or(ref _bits, Waiting) & (Ready | Closed)) == 0 || !TryEndWait();

    /// <summary>Signals readiness; <c>true</c> means that the caller must complete the wait.</summary>
    public bool Signal()
    {
        // Nearly every event reports that the socket is writable, which is not new.
        return Volatile.Read(ref _bits) != Ready && (Interlocked.Or(ref _bits, Ready) & Waiting) != 0 && TryEndWait();
    }

    /// <summary>Signals that nothing will come any more; returns the same as <see cref="Signal"/>.</summary>
    public bool Close() => (Interlocked.Or(ref _bits, Closed) & Waiting) != 0 && TryEndWait();

    private bool TryEndWait() => (Interlocked.And(ref _bits, ~Waiting) & Waiting) != 0;
}
