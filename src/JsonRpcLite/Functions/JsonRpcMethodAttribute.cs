using System.Reflection;

namespace JsonRpcLite;

/// <summary>Describes a method to those who call it. Its name is said by <see cref="JsonRpcNameAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JsonRpcMethodAttribute : Attribute
{
    /// <summary>What happens when a call of the method is repeated.</summary>
    /// <value><see cref="JsonRpcIdempotency.None"/> by default.</value>
    public JsonRpcIdempotency Idempotency { get; set; }

    /// <summary>For how many seconds a cache may use a result of the method without asking again (<c>Cache-Control: max-age</c>, RFC 9111 5.2.2.1).</summary>
    /// <remarks>It holds for calls by GET (<see cref="JsonRpcProtocolOptions.AllowGet"/>), and so for methods that are <see cref="JsonRpcIdempotency.Safe"/>.</remarks>
    /// <value>0 and up; 0 by default: a cache asks each time, and gets 304 without a body while the result is the same.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int MaxAge { get; set => field = SettingCheck.AtLeast(0, value); }

    /// <summary>Whether the result is the same for all callers, so that a cache between them may give it to all (<c>Cache-Control: public</c>, RFC 9111 5.2.2.9).</summary>
    /// <remarks>
    /// It holds for calls by GET (<see cref="JsonRpcProtocolOptions.AllowGet"/>). A call that is authenticated, or has an <c>Authorization</c> or <c>Cookie</c> header, is answered
    /// <c>private</c> all the same.
    /// </remarks>
    /// <value><c>false</c> by default: the caller's own cache alone may keep it (<c>private</c>).</value>
    public bool AllowSharedCache { get; set; }

    /// <summary>
    /// Whether each call needs a key (<see cref="HeaderFields.IdempotencyKey"/>), so that a repeated one cannot do its work twice: a call without is answered -32600. The server
    /// then must keep keys (<c>JsonRpcMethods.UseIdempotency</c>).
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
