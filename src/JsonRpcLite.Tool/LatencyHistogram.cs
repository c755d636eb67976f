using System.Numerics;

namespace JsonRpcLite.Tool;

/// <summary>
/// How long calls took, in a fixed amount of memory. Up to 256 units each time has a bucket of its own; above, each power of two has 128 buckets, so that a quantile is off by less
/// than 1 %. A unit is 100 ns. Not thread-safe: each worker fills its own, and they are added at the end.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int Exact = 256;
    private const int PerPower = 128;

    private readonly long[] _counts = new long[Exact + (55 * PerPower)];

    public long Count { get; private set; }

    public void Add(TimeSpan time)
    {
        _counts[BucketOf(Math.Max(time.Ticks, 0))]++;
        Count++;
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] += other._counts[i];
        Count += other.Count;
    }

    /// <summary>The time that a part of all calls did not exceed, such as 0.99; zero where there was no call.</summary>
    public TimeSpan Quantile(double part)
    {
        var rest = (long)Math.Ceiling(Count * part);
        for (var i = 0; i < _counts.Length; i++)
        {
            rest -= _counts[i];
            if (rest <= 0)
                return Count == 0 ? TimeSpan.Zero : TimeSpan.FromTicks(StartOf(i));
        }
        return TimeSpan.Zero;
    }

    private static int BucketOf(long ticks)
    {
        if (ticks < Exact)
            return (int)ticks;
        var shift = BitOperations.Log2((ulong)ticks) - 7;
        return Exact + ((shift - 1) * PerPower) + (int)(ticks >> shift) - PerPower;
    }

    private static long StartOf(int bucket)
    {
        if (bucket < Exact)
            return bucket;
        var (power, place) = Math.DivRem(bucket - Exact, PerPower);
        return (long)(place + PerPower) << (power + 1);
    }
}
