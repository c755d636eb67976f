using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace JsonRpcLite;

/// <summary>The attributes of a class that implements a contract, by the names of its methods in calls.</summary>
/// <remarks>
/// It has the attributes of the class, of its methods, and of the contract's interfaces. An attribute that a host reads, such as an authorization policy, may be on any of them.
/// The attributes of the contract's own methods come with the contract.
/// </remarks>
/// <param name="contract">The contract's interface.</param>
/// <param name="implementation">The class.</param>
internal sealed class ImplementationMetadata(Type contract, [DynamicallyAccessedMembers(ImplementationMetadata.Members)] Type implementation)
{
    /// <summary>The members of the class that are read.</summary>
    public const DynamicallyAccessedMemberTypes Members =
        DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods | DynamicallyAccessedMemberTypes.Interfaces;

    private readonly Type _contract = contract;

    [DynamicallyAccessedMembers(Members)]
    private readonly Type _implementation = implementation;

    /// <summary>The attributes; read at the first use, since most servers never use them.</summary>
    private Dictionary<string, object[]>? _found;

    /// <param name="method">The name of the method in calls.</param>
    public IReadOnlyList<object> Of(string method) => (_found ??= Read()).GetValueOrDefault(method) ?? [];

    [UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "The methods of the contract's interfaces are called by generated code, and so kept.")]
    [UnconditionalSuppressMessage("Trimming", "IL2080", Justification = "The methods of the contract's interfaces are called by generated code, and so kept.")]
    private Dictionary<string, object[]> Read()
    {
        var found = new Dictionary<string, object[]>(StringComparer.Ordinal);
        var parts = _contract.GetInterfaces().Prepend(_contract).ToList();
        // An attribute of a contract applies also to the methods that it inherits.
        object[] ofAll = [.. parts.SelectMany(AttributesOf), .. AttributesOf(_implementation)];
        foreach (var part in parts)
        {
            if (part.GetCustomAttribute<JsonRpcContractAttribute>() is not { } attribute)
                continue;
            var map = _implementation.GetInterfaceMap(part);
            for (var i = 0; i < map.InterfaceMethods.Length; i++)
            {
                if (!map.InterfaceMethods[i].IsStatic)
                    found[WireNames.Of(map.InterfaceMethods[i], attribute.Prefix)] = [.. ofAll, .. AttributesOf(map.TargetMethods[i])];
            }
        }
        return found;
    }

    /// <summary>Returns the attributes, without those of the compiler and of generated code, and without the contract's own.</summary>
    private static IEnumerable<object> AttributesOf(MemberInfo member) =>
        member.GetCustomAttributes(inherit: true)
            .Where(a => a is not (JsonRpcContractAttribute or EditorBrowsableAttribute) && a.GetType().Namespace?.StartsWith("System.Runtime.", StringComparison.Ordinal) != true);
}
