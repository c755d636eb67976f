using System.ComponentModel;

namespace JsonRpcLite.CompilerServices;

/// <summary>One parameter of a contract's method. Thread-safe.</summary>
/// <typeparam name="T">Its type.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractParameter<T>
{
    private readonly FunctionParameter<T> _parameter;

    internal ContractParameter(FunctionParameter<T> parameter) => _parameter = parameter;

    /// <summary>Reads the argument on which <paramref name="arguments"/> stand.</summary>
    /// <param name="arguments">The arguments of the call.</param>
    /// <exception cref="JsonRpcException">The value does not fit: -32602.</exception>
    public T Read(ref ContractArguments arguments) => _parameter.Read(ref arguments.Reader, arguments.Text);

    /// <summary>The value where the call has no argument for the parameter.</summary>
    /// <exception cref="JsonRpcException">The parameter is required: -32602.</exception>
    public T GetDefault() => _parameter.GetDefault();
}
