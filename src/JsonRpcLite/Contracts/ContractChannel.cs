using System.ComponentModel;
using System.Text.Json;

namespace JsonRpcLite.CompilerServices;

/// <summary>Carries the calls of a proxy: directly to a client's server, or into a batch.</summary>
/// <remarks>As thread-safe as the client or the batch.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ContractChannel
{
    private readonly JsonRpcSerializer _serializer;

    /// <summary>The proxies of base contracts, which several derived contracts share.</summary>
    /// <remarks>Filled by one thread, while a proxy is created.</remarks>
    private readonly Dictionary<Type, object> _bases = [];

    private protected ContractChannel(JsonRpcSerializer serializer) => _serializer = serializer;

    /// <summary>Returns the calls of a contract through this channel.</summary>
    /// <param name="contract">The contract.</param>
    /// <exception cref="NotSupportedException">A type has no JSON contract, or a result's type cannot be read from JSON.</exception>
    public ContractCalls Open(ContractOutline contract)
    {
        ArgumentNullException.ThrowIfNull(contract);
        if (contract.Context is null)
            return new ContractCalls(this, contract, _serializer);
        var serializer = _serializer.With(contract.Context);
        return new ContractCalls(With(serializer), contract, serializer);
    }

    /// <summary>Creates a proxy of another contract, such as a base contract.</summary>
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
