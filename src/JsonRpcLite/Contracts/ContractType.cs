using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>A type that a contract names: makes what reads and writes values of it.</summary>
internal abstract class ContractType
{
    /// <param name="outline">The parameter.</param>
    /// <param name="contract">Has its default value.</param>
    /// <param name="serializer">How it is read.</param>
    /// <exception cref="NotSupportedException">The type has no JSON contract.</exception>
    public abstract FunctionParameter MakeParameter(ParameterOutline outline, CompilerServices.ContractOutline contract, JsonRpcSerializer serializer);

    /// <summary>How values are written, and their type.</summary>
    /// <exception cref="NotSupportedException">The type has no JSON contract.</exception>
    public abstract ContractValue MakeValue(JsonRpcSerializer serializer, bool isRead);
}

/// <inheritdoc/>
internal sealed class ContractType<T> : ContractType
{
    public override FunctionParameter MakeParameter(ParameterOutline outline, CompilerServices.ContractOutline contract, JsonRpcSerializer serializer)
    {
        if (outline.Default >= 0)
            return new FunctionParameter<T>(outline.Name, serializer.TypeOf<T>(), outline.TakesNull, isOptional: true, (T?)contract.DefaultOf(outline));
        // What may be null can be called without being read.
        return new FunctionParameter<T>(outline.Name, outline.TakesNull ? serializer.TypeOf<T>() : serializer.InputOf<T>(), outline.TakesNull, isOptional: false, default);
    }

    public override ContractValue MakeValue(JsonRpcSerializer serializer, bool isRead) => new ContractValue<T>(isRead ? serializer.InputOf<T>() : serializer.TypeOf<T>());
}

/// <summary>How values of a type are read and written. Thread-safe.</summary>
internal abstract class ContractValue(JsonTypeInfo type)
{
    public JsonTypeInfo Any => type;
}

/// <inheritdoc/>
internal sealed class ContractValue<T>(JsonTypeInfo<T> type) : ContractValue(type)
{
    public JsonTypeInfo<T> Type => (JsonTypeInfo<T>)Any;

    public ValueFormat<T> Format { get; } = new(type);
}
