using System.Reflection;

namespace JsonRpcLite;

/// <summary>What a server binds its methods with, when it starts.</summary>
/// <param name="Serializer">Reads the parameters and writes the results.</param>
/// <param name="Fill">Says what fills a parameter that is not a part of the call; <c>null</c> for one that is.</param>
internal sealed record MethodBinding(JsonRpcSerializer Serializer, Func<ParameterInfo, Func<JsonRpcCall, object?>?> Fill)
{
    /// <summary>The default rules alone: nothing else is filled in.</summary>
    public static MethodBinding Default { get; } = new(JsonRpcSerializer.For(null), static _ => null);
}
