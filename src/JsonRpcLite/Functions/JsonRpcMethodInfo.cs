namespace JsonRpcLite;

/// <summary>What a registry knows of a method, for <see cref="JsonRpcMethods.Use(Func{JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod})"/>. Immutable.</summary>
public sealed class JsonRpcMethodInfo
{
    private readonly Lazy<IReadOnlyList<object>> _metadata;

    internal JsonRpcMethodInfo(string name, JsonRpcIdempotency idempotency, IReadOnlyList<object> metadata, bool requiresUser = false, Func<IReadOnlyList<object>>? more = null)
    {
        RequiresUser = requiresUser;
        _metadata = new(() => more is null ? metadata : [.. metadata, .. more()]);
        Name = name;
        Idempotency = idempotency;
    }

    /// <summary>The method's name; empty for the fallback (<see cref="JsonRpcMethods.AddFallback"/>).</summary>
    public string Name { get; }

    /// <summary>
    /// What happens when a call of the method is repeated, as <see cref="JsonRpcMethodDescription"/> or else <see cref="JsonRpcMethodAttribute"/> on the function says.
    /// </summary>
    public JsonRpcIdempotency Idempotency { get; }

    /// <summary>How its result may be kept by caches.</summary>
    internal CacheRule Cache { get; init; }

    /// <summary>Whether only authenticated callers may call it, as <see cref="JsonRpcMethods.RequireUser"/> says.</summary>
    public bool RequiresUser { get; }

    /// <summary>
    /// The attributes of the registered function, such as those of a lambda or of a class's method, and what <see cref="JsonRpcMethods.AddMetadata"/> has added. For a method of a
    /// contract also those of the class that serves it. Empty for <c>rpc.discover</c>.
    /// </summary>
    public IReadOnlyList<object> Metadata => _metadata.Value;
}
