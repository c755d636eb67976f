using JsonRpcLite.CompilerServices;

namespace JsonRpcLite;

/// <summary>A method of a contract, for a server's registry.</summary>
internal sealed class ContractMethod(ContractOutline contract, MethodOutline method, Func<ContractBinding, JsonRpcMethod> bind)
{
    public string Name => method.Name;

    public IReadOnlyList<object> Attributes => contract.AttributesOf(method.Attributes);

    /// <exception cref="NotSupportedException">A parameter or the result has no JSON contract.</exception>
    public JsonRpcMethod Bind(JsonRpcSerializer serializer)
    {
        try
        {
            return bind(BindingOf(serializer));
        }
        catch (NotSupportedException e)
        {
            throw new NotSupportedException($"The method '{Name}' cannot be called with JSON: {Sentence.Of(e.Message)}", e);
        }
    }

    public MethodShape Describe(JsonRpcSerializer serializer)
    {
        var binding = BindingOf(serializer);
        return new()
        {
            Parameters = [.. binding.Parameters.Select((parameter, i) => parameter.Describe() with { Attributes = contract.AttributesOf(method.Parameters[i].Attributes) })],
            Output = binding.Result?.Any,
            ReturnsNothing = binding.Result is null,
            ReturnsNull = method.MayBeNull,
            ReturnsSequence = method.ReturnsItems,
            Progress = binding.Progress?.Any,
            Description = contract.DescriptionOf(method),
        };
    }

    private ContractBinding BindingOf(JsonRpcSerializer serializer) => new(contract, method, contract.Context is null ? serializer : serializer.With(contract.Context));
}
