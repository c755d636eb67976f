using System.Text.Json;
using JsonRpcLite.CompilerServices;

namespace JsonRpcLite;

/// <summary>Adds each call of a proxy to a batch.</summary>
internal sealed class BatchChannel(JsonRpcBatch batch, JsonRpcSerializer serializer) : ContractChannel(serializer)
{
    private readonly RpcRequestWriter _writer = new(serializer);

    internal override Task<TResult> CallAsync<TArguments, TResult>(
        MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TResult> result, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<TResult>(cancellationToken);
        var task = batch.AddCall(method.Name, result.Type, (body, id) => _writer.Write(body, method.Name, arguments, write, id), method.Idempotency);
        if (!cancellationToken.CanBeCanceled)
            return task;
        // A batch cannot cancel one of its calls, but the caller can stop waiting for it.
        var waiting = task.WaitAsync(cancellationToken);
        // Observes the exception, as the call's own task does: a task that is not awaited must not raise UnobservedTaskException.
        _ = waiting.ContinueWith(static waited => _ =
            waited.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return waiting;
    }

    internal override TResult Invoke<TArguments, TResult>(MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TResult> result) =>
        throw new NotSupportedException(
            $"The method '{method.Name}' returns its result synchronously, and a batch has results only after it was sent. Declare the method with Task in the contract, or call it through a proxy of the client.");

    internal override Task NotifyAsync<TArguments>(MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);
        Notify(method, arguments, write);
        return Task.CompletedTask;
    }

    internal override void Notify<TArguments>(MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write) =>
        batch.AddNotification(method.Name, (body, id) => _writer.Write(body, method.Name, arguments, write, id), method.Idempotency);

    internal override IAsyncEnumerable<TItem> StreamAsync<TArguments, TItem>(
        MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TItem> item, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"The method '{method.Name}' cannot stream in a batch, which has one reply for all calls. Call it through a proxy of the client.");

    internal override Task<TResult> CallWithProgressAsync<TArguments, TResult, TProgress>(
        MethodOutline method,
        TArguments arguments,
        Action<Utf8JsonWriter, TArguments> write,
        ContractValue<TResult> result,
        IProgress<TProgress> progress,
        ContractValue<TProgress> report,
        CancellationToken cancellationToken) =>
        throw new NotSupportedException(
            $"The method '{method.Name}' cannot report its progress in a batch, which has one reply for all calls. Pass null, or call it through a proxy of the client.");

    private protected override ContractChannel With(JsonRpcSerializer other) => new BatchChannel(batch, other);
}
