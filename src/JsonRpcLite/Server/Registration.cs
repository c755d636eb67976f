using System.Security.Claims;

namespace JsonRpcLite;

/// <summary>A registered method before a server starts: how it is called, its shape, and the user's description.</summary>
internal sealed record Registration(
    Func<IReadOnlyList<object>> Attributes, Func<MethodBinding, JsonRpcMethod> Bind, Func<MethodBinding, MethodShape> Shape, JsonRpcMethodDescription? Description = null)
{
    /// <summary>The check of <see cref="JsonRpcMethods.RequireUser"/>; <c>null</c> if everyone may call the method.</summary>
    public Func<ClaimsPrincipal, bool>? MayCall { get; init; }

    /// <summary>Returns additional metadata of the method; <c>null</c> if there is none.</summary>
    public Func<IReadOnlyList<object>>? More { get; init; }

    /// <summary>Returns the description of the method for middleware and hosts.</summary>
    /// <remarks>The user's description takes precedence over the attributes.</remarks>
    /// <param name="name">Its name.</param>
    /// <param name="serializer">The serializer of the server that starts.</param>
    /// <exception cref="InvalidOperationException">The method has a rule for caches, but is not marked as safe.</exception>
    public JsonRpcMethodInfo InfoOf(string name, JsonRpcSerializer serializer)
    {
        var attributes = Attributes();
        var marks = attributes.OfType<JsonRpcMethodAttribute>().FirstOrDefault() ?? new JsonRpcMethodAttribute();
        var idempotency = Description?.Idempotency ?? marks.Idempotency;
        var cache = new CacheRule(Description?.MaxAge ?? marks.MaxAge, Description?.AllowSharedCache ?? marks.AllowSharedCache);
        if (idempotency != JsonRpcIdempotency.Safe && cache != default)
            throw new InvalidOperationException(
                $"The method '{name}' has MaxAge or AllowSharedCache, but only results of safe methods are cached. Mark it with Idempotency = JsonRpcIdempotency.Safe, or remove them.");
        return new JsonRpcMethodInfo(name, idempotency, attributes)
        {
            RequiresUser = MayCall is not null,
            More = More,
            Serializer = serializer,
            Cache = cache,
        };
    }

    /// <summary>Finds a described parameter that the method does not have.</summary>
    /// <remarks>
    /// The naming policy of the server is not known yet, so a name passes if a naming policy could produce it. The parameters of methods that read raw JSON, and of types that
    /// only a server's context knows, are unknown.
    /// </remarks>
    /// <param name="description">The description.</param>
    /// <param name="binding">The default rules of reading, and the parameters that are filled in.</param>
    public string? FindUnknown(JsonRpcMethodDescription description, MethodBinding binding)
    {
        if (description.Parameters.Count == 0)
            return null;
        IEnumerable<string> names;
        try
        {
            var shape = Shape(binding);
            if (shape.Parameters is null && shape.Input is null)
                return null;
            names = shape.Parameters?.Select(p => p.Name) ?? shape.Input!.Properties.Select(p => p.Name);
        }
        catch (NotSupportedException)
        {
            return null;
        }
        var known = names.Select(Plain).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return description.Parameters.Keys.FirstOrDefault(name => !known.Contains(Plain(name)));
    }

    private static string Plain(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);
}
