namespace JsonRpcLite.Load;

/// <summary>What was done in a turn, and what it cost.</summary>
internal readonly record struct Turn(long Calls, Usage Used)
{
    public static Turn operator +(Turn one, Turn other) => new(one.Calls + other.Calls, one.Used + other.Used);
}
