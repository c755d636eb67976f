using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>Answers a plain call: the body is the function's one argument, and the result of the function is the reply.</summary>
internal sealed class FunctionHandler<TIn, TOut>
{
    private readonly PlainFunction<TIn, TOut> _function;
    private readonly JsonRpcSerializer _serializer;
    private readonly JsonTypeInfo<TIn> _input;
    private readonly JsonTypeInfo<TOut> _output;
    private readonly bool _canHideTask = Returned.CanHideTask(typeof(TOut));

    /// <exception cref="NotSupportedException">A type has no JSON contract.</exception>
    public FunctionHandler(PlainFunction<TIn, TOut> function, JsonRpcSerializer serializer)
    {
        _function = function;
        _serializer = serializer;
        _input = function.TakesNull ? serializer.TypeOf<TIn>() : serializer.InputOf<TIn>();
        _output = serializer.TypeOf<TOut>();
    }

    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        var reading = exchange.ReadBodyAsync(cancellationToken);
        if (!reading.IsCompletedSuccessfully)
            return AwaitBodyAsync(reading, exchange, cancellationToken);
        var calling = _function.Call(Read(reading.Result.Span), cancellationToken);
        if (!calling.IsCompletedSuccessfully)
            return AwaitResultAsync(calling, exchange);
        Write(exchange, calling.Result);
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitBodyAsync(ValueTask<ReadOnlyMemory<byte>> reading, HttpExchange exchange, CancellationToken cancellationToken)
    {
        var body = await reading.ConfigureAwait(false);
        Write(exchange, await _function.Call(Read(body.Span), cancellationToken).ConfigureAwait(false));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitResultAsync(ValueTask<TOut> calling, HttpExchange exchange) =>
        Write(exchange, await calling.ConfigureAwait(false));

    private TIn Read(ReadOnlySpan<byte> text)
    {
        var body = JsonText.WithoutMark(text);
        if (JsonText.FindFault(body) is { } fault)
            throw new JsonRpcException(JsonRpcErrorCodes.ParseError, $"Parse error: {fault}.") { IsBeforeMethod = true };
        try
        {
            var input = JsonRpcSerializer.Read(body, _input, JsonText.MaxRequestDepth);
            return input is null && !_function.TakesNull ? throw new JsonException() : input!;
        }
        catch (Exception) when (JsonText.ExplainRefusal(body, JsonText.MaxRequestDepth) is { } reason)
        {
            // Exceptions of any type: a JsonNode within a type of the user's throws an ArgumentException for a duplicate member.
            throw new JsonRpcException(JsonRpcErrorCodes.ParseError, $"Parse error: {reason}.") { IsBeforeMethod = true };
        }
        catch (Exception e) when (JsonRpcSerializer.IsMisfit(e, _input))
        {
            throw JsonRpcException.InvalidParams(JsonRpcSerializer.ExplainMisfit(body, _input, e) + ".", e);
        }
    }

    private void Write(HttpExchange exchange, TOut result)
    {
        if (_canHideTask)
            Returned.RefuseTask(result);
        if (exchange.KeptResult is { } kept)
            _serializer.Write(kept, result, _output);
        // Too late: the caller has got an early reply, and the handler may not write to the body any more.
        if (exchange.IsLost)
            return;
        exchange.ResponseHeaders.SetJson();
        if (exchange.KeptResult is { } whole)
            exchange.ResponseBody.Write(whole.WrittenSpan);
        else
            _serializer.Write(exchange.ResponseBody, result, _output);
    }
}
