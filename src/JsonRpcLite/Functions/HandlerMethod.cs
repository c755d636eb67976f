using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>A method that takes all its parameters as one value.</summary>
internal sealed class HandlerMethod<TParams, TResult>
{
    private readonly PlainFunction<TParams, TResult> _function;
    private readonly Func<TParams, JsonRpcCall, CancellationToken, ValueTask<TResult>>? _withCall;
    private readonly HandlerInput<TParams> _input;
    private readonly ValueFormat<TResult> _output;

    public HandlerMethod(PlainFunction<TParams, TResult> function, Func<TParams, JsonRpcCall, CancellationToken, ValueTask<TResult>>? withCall, JsonRpcSerializer serializer)
    {
        _function = function;
        _withCall = withCall;
        _input = new HandlerInput<TParams>(function.TakesNull, serializer);
        _output = new ValueFormat<TResult>(serializer.TypeOf<TResult>());
    }

    public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
    {
        var parameters = _input.Read(call.Parameters.Span);
        var calling = _withCall is null ? _function.Call(parameters, cancellationToken) : _withCall(parameters, call, cancellationToken);
        if (!calling.IsCompletedSuccessfully)
            return AwaitAsync(calling, call);
        _output.Write(call.Result, calling.Result);
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitAsync(ValueTask<TResult> calling, JsonRpcCall call) =>
        _output.Write(call.Result, await calling.ConfigureAwait(false));
}
