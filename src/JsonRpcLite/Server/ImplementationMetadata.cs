using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace JsonRpcLite;

/// <summary>
/// The attributes of a class that serves a contract, of its methods, and of the contract's interfaces, by the names of the methods. Those that a host asks for, such as an authorization policy, may stand at any of them.
/// Those of the contract's own methods come with the contract.
/// </summary>
internal static class ImplementationMetadata
{
    /// <summary>What <see cref="Of"/> needs of the class.</summary>
    public const DynamicallyAccessedMemberTypes Members = DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods | DynamicallyAccessedMemberTypes.Interfaces;

    [UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "The methods of the contract's interfaces are called by generated code, and so kept.")]
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The methods of the contract's interfaces are called by generated code, and so kept.")]
    public static Dictionary<string, object[]> Of(Type contract, [DynamicallyAccessedMembers(Members)] Type implementation)
    {
        var found = new Dictionary<string, object[]>(StringComparer.Ordinal);
        // A rule at a contract holds for the methods that it has from others, too.
        var ofInterfaces = contract.GetInterfaces().Prepend(contract).SelectMany(part => part.GetCustomAttributes(inherit: true)).Where(a => a is not JsonRpcContractAttribute).ToArray();
        object[] ofClass = [.. ofInterfaces, .. implementation.GetCustomAttributes(inherit: true)];
        foreach (var part in contract.GetInterfaces().Prepend(contract))
        {
            if (part.GetCustomAttribute<JsonRpcContractAttribute>() is not { } attribute)
                continue;
            var map = implementation.GetInterfaceMap(part);
            for (var i = 0; i < map.InterfaceMethods.Length; i++)
            {
                if (!map.InterfaceMethods[i].IsStatic)
                    found[WireNames.Of(map.InterfaceMethods[i], attribute.Prefix)] = [.. ofClass, .. map.TargetMethods[i].GetCustomAttributes(inherit: true)];
            }
        }
        return found;
    }
}
