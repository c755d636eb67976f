using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>A type in a contract; creates the objects that read and write its values.</summary>
internal abstract class ContractType
{
    /// <param name="outline">The parameter.</param>
    /// <param name="contract">The contract, which has the default value.</param>
    /// <param name="serializer">The serializer that reads it.</param>
    /// <exception cref="NotSupportedException">The type has no JSON contract.</exception>
    public abstract FunctionParameter MakeParameter(ParameterOutline outline, CompilerServices.ContractOutline contract, JsonRpcSerializer serializer);

    /// <summary>Creates the object that writes the values, and reads them if asked.</summary>
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
        // A parameter that may be null can be passed although its type cannot be read.
        return new FunctionParameter<T>(outline.Name, outline.TakesNull ? serializer.TypeOf<T>() : serializer.InputOf<T>(), outline.TakesNull, isOptional: false, default);
    }

    public override ContractValue MakeValue(JsonRpcSerializer serializer, bool isRead) => new ContractValue<T>(isRead ? serializer.InputOf<T>() : serializer.TypeOf<T>());
}

/// <summary>Reads and writes the values of a type.</summary>
/// <remarks>Thread-safe.</remarks>
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
