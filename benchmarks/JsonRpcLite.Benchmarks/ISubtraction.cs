namespace JsonRpcLite.Benchmarks;

/// <summary>What the other ways of a call are compared with as a contract.</summary>
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
