namespace JsonRpcLite.Load;

/// <summary>The work of one slice, and its cost.</summary>
internal readonly record struct Sample(long Calls, Usage Used)
{
    public static Sample operator +(Sample one, Sample other) => new(one.Calls + other.Calls, one.Used + other.Used);
}
