using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>The streaming calls of a client: sequences, and results that follow reports of progress.</summary>
internal sealed class ClientStreams(ClientCalls calls, JsonRpcSerializer serializer, JsonRpcCallOptions? options = null)
{
    /// <summary>Yields the items of a sequence, whether they arrive as a stream or as a list.</summary>
    public async IAsyncEnumerable<T> ReadAsync<T>(ClientRequest request, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = Begin(request, out var id);
        await call.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (!call.IsStreamReply)
        {
            foreach (var item in call.ReadList(id, type))
                yield return item;
            yield break;
        }
        using var reply = new StreamReply(call, id);
        var hasItems = false;
        while (await reply.ReadAsync().ConfigureAwait(false) is not StreamMessageKind.Response and var kind)
        {
            if (kind != StreamMessageKind.Item)
                continue;
            hasItems = true;
            yield return reply.Read(type);
        }
        // After items, the response only ends the stream. A method that reports progress may have a list as its result.
        if (call.Read(id, serializer.TypeOf<JsonNode?>()) is null || hasItems)
            yield break;
        foreach (var item in call.ReadList(id, type))
            yield return item;
    }

    /// <summary>Reads the reports of a method's progress, and then its result.</summary>
    public async Task<TResult> CallAsync<TResult, TProgress>(ClientRequest request, JsonTypeInfo<TResult> type, IProgress<TProgress> progress, JsonTypeInfo<TProgress> reportType,
        CancellationToken cancellationToken)
    {
        using var call = Begin(request, out var id);
        await call.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (call.IsStreamReply)
        {
            using var reply = new StreamReply(call, id);
            while (await reply.ReadAsync().ConfigureAwait(false) is not StreamMessageKind.Response and var kind)
            {
                if (kind == StreamMessageKind.Item)
                    throw reply.Unexpected();
                progress.Report(reply.Read(reportType));
            }
        }
        return call.Read(id, type);
    }

    /// <summary>Yields every part of the reply as it arrives: items, reports of progress, and the result.</summary>
    /// <remarks>A sequence that arrives as a stream has no result after its items.</remarks>
    public async IAsyncEnumerable<(StreamMessageKind Kind, T Value)> ReadPartsAsync<T>(
        ClientRequest request, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = Begin(request, out var id);
        await call.OpenAsync(cancellationToken).ConfigureAwait(false);
        var last = StreamMessageKind.Foreign;
        if (call.IsStreamReply)
        {
            using var reply = new StreamReply(call, id);
            while (await reply.ReadAsync().ConfigureAwait(false) is not StreamMessageKind.Response and var kind)
            {
                last = kind;
                yield return (kind, reply.Read(type));
            }
        }
        var isEmpty = call.Read(id, serializer.TypeOf<JsonNode?>()) is null;
        // A null result only ends the stream if it follows items or comes first.
        if (last != StreamMessageKind.Item && !(isEmpty && call.IsStreamReply && last == StreamMessageKind.Foreign))
            yield return (StreamMessageKind.Response, call.Read(id, type));
    }

    private ClientCall Begin(ClientRequest request, out long id)
    {
        var call = calls.BeginStream(request.Method, request.Idempotency, options);
        id = calls.NextId();
        call.Id = id;
        try
        {
            request.Write(call.Request, id);
            return call;
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }
}

/// <summary>A request that is sent later, possibly more than once.</summary>
internal sealed record ClientRequest(string Method, Action<BodyBuffer, long> Write, JsonRpcIdempotency Idempotency = JsonRpcIdempotency.None);
