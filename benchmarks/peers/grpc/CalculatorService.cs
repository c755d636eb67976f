using Grpc.Core;

namespace JsonRpcLite.Peers.Grpc;

/// <summary>The called service.</summary>
internal sealed class CalculatorService : Calculator.CalculatorBase
{
    public override Task<SubtractReply> Subtract(SubtractRequest request, ServerCallContext context) =>
        Task.FromResult(new SubtractReply { Difference = request.Minuend - request.Subtrahend });
}
