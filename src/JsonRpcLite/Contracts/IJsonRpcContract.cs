using System.ComponentModel;

namespace JsonRpcLite.CompilerServices;

/// <summary>
/// What an interface with <see cref="JsonRpcContractAttribute"/> becomes: the source generator makes the interface derive from this, and implements both members inside
/// it.
/// </summary>
/// <remarks>
/// It is written by no one: mark a <c>partial</c> interface with <see cref="JsonRpcContractAttribute"/>. The generator must run in the project that holds the interface.
/// A class that implements the contract, and a
/// mock of it, need nothing but the contract's own methods.
/// </remarks>
/// <typeparam name="TSelf">The contract itself.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface IJsonRpcContract<TSelf>
    where TSelf : class
{
    /// <summary>Adds the contract's methods to a server's registry.</summary>
    /// <param name="methods">Takes the methods.</param>
    static abstract void Register(ContractMethods<TSelf> methods);

    /// <summary>Makes the object that turns calls of the contract's methods into calls of a server.</summary>
    /// <param name="channel">Where the calls go.</param>
    static abstract TSelf CreateProxy(ContractChannel channel);
}
