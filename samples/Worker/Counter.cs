namespace Counting;

/// <summary>The state that all calls share. Thread-safe.</summary>
public sealed class Counter
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    public long Add(long count) => Interlocked.Add(ref _value, count);
}
