namespace JsonRpcLite.Load;

/// <summary>What was done in a turn, and what it cost.</summary>
internal readonly record struct Sample(long Calls, Usage Used)
{
    public static Sample operator +(Sample one, Sample other) => new(one.Calls + other.Calls, one.Used + other.Used);
}
