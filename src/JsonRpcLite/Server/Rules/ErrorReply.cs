using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Writes every error of a server in the same format: <c>{"error":{"code":...,"message":...}}</c>.</summary>
/// <remarks>
/// On a JSON-RPC server the error is in the envelope of a response whose id is null (JSON-RPC 2.0, 5). A call by GET gets its error without the envelope, as it gets its result,
/// and no cache may store it. A 405 says that there are no such calls, so it has the envelope.
/// </remarks>
internal sealed class ErrorReply
{
    public static readonly ErrorReply ForPlain = new(isJsonRpc: false);
    public static readonly ErrorReply ForJsonRpc = new(isJsonRpc: true);

    private readonly bool _isJsonRpc;

    private ErrorReply(bool isJsonRpc) => _isJsonRpc = isJsonRpc;

    /// <summary>Whether the server speaks JSON-RPC.</summary>
    public bool IsJsonRpc => _isJsonRpc;

    /// <summary>Refuses a request by a rule of HTTP: the code is -32000, and the status says which rule.</summary>
    public void Refuse(HttpExchange exchange, int statusCode, string message)
    {
        RpcTelemetry.CountRefusal(statusCode);
        Fail(exchange, statusCode, JsonRpcErrorCodes.Refused, message, errorData: null);
    }

    /// <summary>Refuses a call before any of it has run, with 503 and <c>Retry-After</c>.</summary>
    /// <remarks>The error's data says that nothing has run (<c>notRun</c>), so that a client knows that a retry does not run anything twice.</remarks>
    /// <param name="exchange">The exchange.</param>
    /// <param name="message">The error message.</param>
    /// <param name="saysNotRun">Whether it is certain that no code of the user has run.</param>
    public void RefuseUnrun(HttpExchange exchange, string message, bool saysNotRun = true)
    {
        RpcTelemetry.CountRefusal(503);
        exchange.CloseConnection = true;
        exchange.ResponseHeaders["Retry-After"] = "1";
        Fail(exchange, 503, JsonRpcErrorCodes.Refused, message, saysNotRun ? new JsonObject { ["notRun"] = true } : null);
    }

    /// <summary>Answers for an unexpected exception: reports it, and sends the id of the report to the peer.</summary>
    public void FailUnexpectedly(HttpExchange exchange, Exception exception, FailureReport failures)
    {
        // The limit does not apply to this error: a caller must get an answer.
        var limit = exchange.ResponseBody.MaxLength;
        exchange.ResponseBody.MaxLength = int.MaxValue;
        Fail(exchange, 500, JsonRpcErrorCodes.InternalError, "Internal error", failures.ReportForPeer(
            exception, ServerCall.Failed(exchange, JsonRpcErrorCodes.InternalError, statusCode: 500)));
        exchange.ResponseBody.MaxLength = limit;
    }

    /// <summary>Replaces the body by an error; header fields that were set for this error stay.</summary>
    public void Fail(HttpExchange exchange, int statusCode, int code, string message, JsonNode? errorData)
    {
        exchange.ResponseBody.Clear();
        exchange.StatusCode = statusCode;
        exchange.ResponseHeaders.SetJson();
        if (IsForCaches(exchange))
            exchange.ResponseHeaders["Cache-Control"] = "no-store";
        WriteBody(exchange.ResponseBody, _isJsonRpc && (statusCode == 405 || !IsForCaches(exchange)), code, message, errorData);
    }

    /// <summary>Replaces the body by an error that is already written, for a call by GET.</summary>
    public static void FailWith(HttpExchange exchange, int statusCode, ReadOnlySpan<byte> error)
    {
        exchange.ResponseBody.Clear();
        exchange.StatusCode = statusCode;
        exchange.ResponseHeaders.SetJson();
        exchange.ResponseHeaders["Cache-Control"] = "no-store";
        exchange.ResponseBody.Write("{\"error\":"u8);
        exchange.ResponseBody.Write(error);
        exchange.ResponseBody.Write("}"u8);
    }

    /// <summary>Makes an error that shares no memory with the exchange, whose handler still runs.</summary>
    public EarlyReply MakeEarly(HttpExchange exchange, int statusCode, int code, string message)
    {
        var fields = new HeaderFields { { "Content-Type", "application/json" } };
        if (code == JsonRpcErrorCodes.Refused)
            RpcTelemetry.CountRefusal(statusCode);
        // A call that was only refused may be retried.
        if (statusCode == 503 && code == JsonRpcErrorCodes.Refused)
            fields.Add("Retry-After", "1");
        if (IsForCaches(exchange))
            fields.Add("Cache-Control", "no-store");
        var body = new BodyBuffer();
        WriteBody(body, _isJsonRpc && !IsForCaches(exchange), code, message, errorData: null);
        return new EarlyReply(statusCode, fields, body.WrittenMemory);
    }

    private bool IsForCaches(HttpExchange exchange) => _isJsonRpc && exchange.Method == "GET" && CallTarget.IsCall(exchange.Target);

    private static void WriteBody(BodyBuffer body, bool isInEnvelope, int code, string message, JsonNode? errorData)
    {
        if (isInEnvelope)
            RpcResponse.WriteError(body, code, message, errorData, id: default);
        else
            ErrorObject.Write(body, "{\"error\":"u8, code, message, errorData, "}"u8);
    }
}
