using StreamJsonRpc;

namespace JsonRpcLite.Peers.Streams;

/// <summary>The called methods.</summary>
[JsonRpcContract]
public partial interface ICalculator
{
    [JsonRpcMethod("subtract")]
    Task<int> SubtractAsync(int minuend, int subtrahend);
}

internal sealed class Calculator : ICalculator
{
    public Task<int> SubtractAsync(int minuend, int subtrahend) => Task.FromResult(minuend - subtrahend);
}
