using System.ComponentModel;

namespace JsonRpcLite.CompilerServices;

/// <summary>Takes the types of a contract from generated code, which alone can name them.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractTypes
{
    private readonly List<ContractType> _types = [];

    internal ContractTypes()
    {
    }

    /// <summary>Adds a type, whose number is how many were added before.</summary>
    /// <typeparam name="T">The type.</typeparam>
    public void Add<T>() => _types.Add(new ContractType<T>());

    internal ContractType[] ToArray() => [.. _types];
}
