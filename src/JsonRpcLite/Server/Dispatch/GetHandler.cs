using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Answers a call by GET, so that caches can store the answer.</summary>
/// <remarks>
/// It reads the request from the target, runs it like any other, and replies as a plain function does: with the bare result, or with an error and an error status. Caches do not
/// store streams, so a sequence is returned as a list.
/// </remarks>
internal sealed class GetHandler(MethodTable methods, RpcRunner runner, JsonRpcSerializer serializer, JsonRpcProtocolOptions options)
{
    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        exchange.ResponseHeaders["X-Content-Type-Options"] = "nosniff";
        if (!CallTarget.TryRead(exchange.Target, out var name, out var parameters, out var fault))
            return Refuse(exchange, JsonRpcErrorCodes.InvalidRequest, fault);
        if (FindFault(ref parameters) is { } refusal)
            return Refuse(exchange, refusal.Code, refusal.Message, refusal.Reason);
        ReadOnlySpan<byte> method = [(byte)'"', .. JsonEncodedText.Encode(name).EncodedUtf8Bytes, (byte)'"'];
        // One answer for both cases, so that callers cannot find out whether a method exists.
        if (methods.Find(method) is not { IsSafe: true } entry)
            return Refuse(exchange, JsonRpcErrorCodes.MethodNotFound, "Method not found: a GET calls only methods that are marked Safe.");

        byte[] text = [.. method, .. parameters ?? [], .. "null"u8];
        var request = new RpcRequest(exchange, new BodyBuffer(exchange.ResponseBody.MaxLength), serializer, mayStream: false);
        request.Begin(text, Envelope.OfCall(method: ..method.Length, parameters: method.Length..^4, id: ^4..));
        exchange.EarlyAnswer = new EarlyGet(request);
        var running = runner.RunAsync(request, entry, cancellationToken);
        if (!running.IsCompletedSuccessfully)
            return AwaitAsync(running, exchange, request, entry);
        Answer(exchange, request, entry);
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask AwaitAsync(ValueTask running, HttpExchange exchange, RpcRequest request, MethodEntry entry)
    {
        await running.ConfigureAwait(false);
        Answer(exchange, request, entry);
    }

    private static void Answer(HttpExchange exchange, RpcRequest request, MethodEntry entry)
    {
        // Too late: the caller has got an early reply.
        if (exchange.IsLost)
            return;
        if (request.ErrorCode is { } code)
            ErrorReply.FailWith(exchange, GetStatus.Of(code), RpcResponse.ErrorOf(request.Target.WrittenSpan, request.Id));
        else
            AnswerResult(exchange, RpcResponse.ResultOf(request.Target.WrittenSpan, request.Id), entry.Cache, request.Call);
        request.Target.Release();
    }

    private static void AnswerResult(HttpExchange exchange, ReadOnlySpan<byte> result, CacheRule cache, JsonRpcCall call)
    {
        var asked = exchange.RequestHeaders;
        var isForAnyone = call.User is null && !asked.Contains("Authorization") && !asked.Contains("Cookie");
        var fields = exchange.ResponseHeaders;
        fields["Cache-Control"] = cache.ControlFor(isForAnyone);
        // The CORS header fields of CrossOriginRule depend on the origin of the page, so the reply varies by Origin.
        fields["Vary"] = "Authorization, Cookie, Origin";
        var tag = EntityTag.Of(result);
        fields["ETag"] = tag;
        if (EntityTag.IsNamed(asked["If-None-Match"], tag))
        {
            exchange.StatusCode = 304;
            return;
        }
        fields.SetJson();
        exchange.ResponseBody.Write(result);
    }

    /// <summary>Returns why the parameters are invalid; removes a JSON <c>null</c> if the options allow it.</summary>
    /// <returns>The error; <c>null</c> if the parameters are valid.</returns>
    private (int Code, string Message, string? Reason)? FindFault(ref byte[]? parameters)
    {
        if (parameters is null)
            return null;
        if (JsonText.FindFault(parameters) is { } fault)
            return ParseError(fault);
        // The request itself takes one level.
        const int MaxDepth = JsonText.MaxRequestDepth - 1;
        try
        {
            var reader = new Utf8JsonReader(parameters, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            var kind = reader.TokenType;
            reader.Skip();
            while (reader.Read())
            {
            }
            if (kind == JsonTokenType.Null && !options.StrictParams)
                parameters = null;
            else if (kind is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
                return (JsonRpcErrorCodes.InvalidRequest, "The params are neither an array nor an object (JSON-RPC 2.0, 4.2).", null);
            return null;
        }
        catch (JsonException)
        {
            return ParseError(JsonText.ExplainRefusal(parameters, MaxDepth) ?? "the body is not JSON");
        }
    }

    private static (int Code, string Message, string? Reason) ParseError(string reason) =>
        (JsonRpcErrorCodes.ParseError, "Parse error", reason.Replace("the body", "the value of 'params'", StringComparison.Ordinal));

    private static ValueTask Refuse(HttpExchange exchange, int code, string message, string? reason = null)
    {
        var status = GetStatus.Of(code);
        RpcTelemetry.CountRefusal(status, code);
        ErrorReply.ForJsonRpc.Fail(exchange, status, code, message, reason is null ? null : new JsonObject { ["reason"] = reason });
        return default;
    }

    private sealed class EarlyGet(RpcRequest request) : IEarlyAnswer
    {
        public EarlyReply Make(int statusCode, string message) => ErrorReply.ForJsonRpc.MakeEarly(request.Exchange, statusCode, JsonRpcErrorCodes.TimedOut, message);

        public void End(int code) => request.Measure?.End(code);
    }
}
