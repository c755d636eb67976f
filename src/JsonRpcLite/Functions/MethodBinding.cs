using System.Reflection;

namespace JsonRpcLite;

/// <summary>The objects with which a server binds its methods when it starts.</summary>
/// <param name="Serializer">Reads the parameters and writes the results.</param>
/// <param name="Fill">Returns the source of a parameter that is not part of the call; <c>null</c> for one that is.</param>
internal sealed record MethodBinding(JsonRpcSerializer Serializer, Func<ParameterInfo, Func<JsonRpcCall, object?>?> Fill)
{
    /// <summary>The default binding: no host supplies parameters.</summary>
    public static MethodBinding Default { get; } = new(JsonRpcSerializer.For(null), static _ => null);
}
