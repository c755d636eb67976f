namespace JsonRpcLite;

/// <summary>
/// Keeps idempotency keys in the memory of the process, and loses them with it: a call that is repeated after a restart, or at another server, runs again. Thread-safe.
/// </summary>
/// <remarks>
/// When it is full, a call with a new key is refused (-32000, 503), and none that is kept is forgotten to make room. A caller that is authenticated holds at most a tenth of it.
/// </remarks>
public sealed class MemoryIdempotencyStore : IdempotencyStore
{
    /// <summary>What a key costs besides its text and its outcome, about.</summary>
    private const int Overhead = 200;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Keys, long Bytes)> _callers = new(StringComparer.Ordinal);

    /// <summary>In the order in which they end, since all are kept for the same time.</summary>
    private readonly Queue<(DateTimeOffset End, string Text, long Reservation)> _ends = [];
    private readonly TimeProvider _timeProvider;
    private long _lastReservation;
    private long _bytes;

    /// <summary>Makes an empty store.</summary>
    /// <param name="timeProvider">The clock; <c>null</c>, the default, is the system's.</param>
    public MemoryIdempotencyStore(TimeProvider? timeProvider = null) => _timeProvider = timeProvider ?? TimeProvider.System;

    /// <summary>How long a key is kept, from when its call began. Tell your callers.</summary>
    /// <value>Above 0 and at most 24 days; 24 h by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Retention { get; init => field = SettingCheck.TimeAboveZero(value); } = TimeSpan.FromHours(24);

    /// <summary>How many keys are kept.</summary>
    /// <value>At least 10; 10,000 by default.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxKeys { get; init => field = SettingCheck.AtLeast(10, value); } = 10_000;

    /// <summary>How much memory keys and outcomes take, about, in bytes. An outcome for which there is no room is not kept: its key then says that the outcome is unknown.</summary>
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
            if (!_kept.TryGetValue(key.Text, out var kept) || kept.Reservation != reservation || kept.State == IdempotencyState.Completed)
                return default;
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
            if (_kept.TryGetValue(key.Text, out var kept) && kept.Reservation == reservation && kept.State != IdempotencyState.Completed)
                Remove(key.Text, kept);
        }
        return default;
    }

    private IdempotencyEntry Begin(IdempotencyStoreKey key, ReadOnlyMemory<byte> fingerprint, TimeSpan lease, DateTimeOffset now)
    {
        while (_ends.TryPeek(out var first) && first.End <= now)
        {
            _ends.Dequeue();
            // The key may have been abandoned, and used anew.
            if (!_kept.TryGetValue(first.Text, out var old) || old.Reservation != first.Reservation)
                continue;
            // A call that still runs keeps its key.
            if (old.State == IdempotencyState.InProgress && old.LeaseEnd > now)
                _ends.Enqueue((now + Retention, first.Text, first.Reservation));
            else
                Remove(first.Text, old);
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
        _ends.Enqueue((now + Retention, key.Text, reservation));
        Count(key.Caller, keys: 1, size);
        return new(IdempotencyState.New, reservation);
    }

    private bool HasRoom(string caller, int keys, long bytes)
    {
        if (_kept.Count + keys > MaxKeys || _bytes + bytes > MaxBytes)
            return false;
        // Nobody in particular is everybody.
        var held = _callers.GetValueOrDefault(caller);
        return caller.Length == 0 || held.Keys + keys <= MaxKeys / 10 && held.Bytes + bytes <= MaxBytes / 10;
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
        // Nothing is left of keys that were abandoned.
        if (_ends.Count > 2 * _kept.Count + 1000)
        {
            var ends = _ends.Where(end => _kept.TryGetValue(end.Text, out var other) && other.Reservation == end.Reservation).ToList();
            _ends.Clear();
            ends.ForEach(_ends.Enqueue);
        }
        Count(kept.Caller, keys: -1, -(kept.Size + kept.Outcome.Length));
    }

    private sealed class Kept(string caller, long reservation, byte[] fingerprint, DateTimeOffset leaseEnd, int size)
    {
        public string Caller => caller;

        public long Reservation => reservation;

        public byte[] Fingerprint => fingerprint;

        public DateTimeOffset LeaseEnd => leaseEnd;

        /// <summary>What it takes without its outcome.</summary>
        public int Size => size;

        public IdempotencyState State { get; set; } = IdempotencyState.InProgress;

        public byte[] Outcome { get; set; } = [];
    }
}
