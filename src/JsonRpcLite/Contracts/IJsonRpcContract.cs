using System.ComponentModel;

namespace JsonRpcLite.CompilerServices;

/// <summary>The base interface of every interface with <see cref="JsonRpcContractAttribute"/>; added by the source generator.</summary>
/// <remarks>
/// The generator also implements both members inside the interface. Do not derive from it yourself: mark a <c>partial</c> interface with <see cref="JsonRpcContractAttribute"/>.
/// The generator must run in the project that contains the interface. A class or a mock that implements the contract needs only the contract's own methods.
/// </remarks>
/// <typeparam name="TSelf">The contract itself.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IJsonRpcContract<TSelf>
    where TSelf : class
{
    /// <summary>Adds the contract's methods to a server's registry.</summary>
    /// <param name="methods">Receives the methods.</param>
    static abstract void Register(ContractMethods<TSelf> methods);

    /// <summary>Creates the proxy that turns calls of the contract's methods into calls of a server.</summary>
    /// <param name="channel">Carries the calls.</param>
    static abstract TSelf CreateProxy(ContractChannel channel);
}
