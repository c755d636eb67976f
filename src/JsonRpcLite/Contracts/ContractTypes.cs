using System.ComponentModel;

namespace JsonRpcLite.CompilerServices;

/// <summary>Collects the types of a contract from generated code.</summary>
/// <remarks>Only generated code can name them.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractTypes
{
    private readonly List<ContractType> _types = [];

    internal ContractTypes()
    {
    }

    /// <summary>Adds a type; its number is the number of types added before.</summary>
    /// <typeparam name="T">The type.</typeparam>
    public void Add<T>() => _types.Add(new ContractType<T>());

    internal ContractType[] ToArray() => [.. _types];
}
