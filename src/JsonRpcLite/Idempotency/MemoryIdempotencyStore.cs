namespace JsonRpcLite;

/// <summary>Stores idempotency keys in the memory of the process.</summary>
/// <remarks>
/// <para>The keys are lost with the process: a call that is repeated after a restart, or at another server, runs again. Thread-safe.</para>
/// <para>When the store is full, a call with a new key is rejected (-32000, 503); stored keys are never evicted. An authenticated caller uses at most a tenth of the store. All
/// unauthenticated callers together use at most nine tenths, so that they leave room for the others.</para>
/// <para>The key of a running call is kept until the call ends, however long that takes, and counts towards <see cref="MaxKeys"/>.</para>
/// </remarks>
public sealed class MemoryIdempotencyStore : IdempotencyStore
{
    /// <summary>The approximate size of a key besides its text and its outcome, in bytes.</summary>
    private const int Overhead = 200;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Keys, long Bytes)> _callers = new(StringComparer.Ordinal);

    /// <summary>When the keys of ended calls expire, in this order, since all are kept for the same time.</summary>
    /// <remarks>Each key is in <see cref="_kept"/>.</remarks>
    private readonly Queue<(DateTimeOffset End, string Text)> _ends = [];
    private readonly TimeProvider _timeProvider;
    private long _lastReservation;
    private long _bytes;

    /// <summary>Creates an empty store.</summary>
    /// <param name="timeProvider">The clock; <c>null</c>, the default, is the system's clock.</param>
    public MemoryIdempotencyStore(TimeProvider? timeProvider = null) => _timeProvider = timeProvider ?? TimeProvider.System;

    /// <summary>The time for which a key is kept after its call has ended.</summary>
    /// <remarks>Document it for your callers.</remarks>
    /// <value>Above 0 and at most 24 days; 24 h by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Retention { get; init => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromHours(24);

    /// <summary>The maximum number of keys, including those of running calls.</summary>
    /// <value>At least 10; 10,000 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxKeys { get; init => field = SettingCheck.AtLeast(10, value); } = 10_000;

    /// <summary>The approximate maximum memory for keys and outcomes, in bytes.</summary>
    /// <remarks>An outcome that does not fit is not stored: calls with its key are answered with -32022 (<see cref="JsonRpcErrorCodes.OutcomeUnknown"/>).</remarks>
    /// <value>At least 64 KiB; 64 MiB by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public long MaxBytes { get; init => field = SettingCheck.AtLeast(64 * 1024L, value); } = 64 * 1024 * 1024;

    /// <inheritdoc/>
    public override ValueTask<IdempotencyEntry> BeginAsync(IdempotencyStoreKey key, ReadOnlyMemory<byte> fingerprint, TimeSpan lease, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_lock)
            return new(Begin(key, fingerprint, lease, _timeProvider.GetUtcNow()));
    }

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(IdempotencyStoreKey key, long reservation, ReadOnlyMemory<byte> outcome)
    {
        lock (_lock)
        {
            if (!_kept.TryGetValue(key.Text, out var kept) || kept.Reservation != reservation || kept.State != IdempotencyState.InProgress)
                return default;
            _ends.Enqueue((_timeProvider.GetUtcNow() + Retention, key.Text));
            if (HasRoom(key.Caller, keys: 0, outcome.Length))
            {
                kept.Outcome = outcome.ToArray();
                kept.State = IdempotencyState.Completed;
                Count(key.Caller, keys: 0, outcome.Length);
            }
            else
                kept.State = IdempotencyState.Unknown;
        }
        return default;
    }

    /// <inheritdoc/>
    public override ValueTask AbandonAsync(IdempotencyStoreKey key, long reservation)
    {
        lock (_lock)
        {
            if (_kept.TryGetValue(key.Text, out var kept) && kept.Reservation == reservation && kept.State == IdempotencyState.InProgress)
                Remove(key.Text, kept);
        }
        return default;
    }

    private IdempotencyEntry Begin(IdempotencyStoreKey key, ReadOnlyMemory<byte> fingerprint, TimeSpan lease, DateTimeOffset now)
    {
        while (_ends.TryPeek(out var first) && first.End <= now)
        {
            _ends.Dequeue();
            Remove(first.Text, _kept[first.Text]);
        }
        if (_kept.TryGetValue(key.Text, out var kept))
        {
            if (!kept.Fingerprint.AsSpan().SequenceEqual(fingerprint.Span))
                return new(IdempotencyState.KeyReused);
            return kept.State == IdempotencyState.InProgress && kept.LeaseEnd <= now ? new(IdempotencyState.Unknown) : new(kept.State, Outcome: kept.Outcome);
        }
        var size = Overhead + 2 * key.Text.Length + fingerprint.Length;
        if (!HasRoom(key.Caller, keys: 1, size))
            return new(IdempotencyState.Full);
        var reservation = ++_lastReservation;
        _kept.Add(key.Text, new Kept(key.Caller, reservation, fingerprint.ToArray(), now + lease, size));
        Count(key.Caller, keys: 1, size);
        return new(IdempotencyState.New, reservation);
    }

    private bool HasRoom(string caller, int keys, long bytes)
    {
        if (_kept.Count + keys > MaxKeys || _bytes + bytes > MaxBytes)
            return false;
        var held = _callers.GetValueOrDefault(caller);
        return held.Keys + keys <= ShareOf(MaxKeys) && held.Bytes + bytes <= ShareOf(MaxBytes);

        long ShareOf(long whole) => caller.Length == 0 ? whole - whole / 10 : whole / 10;
    }

    private void Count(string caller, int keys, long bytes)
    {
        _bytes += bytes;
        var held = _callers.GetValueOrDefault(caller);
        held = (held.Keys + keys, held.Bytes + bytes);
        if (held.Keys == 0)
            _callers.Remove(caller);
        else
            _callers[caller] = held;
    }

    private void Remove(string text, Kept kept)
    {
        _kept.Remove(text);
        Count(kept.Caller, keys: -1, -(kept.Size + kept.Outcome.Length));
    }

    private sealed class Kept(string caller, long reservation, byte[] fingerprint, DateTimeOffset leaseEnd, int size)
    {
        public string Caller => caller;

        public long Reservation => reservation;

        public byte[] Fingerprint => fingerprint;

        public DateTimeOffset LeaseEnd => leaseEnd;

        /// <summary>The size without the outcome.</summary>
        public int Size => size;

        public IdempotencyState State { get; set; } = IdempotencyState.InProgress;

        public byte[] Outcome { get; set; } = [];
    }
}
