using System.Text.Json;
using JsonRpcLite.CompilerServices;

namespace JsonRpcLite;

/// <summary>Adds each call of a proxy to a batch.</summary>
internal sealed class BatchChannel(JsonRpcBatch batch, JsonRpcSerializer serializer) : ContractChannel(serializer)
{
    private readonly RpcRequestWriter _writer = new(serializer);

    public override Task<TResult> CallAsync<TArguments, TResult>(ContractCall method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TResult> result, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<TResult>(cancellationToken);
        var task = batch.AddCall(method.Method, result.Type, (body, id) => _writer.Write(body, method.Method, arguments, write, id));
        if (!cancellationToken.CanBeCanceled)
            return task;
        // One call of a batch cannot be given up alone; its caller can.
        var waiting = task.WaitAsync(cancellationToken);
        // As the call's own task, this one must not come back as an unobserved exception.
        _ = waiting.ContinueWith(static waited => _ = waited.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return waiting;
    }

    public override TResult Invoke<TArguments, TResult>(ContractCall method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TResult> result) =>
        throw new NotSupportedException($"The method '{method.Method}' returns its result at once, which a batch cannot: its calls are answered when it is sent. Declare it with Task in the contract, or call it with a proxy of the client.");

    public override Task NotifyAsync<TArguments>(ContractCall method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);
        Notify(method, arguments, write);
        return Task.CompletedTask;
    }

    public override void Notify<TArguments>(ContractCall method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write) =>
        batch.AddNotification(method.Method, (body, id) => _writer.Write(body, method.Method, arguments, write, id));

    public override IAsyncEnumerable<TItem> StreamAsync<TArguments, TItem>(
        ContractCall method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TItem> item, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"The method '{method.Method}' cannot stream in a batch, which has one reply for all calls. Call it with a proxy of the client.");

    private protected override Task<TResult> CallWithProgressAsync<TArguments, TResult, TProgress>(
        ContractCall method,
        TArguments arguments,
        Action<Utf8JsonWriter, TArguments> write,
        ContractValue<TResult> result,
        IProgress<TProgress> progress,
        ContractValue<TProgress> report,
        CancellationToken cancellationToken) =>
        throw new NotSupportedException($"The method '{method.Method}' cannot report its progress in a batch, which has one reply for all calls. Pass null, or call it with a proxy of the client.");

    private protected override ContractChannel With(JsonRpcSerializer other) => new BatchChannel(batch, other);
}
