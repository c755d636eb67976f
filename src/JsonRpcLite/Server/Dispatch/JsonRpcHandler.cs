using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Answers JSON-RPC 2.0 over HTTP: a request or a batch gets one response, an array of them, or an empty reply.</summary>
internal sealed class JsonRpcHandler
{
    private readonly JsonRpcProtocolOptions _options;
    private readonly JsonRpcSerializer _serializer;
    private readonly MethodTable _methods;
    private readonly RpcRunner _runner;
    private readonly GetHandler _get;

    public JsonRpcHandler(JsonRpcMethods methods, JsonRpcHandlerOptions options, FailureReport? failures)
    {
        _options = options.Protocol;
        _serializer = JsonRpcSerializer.For(options.SerializerOptions);
        _methods = methods.Freeze(options.Discovery, _serializer);
        _runner = new RpcRunner(_methods, failures, _serializer);
        _get = new GetHandler(_methods, _runner, _serializer, _options);
        HttpMethods = new CallMethods(Query: _methods.HasSafe, Get: _options.AllowGet);
    }

    /// <summary>The HTTP methods that carry calls.</summary>
    public CallMethods HttpMethods { get; }

    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        var reading = exchange.ReadBodyAsync(cancellationToken);
        return reading.IsCompletedSuccessfully ? RunAsync(exchange, reading.Result, cancellationToken) : AwaitBodyAsync(reading, exchange, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitBodyAsync(ValueTask<ReadOnlyMemory<byte>> reading, HttpExchange exchange, CancellationToken cancellationToken) =>
        await RunAsync(exchange, await reading.ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    private ValueTask RunAsync(HttpExchange exchange, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        if (exchange.Method == "GET")
            return _get.HandleAsync(exchange, cancellationToken);
        exchange.ResponseHeaders.SetJson();
        body = body[^JsonText.WithoutMark(body.Span).Length..];
        if (JsonText.FindFault(body.Span) is { } fault)
            return AnswerUnreadable(exchange, fault);

        Envelope envelope;
        List<Envelope>? batch = null;
        var entries = 0;
        try
        {
            if (!Envelope.TryReadPlain(body.Span, out envelope))
                ReadAll(body.Span, ref envelope, ref batch, ref entries);
        }
        catch (JsonException)
        {
            return AnswerUnreadable(exchange, JsonText.ExplainRefusal(body.Span, JsonText.MaxRequestDepth) ?? "the body is not JSON");
        }

        if (batch is not null && entries == 0)
            return Answer(exchange, JsonRpcErrorCodes.InvalidRequest, "Invalid Request", new JsonObject { ["reason"] = "the batch has no requests" });
        if (batch is not null && entries > _options.MaxBatchCalls)
            return Answer(exchange, JsonRpcErrorCodes.BatchTooLong, $"The batch has {entries} calls; {_options.MaxBatchCalls} are allowed.");
        if (exchange.Method == "QUERY" && FindUnsafe(body.Span, batch ?? [envelope]) is { } name)
            return RefuseQuery(exchange, name);
        if (batch is null)
            return RunSingleAsync(exchange, body, envelope, cancellationToken);
        return new RpcBatchRun(exchange, body, batch, _serializer, _runner, _options).RunAsync(cancellationToken);
    }

    /// <summary>Reads all of the text before anything runs, so that text that is invalid only at its end is rejected.</summary>
    private void ReadAll(ReadOnlySpan<byte> text, ref Envelope envelope, ref List<Envelope>? batch, ref int entries)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxRequestDepth });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            envelope = Envelope.Read(ref reader, _options.StrictParams);
        }
        else
        {
            for (batch = []; reader.Read() && reader.TokenType != JsonTokenType.EndArray; entries++)
            {
                envelope = Envelope.Read(ref reader, _options.StrictParams);
                if (entries < _options.MaxBatchCalls)
                    batch.Add(envelope);
            }
        }
        reader.Read();
    }

    private ValueTask RunSingleAsync(HttpExchange exchange, ReadOnlyMemory<byte> body, Envelope envelope, CancellationToken cancellationToken)
    {
        if (exchange.HandlerState is not RpcSingle single || single.Owner != this || single.Request.Call.Next is { IsSpent: true })
            exchange.HandlerState = single = new RpcSingle(
                this, new RpcRequest(exchange, exchange.ResponseBody, _serializer, heartbeat: _options.StreamHeartbeat), _options.NotificationStatusCode);
        var request = single.Request;
        request.Begin(body, envelope);
        exchange.EarlyAnswer = single;
        if (envelope.IsNotification)
            exchange.StatusCode = _options.NotificationStatusCode;
        var running = _runner.RunAsync(request, _runner.Find(body.Span, envelope), cancellationToken);
        if (!envelope.IsNotification)
            return running;
        exchange.ResponseHeaders.Remove("Content-Type");
        return running;
    }

    /// <summary>Finds a method in the calls that a QUERY may not call, since it is not marked as safe.</summary>
    /// <remarks>Unknown methods and invalid requests run nothing, and are answered as for a POST.</remarks>
    /// <returns>The JSON string of the method's name; <c>null</c> if there is no such method.</returns>
    private string? FindUnsafe(ReadOnlySpan<byte> text, List<Envelope> calls)
    {
        foreach (var call in calls)
        {
            if (call.IsValid && (_methods.Find(text[call.Method]) ?? _methods.Fallback) is { IsSafe: false })
                return Encoding.UTF8.GetString(text[call.Method]);
        }
        return null;
    }

    /// <summary>Refuses a QUERY as a whole, before any of its calls has run, since a QUERY is safe (RFC 10008 2).</summary>
    private ValueTask RefuseQuery(HttpExchange exchange, string name)
    {
        exchange.ResponseHeaders["Allow"] = "POST";
        HttpMethods.TellQuery(exchange);
        ErrorReply.ForJsonRpc.Refuse(exchange, 405, $"A QUERY calls only methods that are marked Safe, and {PeerText.Shown(name)} is not. None of its calls has run; send a POST.");
        return default;
    }

    /// <summary>Answers the whole body with one error, whose id is null.</summary>
    private static ValueTask Answer(HttpExchange exchange, int code, string message, JsonNode? errorData = null)
    {
        RpcTelemetry.CountRefusal(exchange.StatusCode, code);
        RpcResponse.WriteError(exchange.ResponseBody, code, message, errorData, id: default);
        return default;
    }

    /// <summary>Answers with the specification's message; the reason is in the error's data.</summary>
    private static ValueTask AnswerUnreadable(HttpExchange exchange, string reason) =>
        Answer(exchange, JsonRpcErrorCodes.ParseError, "Parse error", new JsonObject { ["reason"] = reason });

    /// <summary>A single request, reused with its exchange, and its early reply.</summary>
    private sealed class RpcSingle(JsonRpcHandler owner, RpcRequest request, int notificationStatusCode) : IEarlyAnswer
    {
        public JsonRpcHandler Owner => owner;

        public RpcRequest Request => request;

        public EarlyReply Make(int statusCode, string message)
        {
            if (request.Envelope.IsNotification)
                return new EarlyReply(statusCode == 503 ? 503 : notificationStatusCode, [], default);
            var body = new BodyBuffer();
            RpcResponse.WriteError(body, JsonRpcErrorCodes.TimedOut, message, errorData: null, request.Id);
            return new EarlyReply(statusCode == 503 ? 503 : 200, new HeaderFields { { "Content-Type", "application/json" } }, body.WrittenMemory);
        }

        public void End(int code) => request.Measure?.End(code);
    }
}
