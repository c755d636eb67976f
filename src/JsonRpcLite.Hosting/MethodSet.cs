namespace JsonRpcLite;

/// <summary>The steps that make up a set of methods, in the order of their registration.</summary>
/// <remarks>There is one object for each options name.</remarks>
internal sealed class MethodSet
{
    /// <summary>Whether AddJsonRpc has begun the set.</summary>
    public bool Exists { get; set; }

    public List<Action<JsonRpcMethods, IServiceProvider>> Steps { get; } = [];
}
