namespace JsonRpcLite;

/// <summary>Declares an error that callers of a method should expect. <c>rpc.discover</c> reports it, and generated clients document it.</summary>
/// <remarks>
/// Place it on a method of a contract, or on a function that is given to <see cref="JsonRpcMethods.Add(string, Delegate)"/>. It only describes: the method itself throws the
/// <see cref="JsonRpcException"/>. The errors of JSON-RPC itself, such as -32602, need no mention.
/// </remarks>
/// <param name="code">The error's code.</param>
/// <param name="message">What the error means.</param>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class JsonRpcErrorAttribute(int code, string message) : Attribute
{
    /// <summary>The error's code.</summary>
    public int Code { get; } = code;

    /// <summary>What the error means.</summary>
    public string Message { get; } = message ?? throw new ArgumentNullException(nameof(message));
}
