namespace JsonRpcLite;

/// <summary>
/// What people and caches should know of a method: given to <see cref="JsonRpcMethods.Describe"/>, told by <c>rpc.discover</c> and shown on the playground page. It goes before
/// what <see cref="System.ComponentModel.DescriptionAttribute"/> on the function and its parameters says. Not thread-safe; read when a server is first asked.
/// </summary>
public sealed class JsonRpcMethodDescription
{
    /// <summary>One sentence, for lists; <c>null</c>, the default, takes the <c>[Description]</c> of the function.</summary>
    public string? Summary { get; set; }

    /// <summary>As much as is needed; <c>null</c>, the default, says nothing more.</summary>
    public string? Details { get; set; }

    /// <summary>
    /// A sentence for a parameter, by its name in the call. Empty by default; a name that the method does not have is an <see cref="ArgumentException"/> of
    /// <see cref="JsonRpcMethods.Describe"/>.
    /// </summary>
    public IDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What the result is; <c>null</c>, the default, takes the <c>[Description]</c> of the function's return value.</summary>
    public string? Result { get; set; }

    /// <summary>The errors that a caller should expect, code and message. Empty by default: those of JSON-RPC itself need no mention.</summary>
    public IDictionary<int, string> Errors { get; init; } = new SortedDictionary<int, string>();

    /// <summary>What happens when a call of the method is repeated; <c>null</c>, the default, takes what <see cref="JsonRpcMethodAttribute.Idempotency"/> says.</summary>
    public JsonRpcIdempotency? Idempotency { get; set; }

    /// <summary>For how many seconds a cache may use a result; <c>null</c>, the default, takes what <see cref="JsonRpcMethodAttribute.MaxAge"/> says.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 0.</exception>
    public int? MaxAge { get; set => field = value is { } seconds ? SettingCheck.AtLeast(0, seconds) : null; }

    /// <summary>Whether the result is the same for all callers; <c>null</c>, the default, takes what <see cref="JsonRpcMethodAttribute.AllowSharedCache"/> says.</summary>
    public bool? AllowSharedCache { get; set; }

    /// <summary>Whether callers should leave the method alone from now on: <c>false</c> by default; <c>[Obsolete]</c> on the function says the same.</summary>
    public bool IsDeprecated { get; set; }
}
