using System.Text.Json;
using JsonRpcLite.CompilerServices;

namespace JsonRpcLite;

/// <summary>Sends each call of a proxy at once.</summary>
internal sealed class ClientChannel(ClientCalls calls, JsonRpcSerializer serializer, JsonRpcCallOptions? options = null) : ContractChannel(serializer)
{
    private readonly JsonSerializerOptions _options = serializer.Options;
    private readonly RpcRequestWriter _writer = new(serializer);
    private readonly ClientStreams _streams = new(calls, serializer, options);

    internal override Task<TResult> CallAsync<TArguments, TResult>(
        MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TResult> result, CancellationToken cancellationToken)
    {
        // The arguments are written here, so that the task need not keep them.
        ClientCall? call = null;
        try
        {
            call = Begin(method);
            var id = Write(call, method, arguments, write);
            return SendAsync(call, id, result, cancellationToken);
        }
        catch (Exception e)
        {
            call?.Dispose();
            return Task.FromException<TResult>(e);
        }
    }

    internal override TResult Invoke<TArguments, TResult>(MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TResult> result)
    {
        using var call = Begin(method);
        var id = Write(call, method, arguments, write);
        call.Send();
        return call.Read(id, result.Type);
    }

    internal override async Task NotifyAsync<TArguments>(MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, CancellationToken cancellationToken)
    {
        using var call = Begin(method, count: 0);
        _writer.Write(call.Request, method.Name, arguments, write, id: null);
        await call.SendAsync(cancellationToken).ConfigureAwait(false);
        call.ReadNothing(_options);
    }

    internal override void Notify<TArguments>(MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write)
    {
        using var call = Begin(method, count: 0);
        _writer.Write(call.Request, method.Name, arguments, write, id: null);
        call.Send();
        call.ReadNothing(_options);
    }

    internal override IAsyncEnumerable<TItem> StreamAsync<TArguments, TItem>(
        MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, ContractValue<TItem> item, CancellationToken cancellationToken) =>
        _streams.ReadAsync(RequestOf(method, arguments, write), item.Type, cancellationToken);

    internal override Task<TResult> CallWithProgressAsync<TArguments, TResult, TProgress>(
        MethodOutline method,
        TArguments arguments,
        Action<Utf8JsonWriter, TArguments> write,
        ContractValue<TResult> result,
        IProgress<TProgress> progress,
        ContractValue<TProgress> report,
        CancellationToken cancellationToken) =>
        _streams.CallAsync(RequestOf(method, arguments, write), result.Type, progress, report.Type, cancellationToken);

    private protected override ContractChannel With(JsonRpcSerializer other) => new ClientChannel(calls, other, options);

    private static async Task<TResult> SendAsync<TResult>(ClientCall call, long id, ContractValue<TResult> result, CancellationToken cancellationToken)
    {
        using (call)
        {
            await call.SendAsync(cancellationToken).ConfigureAwait(false);
            return call.Read(id, result.Type);
        }
    }

    private ClientCall Begin(MethodOutline method, int count = 1) =>
        calls.Begin(HeaderFields.JsonRpcKind, method.Name, count, idempotency: method.Idempotency, options: options);

    private long Write<TArguments>(ClientCall call, MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write)
    {
        var id = calls.NextId();
        call.Id = id;
        _writer.Write(call.Request, method.Name, arguments, write, id);
        return id;
    }

    private ClientRequest RequestOf<TArguments>(MethodOutline method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write) =>
        new(method.Name, (request, id) => _writer.Write(request, method.Name, arguments, write, id), method.Idempotency);
}
