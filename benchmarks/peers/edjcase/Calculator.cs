using EdjCase.JsonRpc.Router;

namespace JsonRpcLite.Peers.EdjCase;

/// <summary>The called methods, at /Calculator.</summary>
public sealed class Calculator : RpcController
{
    public int Subtract(int minuend, int subtrahend) => minuend - subtrahend;
}
