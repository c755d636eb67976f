using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite.CompilerServices;

/// <summary>Where the calls of a proxy go: to a client's server at once, or into a batch. Thread-safe as the client or the batch is.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ContractChannel
{
    private readonly JsonRpcSerializer _serializer;

    /// <summary>The proxies of base contracts, which several contracts above them share. Filled while a proxy is made, by one thread.</summary>
    private readonly Dictionary<Type, object> _bases = [];

    private protected ContractChannel(JsonRpcSerializer serializer) => _serializer = serializer;

    /// <summary>How arguments of a type are written.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <exception cref="NotSupportedException">The type has no JSON contract.</exception>
    public ContractValue<T> Value<T>() => new(_serializer.TypeOf<T>());

    /// <summary>How results, items and reports of a type are read.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <exception cref="NotSupportedException">The type has no JSON contract, or nothing can be read as it.</exception>
    public ContractValue<T> Result<T>() => new(_serializer.InputOf<T>());

    /// <summary>The result of a method that returns nothing.</summary>
    public ContractValue<JsonNode?> Nothing() => new(_serializer.TypeOf<JsonNode?>());

    /// <summary>The same channel with types that a context resolves.</summary>
    /// <param name="context">The context, which is asked before the client's options.</param>
    public ContractChannel With(IJsonTypeInfoResolver context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return With(_serializer.With(context));
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

    /// <summary>Calls a method.</summary>
    /// <param name="method">The method.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="write">Writes them, as one array or object; or nothing.</param>
    /// <param name="result">How the result is read.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <typeparam name="TArguments">Holds the arguments.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public abstract Task<TResult> CallAsync<TArguments, TResult>(ContractCall method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TResult> result, CancellationToken cancellationToken);

    /// <summary>Calls a method that reports its progress.</summary>
    /// <param name="method">The method.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="write">Writes them, as one array or object; or nothing.</param>
    /// <param name="result">How the result is read.</param>
    /// <param name="progress">Gets the reports; with <c>null</c> the call is an ordinary one.</param>
    /// <param name="report">How a report is read.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <typeparam name="TArguments">Holds the arguments.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    /// <typeparam name="TProgress">The type of a report.</typeparam>
    public Task<TResult> CallAsync<TArguments, TResult, TProgress>(
        ContractCall method,
        TArguments arguments,
        Action<Utf8JsonWriter, TArguments> write,
        ContractValue<TResult> result,
        IProgress<TProgress>? progress,
        ContractValue<TProgress> report,
        CancellationToken cancellationToken) =>
        progress is null ? CallAsync(method, arguments, write, result, cancellationToken) : CallWithProgressAsync(method, arguments, write, result, progress, report, cancellationToken);

    /// <summary>Calls a method, and blocks the thread until the answer is there.</summary>
    /// <inheritdoc cref="CallAsync{TArguments, TResult}(ContractCall, TArguments, Action{Utf8JsonWriter, TArguments}, ContractValue{TResult}, CancellationToken)"
    /// path="/param|/typeparam"/>
    public abstract TResult Invoke<TArguments, TResult>(ContractCall method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TResult> result);

    /// <summary>Sends a notification.</summary>
    /// <inheritdoc cref="CallAsync{TArguments, TResult}(ContractCall, TArguments, Action{Utf8JsonWriter, TArguments}, ContractValue{TResult}, CancellationToken)"
    /// path="/param|/typeparam"/>
    public abstract Task NotifyAsync<TArguments>(ContractCall method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, CancellationToken cancellationToken);

    /// <summary>Sends a notification, and blocks the thread until the server has taken it.</summary>
    /// <inheritdoc cref="CallAsync{TArguments, TResult}(ContractCall, TArguments, Action{Utf8JsonWriter, TArguments}, ContractValue{TResult}, CancellationToken)"
    /// path="/param|/typeparam"/>
    public abstract void Notify<TArguments>(ContractCall method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write);

    /// <summary>Calls a method that returns a sequence.</summary>
    /// <param name="method">The method.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="write">Writes them, as one array or object; or nothing.</param>
    /// <param name="item">How an item is read.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <typeparam name="TArguments">Holds the arguments.</typeparam>
    /// <typeparam name="TItem">The type of an item.</typeparam>
    public abstract IAsyncEnumerable<TItem> StreamAsync<TArguments, TItem>(
        ContractCall method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TItem> item, CancellationToken cancellationToken);

    private protected abstract Task<TResult> CallWithProgressAsync<TArguments, TResult, TProgress>(
        ContractCall method,
        TArguments arguments,
        Action<Utf8JsonWriter, TArguments> write,
        ContractValue<TResult> result,
        IProgress<TProgress> progress,
        ContractValue<TProgress> report,
        CancellationToken cancellationToken);

    private protected abstract ContractChannel With(JsonRpcSerializer serializer);
}
