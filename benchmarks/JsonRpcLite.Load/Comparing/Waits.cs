namespace JsonRpcLite.Load;

/// <summary>The waits of calls in microseconds, and the number of calls per second: one figure for each sample.</summary>
internal sealed class Waits
{
    public Series Median { get; } = new();

    /// <summary>The 99th percentile.</summary>
    public Series High { get; } = new();

    public Series Rate { get; } = new();

    /// <returns>The number of calls.</returns>
    public long Take(LoadSample sample)
    {
        if (sample.Calls == 0)
            throw new IOException("No call was answered.");
        Median.Add(sample.MedianWait);
        High.Add(sample.HighWait);
        Rate.Add(sample.Calls / sample.Seconds);
        return sample.Calls;
    }

    /// <summary>Adds the medians of another object's figures.</summary>
    public void Add(Waits other)
    {
        Median.Add(other.Median.Median);
        High.Add(other.High.Median);
        Rate.Add(other.Rate.Median);
    }

    public void Clear()
    {
        Median.Clear();
        High.Clear();
        Rate.Clear();
    }
}
