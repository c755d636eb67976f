namespace JsonRpcLite;

/// <summary>What a set of methods is made of, in the order in which it was said. One for each name, by the options of that name.</summary>
internal sealed class MethodSet
{
    /// <summary>Whether AddJsonRpc has begun it.</summary>
    public bool Exists { get; set; }

    public List<Action<JsonRpcMethods, IServiceProvider>> Steps { get; } = [];
}
