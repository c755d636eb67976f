using System.Security.Claims;

namespace JsonRpcLite;

/// <summary>What is known of a method before there is a server: how it is called, how it looks, and the user's words.</summary>
internal sealed record Registration(
    Func<IReadOnlyList<object>> Attributes, Func<MethodBinding, JsonRpcMethod> Bind, Func<MethodBinding, MethodShape> Shape, JsonRpcMethodDescription? Description = null)
{
    /// <summary>The check that <see cref="JsonRpcMethods.RequireUser"/> asks for; <c>null</c> where anybody may call.</summary>
    public Func<ClaimsPrincipal, bool>? MayCall { get; init; }

    /// <summary>More that the method's metadata has; <c>null</c> where there is nothing.</summary>
    public Func<IReadOnlyList<object>>? More { get; init; }

    /// <summary>What is known of the method; what its description says goes before its attributes.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="serializer">The serializer of the server that starts.</param>
    public JsonRpcMethodInfo InfoOf(string name, JsonRpcSerializer serializer)
    {
        var attributes = Attributes();
        var marks = attributes.OfType<JsonRpcMethodAttribute>().FirstOrDefault() ?? new JsonRpcMethodAttribute();
        return new JsonRpcMethodInfo(name, Description?.Idempotency ?? marks.Idempotency, attributes)
        {
            RequiresUser = MayCall is not null,
            More = More,
            Serializer = serializer,
            Cache = new CacheRule(Description?.MaxAge ?? marks.MaxAge, Description?.AllowSharedCache ?? marks.AllowSharedCache),
        };
    }

    /// <summary>
    /// A described parameter that the method has not. The server's policy of names is not known yet, so that a name which only a policy tells from a real one passes; of
    /// methods that read raw JSON, and
    /// of types that only a server's context knows, nothing is known.
    /// </summary>
    /// <param name="description">The words.</param>
    /// <param name="binding">The default rules of reading, and what is filled in.</param>
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
