using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite.CompilerServices;

/// <summary>Makes the calls of a proxy, each by the number of its method.</summary>
/// <remarks>As thread-safe as the client or the batch.</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractCalls
{
    private readonly ContractChannel _channel;
    private readonly ContractOutline _contract;

    /// <summary>For each type of the contract, how its values are read and written.</summary>
    private readonly ContractValue[] _values;

    /// <summary>The result of a method that returns nothing.</summary>
    private readonly ContractValue<JsonNode?> _nothing;

    internal ContractCalls(ContractChannel channel, ContractOutline contract, JsonRpcSerializer serializer)
    {
        _channel = channel;
        _contract = contract;
        _values = new ContractValue[contract.Types.Length];
        for (var i = 0; i < _values.Length; i++)
            _values[i] = contract.Types[i].MakeValue(serializer, contract.ReadByClients[i]);
        _nothing = new ContractValue<JsonNode?>(serializer.TypeOf<JsonNode?>());
    }

    /// <summary>Calls a method that returns nothing.</summary>
    /// <param name="method">The method's number.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <typeparam name="TArguments">Holds the arguments.</typeparam>
    public Task CallAsync<TArguments>(int method, TArguments arguments, CancellationToken cancellationToken)
        where TArguments : struct, ISentArguments =>
        _channel.CallAsync(_contract.Methods[method], new Request<TArguments>(this, method, arguments), Request<TArguments>.Writing, _nothing, cancellationToken);

    /// <summary>Calls a method.</summary>
    /// <param name="method">The method's number.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <typeparam name="TArguments">Holds the arguments.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> CallAsync<TArguments, TResult>(int method, TArguments arguments, CancellationToken cancellationToken)
        where TArguments : struct, ISentArguments =>
        _channel.CallAsync(_contract.Methods[method], new Request<TArguments>(this, method, arguments), Request<TArguments>.Writing, ResultOf<TResult>(method), cancellationToken);

    /// <summary>Calls a method that reports its progress and returns nothing.</summary>
    /// <param name="method">The method's number.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="progress">Receives the reports; <c>null</c> makes an ordinary call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <typeparam name="TArguments">Holds the arguments.</typeparam>
    /// <typeparam name="TProgress">The type of a report.</typeparam>
    public Task RunAsync<TArguments, TProgress>(int method, TArguments arguments, IProgress<TProgress>? progress, CancellationToken cancellationToken)
        where TArguments : struct, ISentArguments =>
        RunAsync(method, arguments, progress, _nothing, cancellationToken);

    /// <summary>Calls a method that reports its progress.</summary>
    /// <param name="method">The method's number.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="progress">Receives the reports; <c>null</c> makes an ordinary call.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <typeparam name="TArguments">Holds the arguments.</typeparam>
    /// <typeparam name="TProgress">The type of a report.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public Task<TResult> RunAsync<TArguments, TProgress, TResult>(int method, TArguments arguments, IProgress<TProgress>? progress, CancellationToken cancellationToken)
        where TArguments : struct, ISentArguments =>
        RunAsync(method, arguments, progress, ResultOf<TResult>(method), cancellationToken);

    /// <summary>Calls a method that returns nothing, and blocks the thread until the reply has arrived.</summary>
    /// <param name="method">The method's number.</param>
    /// <param name="arguments">The arguments.</param>
    /// <typeparam name="TArguments">Holds the arguments.</typeparam>
    public void Invoke<TArguments>(int method, TArguments arguments)
        where TArguments : struct, ISentArguments =>
        _channel.Invoke(_contract.Methods[method], new Request<TArguments>(this, method, arguments), Request<TArguments>.Writing, _nothing);

    /// <summary>Calls a method, and blocks the thread until the reply has arrived.</summary>
    /// <param name="method">The method's number.</param>
    /// <param name="arguments">The arguments.</param>
    /// <typeparam name="TArguments">Holds the arguments.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public TResult Invoke<TArguments, TResult>(int method, TArguments arguments)
        where TArguments : struct, ISentArguments =>
        _channel.Invoke(_contract.Methods[method], new Request<TArguments>(this, method, arguments), Request<TArguments>.Writing, ResultOf<TResult>(method));

    /// <summary>Sends a notification.</summary>
    /// <param name="method">The method's number.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <typeparam name="TArguments">Holds the arguments.</typeparam>
    public Task NotifyAsync<TArguments>(int method, TArguments arguments, CancellationToken cancellationToken)
        where TArguments : struct, ISentArguments =>
        _channel.NotifyAsync(_contract.Methods[method], new Request<TArguments>(this, method, arguments), Request<TArguments>.Writing, cancellationToken);

    /// <summary>Sends a notification, and blocks the thread until the server has accepted it.</summary>
    /// <param name="method">The method's number.</param>
    /// <param name="arguments">The arguments.</param>
    /// <typeparam name="TArguments">Holds the arguments.</typeparam>
    public void Notify<TArguments>(int method, TArguments arguments)
        where TArguments : struct, ISentArguments =>
        _channel.Notify(_contract.Methods[method], new Request<TArguments>(this, method, arguments), Request<TArguments>.Writing);

    /// <summary>Calls a method that returns a sequence.</summary>
    /// <param name="method">The method's number.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <typeparam name="TArguments">Holds the arguments.</typeparam>
    /// <typeparam name="TItem">The type of an item.</typeparam>
    public IAsyncEnumerable<TItem> StreamAsync<TArguments, TItem>(int method, TArguments arguments, CancellationToken cancellationToken)
        where TArguments : struct, ISentArguments =>
        _channel.StreamAsync(_contract.Methods[method], new Request<TArguments>(this, method, arguments), Request<TArguments>.Writing, ResultOf<TItem>(method), cancellationToken);

    private Task<TResult> RunAsync<TArguments, TProgress, TResult>(
        int method, TArguments arguments, IProgress<TProgress>? progress, ContractValue<TResult> result, CancellationToken cancellationToken)
        where TArguments : struct, ISentArguments
    {
        var (outline, request) = (_contract.Methods[method], new Request<TArguments>(this, method, arguments));
        if (progress is null)
            return _channel.CallAsync(outline, request, Request<TArguments>.Writing, result, cancellationToken);
        var report = (ContractValue<TProgress>)_values[outline.Progress];
        return _channel.CallWithProgressAsync(outline, request, Request<TArguments>.Writing, result, progress, report, cancellationToken);
    }

    private ContractValue<TResult> ResultOf<TResult>(int method) => (ContractValue<TResult>)_values[_contract.Methods[method].Result];

    /// <summary>A call's arguments, and the function that writes them.</summary>
    private readonly struct Request<TArguments>(ContractCalls calls, int method, TArguments arguments)
        where TArguments : struct, ISentArguments
    {
        public static readonly Action<Utf8JsonWriter, Request<TArguments>> Writing = static (writer, request) => request.Write(writer);

        /// <summary>Writes one array or object; writes nothing where the method has no parameters.</summary>
        private void Write(Utf8JsonWriter writer)
        {
            var contract = calls._contract;
            var parameters = contract.Methods[method].Parameters;
            if (parameters.Length == 0)
                return;
            var target = new ArgumentWriter(writer, parameters, calls._values, contract.ByPosition);
            if (contract.ByPosition)
                writer.WriteStartArray();
            else
                writer.WriteStartObject();
            arguments.Write(ref target);
            if (contract.ByPosition)
                writer.WriteEndArray();
            else
                writer.WriteEndObject();
        }
    }
}
