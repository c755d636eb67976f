using System.ComponentModel;
using System.Text.Json;

namespace JsonRpcLite.CompilerServices;

/// <summary>Where the calls of a proxy go: to a client's server at once, or into a batch. Thread-safe as the client or the batch is.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ContractChannel
{
    private readonly JsonRpcSerializer _serializer;

    /// <summary>The proxies of base contracts, which several contracts above them share. Filled while a proxy is made, by one thread.</summary>
    private readonly Dictionary<Type, object> _bases = [];

    private protected ContractChannel(JsonRpcSerializer serializer) => _serializer = serializer;

    /// <summary>The calls of a contract through this channel.</summary>
    /// <param name="contract">The contract.</param>
    /// <exception cref="NotSupportedException">A type has no JSON contract, or nothing can be read as a result.</exception>
    public ContractCalls Open(ContractOutline contract)
    {
        ArgumentNullException.ThrowIfNull(contract);
        if (contract.Context is null)
            return new ContractCalls(this, contract, _serializer);
        var serializer = _serializer.With(contract.Context);
        return new ContractCalls(With(serializer), contract, serializer);
    }

    /// <summary>Makes a proxy of another contract, such as one that a contract derives from.</summary>
    /// <typeparam name="T">The contract.</typeparam>
    public T Create<T>()
        where T : class, IJsonRpcContract<T>
    {
        if (!_bases.TryGetValue(typeof(T), out var proxy))
            _bases[typeof(T)] = proxy = T.CreateProxy(this);
        return (T)proxy;
    }

    internal abstract Task<TResult> CallAsync<TArguments, TResult>(
        MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TResult> result, CancellationToken cancellationToken);

    internal abstract Task<TResult> CallWithProgressAsync<TArguments, TResult, TProgress>(
        MethodOutline method,
        TArguments arguments,
        Action<Utf8JsonWriter, TArguments> write,
        ContractValue<TResult> result,
        IProgress<TProgress> progress,
        ContractValue<TProgress> report,
        CancellationToken cancellationToken);

    internal abstract TResult Invoke<TArguments, TResult>(MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TResult> result);

    internal abstract Task NotifyAsync<TArguments>(MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, CancellationToken cancellationToken);

    internal abstract void Notify<TArguments>(MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write);

    internal abstract IAsyncEnumerable<TItem> StreamAsync<TArguments, TItem>(
        MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TItem> item, CancellationToken cancellationToken);

    private protected abstract ContractChannel With(JsonRpcSerializer serializer);
}
