using System.Reflection;

namespace JsonRpcLite;

/// <summary>Describes a method to those who call it. Its name is said by <see cref="JsonRpcNameAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JsonRpcMethodAttribute : Attribute
{
    /// <summary>What happens when a call of the method is repeated.</summary>
    /// <value><see cref="JsonRpcIdempotency.None"/> by default.</value>
    public JsonRpcIdempotency Idempotency { get; set; }

    /// <summary>
    /// Whether each call needs a key (<see cref="HeaderFields.IdempotencyKey"/>), so that a repeated one cannot do its work twice: a call without is answered -32600. The server then
    /// must keep keys (<c>JsonRpcMethods.UseIdempotency</c>).
    /// </summary>
    /// <value><c>false</c> by default.</value>
    public bool RequiresIdempotencyKey { get; set; }

    /// <summary>
    /// Whether a method that returns an <c>IAsyncEnumerable</c> is for callers that accept a stream alone, as one that never ends must be. Others are answered -32004.
    /// </summary>
    /// <value><c>false</c> by default: they get the list of all items.</value>
    public bool StreamOnly { get; set; }

    internal static bool IsStreamOnly(MethodInfo method) => method.GetCustomAttribute<JsonRpcMethodAttribute>() is { StreamOnly: true };
}
