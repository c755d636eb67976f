namespace JsonRpcLite.Benchmarks;

/// <summary>The contract that is compared with the other kinds of calls.</summary>
[JsonRpcContract]
internal partial interface ISubtraction
{
    int Now(int minuend, int subtrahend);

    ValueTask<int> LaterAsync(int minuend, int subtrahend);
}

internal sealed class Subtraction : ISubtraction
{
    public int Now(int minuend, int subtrahend) => minuend - subtrahend;

    public ValueTask<int> LaterAsync(int minuend, int subtrahend) => new(minuend - subtrahend);
}
