using System.ComponentModel;

namespace JsonRpcLite.CompilerServices;

/// <summary>What a proxy says of the method that it calls. Immutable.</summary>
/// <param name="method">The method's name on the wire.</param>
/// <param name="idempotency">What happens when the call is repeated, as <see cref="JsonRpcMethodAttribute"/> on the contract's method says.</param>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractCall(string method, JsonRpcIdempotency idempotency = JsonRpcIdempotency.None)
{
    /// <summary>The method's name on the wire.</summary>
    public string Method { get; } = method ?? throw new ArgumentNullException(nameof(method));

    /// <summary>What happens when the call is repeated.</summary>
    public JsonRpcIdempotency Idempotency { get; } = idempotency;
}
