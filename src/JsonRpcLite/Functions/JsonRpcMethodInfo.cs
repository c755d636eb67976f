namespace JsonRpcLite;

/// <summary>What a registry knows of a method, for <see cref="JsonRpcMethods.Use(Func{JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod})"/>. Immutable.</summary>
public sealed class JsonRpcMethodInfo
{
    private readonly Lazy<IReadOnlyList<object>> _metadata;

    internal JsonRpcMethodInfo(string name, JsonRpcIdempotency idempotency, IReadOnlyList<object> metadata)
    {
        _metadata = new(() => More is null ? metadata : [.. metadata, .. More()]);
        Name = name;
        Idempotency = idempotency;
        RequiresIdempotencyKey = metadata.OfType<JsonRpcMethodAttribute>().FirstOrDefault() is { RequiresIdempotencyKey: true };
    }

    /// <summary>The method's name; empty for the fallback (<see cref="JsonRpcMethods.AddFallback"/>).</summary>
    public string Name { get; }

    /// <summary>
    /// What happens when a call of the method is repeated, as <see cref="JsonRpcMethodDescription"/> or else <see cref="JsonRpcMethodAttribute"/> on the function says.
    /// </summary>
    public JsonRpcIdempotency Idempotency { get; }

    /// <summary>Whether each call needs an idempotency key, as <see cref="JsonRpcMethodAttribute.RequiresIdempotencyKey"/> says.</summary>
    public bool RequiresIdempotencyKey { get; }

    /// <summary>How its result may be kept by caches.</summary>
    internal CacheRule Cache { get; init; }

    /// <summary>Whether only authenticated callers may call it, as <see cref="JsonRpcMethods.RequireUser"/> says.</summary>
    public bool RequiresUser { get; internal init; }

    /// <summary>
    /// The attributes of the registered function, such as those of a lambda or of a class's method, and what <see cref="JsonRpcMethods.AddMetadata"/> has added. For a method of a
    /// contract also those of the class that serves it. Empty for <c>rpc.discover</c>.
    /// </summary>
    public IReadOnlyList<object> Metadata => _metadata.Value;

    /// <summary>More metadata, read when it is asked for; <c>null</c> where there is none.</summary>
    internal Func<IReadOnlyList<object>>? More { get; init; }

    /// <summary>How the server that starts writes values.</summary>
    internal JsonRpcSerializer Serializer { get; init; } = JsonRpcSerializer.For(null);
}
