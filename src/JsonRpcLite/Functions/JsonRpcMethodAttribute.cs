namespace JsonRpcLite;

/// <summary>Describes a method to those who call it. Its name is said by <see cref="JsonRpcNameAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JsonRpcMethodAttribute : Attribute
{
    /// <summary>What happens when a call of the method is repeated.</summary>
    /// <value><see cref="JsonRpcIdempotency.None"/> by default.</value>
    public JsonRpcIdempotency Idempotency { get; set; }
}
