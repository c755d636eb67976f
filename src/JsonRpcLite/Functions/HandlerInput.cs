using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>Reads all parameters of a call as one value.</summary>
internal sealed class HandlerInput<TParams>
{
    private readonly bool _takesNull;
    private readonly JsonTypeInfo<TParams> _input;

    /// <exception cref="NotSupportedException">The type has no JSON contract, or is a single value.</exception>
    public HandlerInput(bool takesNull, JsonRpcSerializer serializer)
    {
        _takesNull = takesNull;
        _input = takesNull ? serializer.TypeOf<TParams>() : serializer.InputOf<TParams>();
        if (IsScalar(_input))
            throw new NotSupportedException(
                $"A handler takes all parameters as one value, an object or a list, but {typeof(TParams)} is a single value. Register it with Add, or take a record or an array.");
    }

    /// <exception cref="JsonRpcException">The parameters do not fit: -32602.</exception>
    public TParams Read(ReadOnlySpan<byte> parameters)
    {
        if (parameters.IsEmpty)
            return _takesNull ? default! : throw JsonRpcException.InvalidParams("the method requires parameters, and the call has none.");
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

    /// <summary>Whether System.Text.Json itself reads the type from a string, a number or a boolean.</summary>
    private static bool IsScalar(JsonTypeInfo type) =>
        type.Kind == JsonTypeInfoKind.None && type.Converter.GetType().Assembly == typeof(JsonSerializer).Assembly && type.Type.Namespace != "System.Text.Json"
        && type.Type.Namespace != "System.Text.Json.Nodes" && type.Type != typeof(object);
}
