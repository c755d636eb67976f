namespace JsonRpcLite;

/// <summary>Declares an error that callers of a method should expect.</summary>
/// <remarks>
/// <c>rpc.discover</c> reports it, and generated clients document it. Use it on a method of a contract, or on a function that is passed to
/// <see cref="JsonRpcMethods.Add(string, Delegate)"/>. It is documentation only: the method itself throws the <see cref="JsonRpcException"/>. Do not declare the errors of
/// JSON-RPC itself, such as -32602.
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
