using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>A method that takes its parameters whole, as one value.</summary>
internal sealed class HandlerMethod<TParams, TResult>
{
    private readonly PlainFunction<TParams, TResult> _function;
    private readonly Func<TParams, JsonRpcCall, CancellationToken, ValueTask<TResult>>? _withCall;
    private readonly JsonTypeInfo<TParams> _input;
    private readonly ValueFormat<TResult> _output;

    public HandlerMethod(PlainFunction<TParams, TResult> function, Func<TParams, JsonRpcCall, CancellationToken, ValueTask<TResult>>? withCall, JsonRpcSerializer serializer)
    {
        _function = function;
        _withCall = withCall;
        _input = function.TakesNull ? serializer.TypeOf<TParams>() : serializer.InputOf<TParams>();
        if (IsScalar(_input))
            throw new NotSupportedException($"A handler takes all parameters as one value, an object or a list, but {typeof(TParams)} is a single value. Register it with Add, or take a record or an array.");
        _output = new ValueFormat<TResult>(serializer.TypeOf<TResult>());
    }

    public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
    {
        var parameters = Read(call.Parameters.Span);
        var calling = _withCall is null ? _function.Call(parameters, cancellationToken) : _withCall(parameters, call, cancellationToken);
        if (!calling.IsCompletedSuccessfully)
            return AwaitAsync(calling, call);
        _output.Write(call.Result, calling.Result);
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitAsync(ValueTask<TResult> calling, JsonRpcCall call) =>
        _output.Write(call.Result, await calling.ConfigureAwait(false));

    private TParams Read(ReadOnlySpan<byte> parameters)
    {
        if (parameters.IsEmpty)
            return _function.TakesNull ? default! : throw JsonRpcException.InvalidParams("there are none.");
        try
        {
            return JsonRpcSerializer.Read(parameters, _input, JsonText.MaxRequestDepth)!;
        }
        catch (Exception) when (JsonText.ExplainRefusal(parameters, JsonText.MaxRequestDepth) is { } reason)
        {
            throw JsonRpcException.InvalidParams(reason + ".");
        }
        catch (Exception e) when (JsonRpcSerializer.IsMisfit(e, _input))
        {
            throw JsonRpcException.InvalidParams(JsonRpcSerializer.ExplainMisfit(parameters, _input, e) + ".", e);
        }
    }

    /// <summary>What System.Text.Json itself reads as a string, a number or a boolean.</summary>
    private static bool IsScalar(JsonTypeInfo type) =>
        type.Kind == JsonTypeInfoKind.None && type.Converter.GetType().Assembly == typeof(JsonSerializer).Assembly && type.Type.Namespace != "System.Text.Json" && type.Type.Namespace != "System.Text.Json.Nodes" && type.Type != typeof(object);
}
