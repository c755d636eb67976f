using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>
/// Counts calls, each caller's of each method by itself: a bucket that holds a second's worth of calls and fills evenly. Thread-safe; a call allocates nothing.
/// </summary>
/// <remarks>
/// A bucket that has not been used for a second is full again, which is what a new one is: it can be forgotten. So buckets live in two generations. A new generation begins every
/// second, or when one has half of all that there may be, and the one before the last is dropped; a bucket that is used moves to the new one. Only where more callers come within a
/// second than there may be buckets are those forgotten too early that were used the longest time ago, and memory stays bounded.
/// </remarks>
internal sealed class CallRates
{
    /// <summary>So many buckets take about 16 MiB, with the texts of their keys.</summary>
    public const int DefaultMostBuckets = 100_000;

    private readonly TimeProvider _clock;
    private readonly Shard[] _shards;

    /// <param name="clock">What time it is.</param>
    /// <param name="mostBuckets">How many buckets there may be.</param>
    /// <param name="shards">How many parts have a lock of their own.</param>
    public CallRates(TimeProvider clock, int mostBuckets = DefaultMostBuckets, int shards = 16)
    {
        _clock = clock;
        _shards = new Shard[shards];
        for (var i = 0; i < shards; i++)
            _shards[i] = new Shard(Math.Max(1, mostBuckets / shards / 2), clock.TimestampFrequency);
    }

    /// <summary>How many buckets there are now, for tests.</summary>
    public int Count => _shards.Sum(shard => shard.Count);

    /// <summary>Takes a call from its bucket. False where there is none: then it says when there will be one.</summary>
    public bool TryTake(JsonRpcCaller caller, string method, int perSecond, out TimeSpan retryAfter)
    {
        var key = new Key(caller, method);
        var ticks = _shards[(uint)key.GetHashCode() % (uint)_shards.Length].Take(key, perSecond, _clock.GetTimestamp());
        retryAfter = ticks == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)ticks / _clock.TimestampFrequency);
        return ticks == 0;
    }

    private readonly record struct Key(JsonRpcCaller Caller, string Method);

    /// <summary>How much a bucket holds: a call is as much as the clock has ticks in a second, so that all sums are whole numbers.</summary>
    private record struct Bucket(long Content, long FilledAt);

    private sealed class Shard(int mostOfGeneration, long ticksPerSecond)
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

        /// <summary>0 where the call may run; else in how many ticks it may.</summary>
        public long Take(in Key key, int perSecond, long now)
        {
            lock (_lock)
            {
                if (_began == long.MinValue || now - _began >= ticksPerSecond || _new.Count >= mostOfGeneration)
                    BeginGeneration(now);
                ref var bucket = ref CollectionsMarshal.GetValueRefOrAddDefault(_new, key, out var exists);
                var most = perSecond * ticksPerSecond;
                if (!exists && !_old.Remove(key, out bucket))
                    bucket = new Bucket(most, now);
                // A second fills it, however long ago it was used. Two threads may have read the clock in another order than they come here.
                var passed = Math.Clamp(now - bucket.FilledAt, 0, ticksPerSecond);
                bucket = new Bucket(Math.Min(most, bucket.Content + passed * perSecond), Math.Max(now, bucket.FilledAt));
                if (bucket.Content < ticksPerSecond)
                    return (ticksPerSecond - bucket.Content + perSecond - 1) / perSecond;
                bucket.Content -= ticksPerSecond;
                return 0;
            }
        }

        private void BeginGeneration(long now)
        {
            const int smallest = 1024;
            _began = now;
            (_old, _new) = (_new, _old);
            // What a flood has left behind is not kept for ever.
            if (_new.Capacity > Math.Max(smallest, 4 * _old.Count))
                _new = [];
            else
                _new.Clear();
        }
    }
}
