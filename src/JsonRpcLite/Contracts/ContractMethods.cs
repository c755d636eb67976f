using System.ComponentModel;

namespace JsonRpcLite.CompilerServices;

/// <summary>Collects the methods of a contract from generated code, for a server's registry.</summary>
/// <typeparam name="T">The contract.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractMethods<T>
    where T : class
{
    private readonly Func<JsonRpcCall, T> _service;
    private readonly Action<ContractMethod> _add;

    /// <summary>The contracts that have added their methods; a shared base contract adds its methods only once.</summary>
    private readonly HashSet<Type> _seen;

    internal ContractMethods(Func<JsonRpcCall, T> service, Action<ContractMethod> add)
        : this(service, add, [])
    {
    }

    private ContractMethods(Func<JsonRpcCall, T> service, Action<ContractMethod> add, HashSet<Type> seen)
    {
        _service = service;
        _add = add;
        _seen = seen;
        _seen.Add(typeof(T));
    }

    /// <summary>Adds the contract's own methods.</summary>
    /// <param name="contract">The methods.</param>
    /// <param name="dispatch">Calls one of the methods.</param>
    public void Add(ContractOutline contract, ContractDispatch<T> dispatch)
    {
        ArgumentNullException.ThrowIfNull(contract);
        ArgumentNullException.ThrowIfNull(dispatch);
        foreach (var method in contract.Methods)
            _add(new ContractMethod(contract, method, binding => Bind(binding, dispatch, _service)));
    }

    /// <summary>Adds the methods of a contract that this one derives from.</summary>
    /// <typeparam name="TBase">The base contract.</typeparam>
    public void AddBase<TBase>()
        where TBase : class, IJsonRpcContract<TBase>
    {
        var service = _service;
        if (!_seen.Contains(typeof(TBase)))
            TBase.Register(new ContractMethods<TBase>(call => (TBase)(object)service(call), _add, _seen));
    }

    private static JsonRpcMethod Bind(ContractBinding binding, ContractDispatch<T> dispatch, Func<JsonRpcCall, T> service)
    {
        var number = binding.Method.Number;
        return (call, cancellationToken) =>
        {
            var arguments = new ContractArguments(call, binding, cancellationToken);
            return dispatch(number, service, ref arguments);
        };
    }
}
