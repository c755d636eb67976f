using System.ComponentModel;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite.CompilerServices;

/// <summary>Takes the methods of a contract from generated code, for a server's registry.</summary>
/// <typeparam name="T">The contract.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractMethods<T>
    where T : class
{
    private readonly Func<JsonRpcCall, T> _service;
    private readonly Action<ContractMethod> _add;

    /// <summary>The contracts that have added their methods: one that several others derive from adds them once.</summary>
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

    /// <summary>Knows the types of the parameters and results of the methods that are added after; <c>null</c> where the server's options do.</summary>
    public IJsonTypeInfoResolver? Context { get; set; }

    /// <summary>Adds a method.</summary>
    /// <param name="name">Its name on the wire.</param>
    /// <param name="bind">Makes the method, when a server starts.</param>
    /// <param name="describe">What the source says of it; <c>null</c> where it says nothing.</param>
    /// <param name="attributes">The attributes of the contract's method; <c>null</c> where it has none.</param>
    public void Add(string name, Func<ContractBinder, Func<JsonRpcCall, T>, JsonRpcMethod> bind, Func<JsonRpcMethodDescription>? describe, Func<object[]>? attributes)
    {
        var (service, context) = (_service, Context);
        _add(new ContractMethod(name, context, binder => bind(binder, service), describe, attributes));
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
}
