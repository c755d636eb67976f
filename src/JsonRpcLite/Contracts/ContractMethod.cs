using System.Text.Json.Serialization.Metadata;
using JsonRpcLite.CompilerServices;

namespace JsonRpcLite;

/// <summary>A method of a contract, as generated code gives it.</summary>
internal sealed class ContractMethod(string name, IJsonTypeInfoResolver? context, Func<ContractBinder, JsonRpcMethod> bind, Func<JsonRpcMethodDescription>? describe, Func<object[]>? attributes)
{
    public string Name => name;

    public IReadOnlyList<object> Attributes => attributes?.Invoke() ?? [];

    /// <exception cref="NotSupportedException">A parameter or the result has no JSON contract.</exception>
    public JsonRpcMethod Bind(JsonRpcSerializer serializer)
    {
        try
        {
            return bind(BinderOf(serializer));
        }
        catch (NotSupportedException e)
        {
            throw new NotSupportedException($"The method '{name}' cannot be called with JSON: {Sentence.Of(e.Message)}", e);
        }
    }

    public MethodShape Describe(JsonRpcSerializer serializer)
    {
        var binder = BinderOf(serializer);
        _ = bind(binder);
        return binder.Describe(describe?.Invoke());
    }

    private ContractBinder BinderOf(JsonRpcSerializer serializer) => new(context is null ? serializer : serializer.With(context));
}
