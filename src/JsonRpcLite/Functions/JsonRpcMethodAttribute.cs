using System.Reflection;

namespace JsonRpcLite;

/// <summary>Describes a method to its callers.</summary>
/// <remarks><see cref="JsonRpcNameAttribute"/> sets its name.</remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JsonRpcMethodAttribute : Attribute
{
    /// <summary>The idempotency of the method: the effect of a repeated call.</summary>
    /// <value><see cref="JsonRpcIdempotency.None"/> by default.</value>
    public JsonRpcIdempotency Idempotency { get; set; }

    /// <summary>The number of seconds for which a cache may use a result of the method without revalidation.</summary>
    /// <remarks>
    /// It is sent as <c>Cache-Control: max-age</c> (RFC 9111 5.2.2.1). It applies to calls by GET (<see cref="JsonRpcProtocolOptions.AllowGet"/>), and so to methods that are
    /// <see cref="JsonRpcIdempotency.Safe"/>.
    /// </remarks>
    /// <value>At least 0; 0 by default: a cache revalidates each time, and gets 304 without a body while the result is the same.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxAge { get; set => field = SettingCheck.AtLeast(0, value); }

    /// <summary>Gets or sets whether the result is the same for all callers, so that shared caches may store it.</summary>
    /// <remarks>
    /// It is sent as <c>Cache-Control: public</c> (RFC 9111 5.2.2.9). It applies to calls by GET (<see cref="JsonRpcProtocolOptions.AllowGet"/>). The answer to a call that is
    /// authenticated, or has an <c>Authorization</c> or <c>Cookie</c> header, is <c>private</c> nevertheless.
    /// </remarks>
    /// <value><c>false</c> by default: only the caller's own cache may store the result (<c>private</c>).</value>
    public bool AllowSharedCache { get; set; }

    /// <summary>Gets or sets whether each call needs an idempotency key (<see cref="HeaderFields.IdempotencyKey"/>).</summary>
    /// <remarks>
    /// With a key, a repeated call does not do its work twice. A call without a key is answered with -32600. The server must store keys (<c>JsonRpcMethods.UseIdempotency</c>).
    /// </remarks>
    /// <value><c>false</c> by default.</value>
    public bool RequiresIdempotencyKey { get; set; }

    /// <summary>Gets or sets whether the method answers only callers that accept a stream; for a method with an <c>IAsyncEnumerable</c>.</summary>
    /// <remarks>A sequence that never ends needs it. Other callers are answered with -32004.</remarks>
    /// <value><c>false</c> by default: other callers get the list of all items.</value>
    public bool StreamOnly { get; set; }

    internal static bool IsStreamOnly(MethodInfo method) => method.GetCustomAttribute<JsonRpcMethodAttribute>() is { StreamOnly: true };
}
