using JsonRpcLite.CompilerServices;

namespace JsonRpcLite;

/// <summary>A contract's method, bound to a server's serializer.</summary>
/// <remarks>Immutable.</remarks>
internal sealed class ContractBinding
{
    /// <exception cref="NotSupportedException">A type has no JSON contract, or two parameters have the same name.</exception>
    public ContractBinding(ContractOutline contract, MethodOutline method, JsonRpcSerializer serializer)
    {
        Method = method;
        var parameters = new FunctionParameter[method.Parameters.Length];
        for (var i = 0; i < parameters.Length; i++)
            parameters[i] = contract.Types[method.Parameters[i].Type].MakeParameter(method.Parameters[i], contract, serializer);
        Progress = method.Progress < 0 ? null : contract.Types[method.Progress].MakeValue(serializer, isRead: false);
        Result = method.Result < 0 ? null : contract.Types[method.Result].MakeValue(serializer, isRead: false);
        Parameters = parameters;
        Binder = new ParameterBinder(parameters, [.. parameters.Select(p => p.Name)], serializer);
    }

    public MethodOutline Method { get; }

    public FunctionParameter[] Parameters { get; }

    public ParameterBinder Binder { get; }

    /// <summary>Writes the result or items; <c>null</c> where the method has none.</summary>
    public ContractValue? Result { get; }

    /// <summary>Writes the reports of progress; <c>null</c> where the method has none.</summary>
    public ContractValue? Progress { get; }
}
