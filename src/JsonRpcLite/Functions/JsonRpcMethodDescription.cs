namespace JsonRpcLite;

/// <summary>The documentation and cache rules of a method, for <see cref="JsonRpcMethods.Describe"/>.</summary>
/// <remarks>
/// <c>rpc.discover</c> reports it, and the playground page shows it. It takes precedence over <see cref="System.ComponentModel.DescriptionAttribute"/> on the function and its
/// parameters. Not thread-safe; read when a server is first asked for it.
/// </remarks>
public sealed class JsonRpcMethodDescription
{
    /// <summary>A summary of one sentence, for lists; <c>null</c>, the default, uses the <c>[Description]</c> of the function.</summary>
    public string? Summary { get; set; }

    /// <summary>A description of any length; <c>null</c>, the default, adds nothing.</summary>
    public string? Details { get; set; }

    /// <summary>Descriptions of parameters, by their names in the call.</summary>
    /// <remarks>Empty by default. <see cref="JsonRpcMethods.Describe"/> throws an <see cref="ArgumentException"/> for a name that the method does not have.</remarks>
    public IDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The description of the result; <c>null</c>, the default, uses the <c>[Description]</c> of the function's return value.</summary>
    public string? Result { get; set; }

    /// <summary>The errors that a caller should expect, by code, with their messages.</summary>
    /// <remarks>Empty by default. Do not list the errors of JSON-RPC itself.</remarks>
    public IDictionary<int, string> Errors { get; init; } = new SortedDictionary<int, string>();

    /// <summary>The idempotency of the method; <c>null</c>, the default, uses <see cref="JsonRpcMethodAttribute.Idempotency"/>.</summary>
    public JsonRpcIdempotency? Idempotency { get; set; }

    /// <summary>The number of seconds for which a cache may use a result without revalidation.</summary>
    /// <remarks><c>null</c>, the default, uses <see cref="JsonRpcMethodAttribute.MaxAge"/>.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 0.</exception>
    public int? MaxAge { get; set => field = value is { } seconds ? SettingCheck.AtLeast(0, seconds) : null; }

    /// <summary>Gets or sets whether the result is the same for all callers.</summary>
    /// <remarks><c>null</c>, the default, uses <see cref="JsonRpcMethodAttribute.AllowSharedCache"/>.</remarks>
    public bool? AllowSharedCache { get; set; }

    /// <summary>Gets or sets whether the method is deprecated; <c>false</c> by default.</summary>
    /// <remarks><c>[Obsolete]</c> on the function has the same effect.</remarks>
    public bool IsDeprecated { get; set; }
}
