using System.ComponentModel;

namespace JsonRpcLite.CompilerServices;

/// <summary>The parameters of a contract's method, by which the arguments of a call are found. Thread-safe.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractSignature
{
    internal ContractSignature(ParameterBinder binder) => Binder = binder;

    internal ParameterBinder Binder { get; }
}
