namespace JsonRpcLite;

/// <summary>A method in a registry, for <see cref="JsonRpcMethods.Use(Func{JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod})"/>.</summary>
/// <remarks>Immutable.</remarks>
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

    /// <summary>The idempotency of the method.</summary>
    /// <remarks>It is that of <see cref="JsonRpcMethodDescription"/>, or else of <see cref="JsonRpcMethodAttribute"/> on the function.</remarks>
    public JsonRpcIdempotency Idempotency { get; }

    /// <summary>Gets whether each call needs an idempotency key (<see cref="JsonRpcMethodAttribute.RequiresIdempotencyKey"/>).</summary>
    public bool RequiresIdempotencyKey { get; }

    /// <summary>The rule by which caches may store the result.</summary>
    internal CacheRule Cache { get; init; }

    /// <summary>Gets whether only authenticated callers may call the method (<see cref="JsonRpcMethods.RequireUser"/>).</summary>
    public bool RequiresUser { get; internal init; }

    /// <summary>The attributes of the registered function, and the objects that <see cref="JsonRpcMethods.AddMetadata"/> has added.</summary>
    /// <remarks>
    /// The function may be a lambda or a class's method. A method of a contract also has the attributes of the class that implements it. Empty for <c>rpc.discover</c>.
    /// </remarks>
    public IReadOnlyList<object> Metadata => _metadata.Value;

    /// <summary>More metadata, read on demand; <c>null</c> where there is none.</summary>
    internal Func<IReadOnlyList<object>>? More { get; init; }

    /// <summary>The serializer of the server that starts.</summary>
    internal JsonRpcSerializer Serializer { get; init; } = JsonRpcSerializer.For(null);
}
