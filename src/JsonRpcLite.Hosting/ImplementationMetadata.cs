using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace JsonRpcLite;

/// <summary>Gives the methods of a contract the attributes of the class that serves it, and of the contract itself.</summary>
internal static class ImplementationMetadata
{
    /// <summary>Those that a host asks for, such as an authorization policy, may stand at the class, at its method, or at the contract's interface. Those of the contract's methods come with the contract.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "The methods of the contract's interfaces are called by generated code, and so kept.")]
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The methods of the contract's interfaces are called by generated code, and so kept.")]
    public static void Add(
        JsonRpcMethods methods,
        Type contract,
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicMethods | DynamicallyAccessedMemberTypes.NonPublicMethods | DynamicallyAccessedMemberTypes.Interfaces)] Type implementation)
    {
        foreach (var part in new[] { contract }.Concat(contract.GetInterfaces()))
        {
            if (part.GetCustomAttribute<JsonRpcContractAttribute>() is not { } attribute)
                continue;
            var map = implementation.GetInterfaceMap(part);
            for (var i = 0; i < map.InterfaceMethods.Length; i++)
            {
                if (map.InterfaceMethods[i].IsStatic)
                    continue;
                methods.AddMetadata(
                    WireNames.Of(map.InterfaceMethods[i], attribute.Prefix),
                    [.. part.GetCustomAttributes(inherit: true), .. implementation.GetCustomAttributes(inherit: true), .. map.TargetMethods[i].GetCustomAttributes(inherit: true)]);
            }
        }
    }
}
