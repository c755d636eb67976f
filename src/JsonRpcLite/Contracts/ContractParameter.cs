using System.ComponentModel;

namespace JsonRpcLite.CompilerServices;

/// <summary>One parameter of a contract's method. Thread-safe.</summary>
/// <typeparam name="T">Its type.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractParameter<T>
{
    private readonly FunctionParameter<T> _parameter;
    private readonly int _position;

    internal ContractParameter(FunctionParameter<T> parameter, int position)
    {
        _parameter = parameter;
        _position = position;
    }

    /// <summary>Reads the parameter's argument, after those of all parameters before it; without an argument it is the default.</summary>
    /// <param name="arguments">The arguments of the call.</param>
    /// <exception cref="JsonRpcException">The value does not fit, the parameter is required, or there is an argument for no parameter: -32602.</exception>
    public T Read(ref ContractArguments arguments) => arguments.Read(_parameter, _position);
}
