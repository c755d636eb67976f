using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>Counts the calls of each caller and method.</summary>
/// <remarks>
/// <para>There is a bucket for each caller and method, which holds the calls of a period and refills evenly within it. Thread-safe; a call allocates nothing.</para>
/// <para>A bucket that was not used for a period is full again, like a new one, and can be forgotten. So buckets live in two generations. A new generation begins with every
/// period, or when the current one has half of the maximum number of buckets; then the one before the last is dropped. A bucket that is used moves to the new generation. Buckets
/// are forgotten too early only if more callers come within a period than there may be buckets. These are the buckets that were used the longest time ago, and memory stays
/// bounded.</para>
/// </remarks>
internal sealed class CallRates
{
    /// <summary>The default maximum number of buckets, which take about 16 MiB with the texts of their keys.</summary>
    public const int DefaultMostBuckets = 100_000;

    private readonly TimeProvider _clock;
    private readonly Shard[] _shards;

    /// <param name="clock">The clock.</param>
    /// <param name="mostBuckets">The maximum number of buckets.</param>
    /// <param name="shards">The number of parts, each with its own lock.</param>
    /// <param name="period">The period of the rates; a second by default.</param>
    public CallRates(TimeProvider clock, int mostBuckets = DefaultMostBuckets, int shards = 16, TimeSpan? period = null)
    {
        var ticks = (long)((period ?? TimeSpan.FromSeconds(1)).TotalSeconds * clock.TimestampFrequency);
        _clock = clock;
        _shards = new Shard[shards];
        for (var i = 0; i < shards; i++)
            _shards[i] = new Shard(Math.Max(1, mostBuckets / shards / 2), ticks);
    }

    /// <summary>The current number of buckets, for tests.</summary>
    public int Count => _shards.Sum(shard => shard.Count);

    /// <summary>Takes a call from its bucket; <c>false</c> if the bucket is empty.</summary>
    /// <remarks>Then <paramref name="retryAfter"/> is the time until it has a call again.</remarks>
    public bool TryTake(JsonRpcCaller caller, string method, int limit, out TimeSpan retryAfter)
    {
        var key = new Key(caller, method);
        var ticks = _shards[(uint)key.GetHashCode() % (uint)_shards.Length].Take(key, limit, _clock.GetTimestamp());
        retryAfter = ticks == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)ticks / _clock.TimestampFrequency);
        return ticks == 0;
    }

    private readonly record struct Key(JsonRpcCaller Caller, string Method);

    /// <summary>The content of a bucket.</summary>
    /// <remarks>A call counts as many units as the clock has ticks in a period, so that all sums are whole numbers.</remarks>
    private record struct Bucket(long Content, long FilledAt);

    private sealed class Shard(int mostOfGeneration, long ticksOfPeriod)
    {
        private readonly Lock _lock = new();
        private Dictionary<Key, Bucket> _new = [];
        private Dictionary<Key, Bucket> _old = [];
        private long _began = long.MinValue;

        public int Count
        {
            get
            {
                lock (_lock)
                    return _new.Count + _old.Count;
            }
        }

        /// <summary>Takes a call.</summary>
        /// <returns>0 if the call may run; otherwise the number of ticks until it may.</returns>
        public long Take(in Key key, int limit, long now)
        {
            lock (_lock)
            {
                if (_began == long.MinValue || now - _began >= ticksOfPeriod || _new.Count >= mostOfGeneration)
                    BeginGeneration(now);
                ref var bucket = ref CollectionsMarshal.GetValueRefOrAddDefault(_new, key, out var exists);
                var most = limit * ticksOfPeriod;
                if (!exists && !_old.Remove(key, out bucket))
                    bucket = new Bucket(most, now);
                // A period fills the bucket, however long ago it was used. Two threads may come here in another order than they have read the clock.
                var passed = Math.Clamp(now - bucket.FilledAt, 0, ticksOfPeriod);
                bucket = new Bucket(Math.Min(most, bucket.Content + passed * limit), Math.Max(now, bucket.FilledAt));
                if (bucket.Content < ticksOfPeriod)
                    return (ticksOfPeriod - bucket.Content + limit - 1) / limit;
                bucket.Content -= ticksOfPeriod;
                return 0;
            }
        }

        private void BeginGeneration(long now)
        {
            const int smallest = 1024;
            _began = now;
            (_old, _new) = (_new, _old);
            // The memory of a flood of callers is not kept forever.
            if (_new.Capacity > Math.Max(smallest, 4 * _old.Count))
                _new = [];
            else
                _new.Clear();
        }
    }
}
