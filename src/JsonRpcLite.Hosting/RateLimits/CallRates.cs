using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>
/// Counts calls, each caller's of each method by itself: a bucket that holds the calls of a period and fills evenly within it. Thread-safe; a call
/// allocates nothing.
/// </summary>
/// <remarks>
/// A bucket that has not been used for a period is full again, which is what a new one is: it can be forgotten. So buckets live in two generations. A new generation begins with
/// every period, or when one has half of all that there may be, and the one before the last is dropped; a bucket that is used moves to the new one. Only where more callers come
/// within a period than there may be buckets are those forgotten too early that were used the longest time ago, and memory stays bounded.
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
    /// <param name="period">The period of the rates; a second by default.</param>
    public CallRates(TimeProvider clock, int mostBuckets = DefaultMostBuckets, int shards = 16, TimeSpan? period = null)
    {
        var ticks = (long)((period ?? TimeSpan.FromSeconds(1)).TotalSeconds * clock.TimestampFrequency);
        _clock = clock;
        _shards = new Shard[shards];
        for (var i = 0; i < shards; i++)
            _shards[i] = new Shard(Math.Max(1, mostBuckets / shards / 2), ticks);
    }

    /// <summary>How many buckets there are now, for tests.</summary>
    public int Count => _shards.Sum(shard => shard.Count);

    /// <summary>Takes a call from its bucket. False where there is none: then it says when there will be one.</summary>
    public bool TryTake(JsonRpcCaller caller, string method, int limit, out TimeSpan retryAfter)
    {
        var key = new Key(caller, method);
        var ticks = _shards[(uint)key.GetHashCode() % (uint)_shards.Length].Take(key, limit, _clock.GetTimestamp());
        retryAfter = ticks == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds((double)ticks / _clock.TimestampFrequency);
        return ticks == 0;
    }

    private readonly record struct Key(JsonRpcCaller Caller, string Method);

    /// <summary>How much a bucket holds: a call is as much as the clock has ticks in a period, so that all sums are whole numbers.</summary>
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

        /// <summary>0 where the call may run; else in how many ticks it may.</summary>
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
                // A period fills it, however long ago it was used. Two threads may have read the clock in another order than they come here.
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
            // What a flood has left behind is not kept for ever.
            if (_new.Capacity > Math.Max(smallest, 4 * _old.Count))
                _new = [];
            else
                _new.Clear();
        }
    }
}
