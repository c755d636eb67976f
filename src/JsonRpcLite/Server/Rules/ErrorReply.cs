using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>
/// Writes every error that leaves a server, so that they all look the same: <c>{"error":{"code":...,"message":...}}</c>, on a JSON-RPC server in the
/// envelope of a response to nobody in particular (JSON-RPC 2.0, 5). A call by GET gets it without the envelope, as its result is without one, and no cache may keep it.
/// </summary>
internal sealed class ErrorReply
{
    public static readonly ErrorReply ForPlain = new(isJsonRpc: false);
    public static readonly ErrorReply ForJsonRpc = new(isJsonRpc: true);

    private readonly bool _isJsonRpc;

    private ErrorReply(bool isJsonRpc) => _isJsonRpc = isJsonRpc;

    /// <summary>Whether the server speaks JSON-RPC.</summary>
    public bool IsJsonRpc => _isJsonRpc;

    /// <summary>Refuses by a rule of HTTP: code -32000, the status says which rule.</summary>
    public void Refuse(HttpExchange exchange, int statusCode, string message)
    {
        RpcTelemetry.CountRefusal(statusCode);
        Fail(exchange, statusCode, JsonRpcErrorCodes.Refused, message, errorData: null);
    }

    /// <summary>
    /// Refuses a call before any of it has run, and invites to try again: the error's data says so (<c>notRun</c>), which tells a client that a retry runs nothing twice.
    /// </summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="message">The sentence.</param>
    /// <param name="saysNotRun">Whether it is certain that no code of the user's has run before.</param>
    public void RefuseUnrun(HttpExchange exchange, string message, bool saysNotRun = true)
    {
        RpcTelemetry.CountRefusal(503);
        exchange.CloseConnection = true;
        exchange.ResponseHeaders["Retry-After"] = "1";
        Fail(exchange, 503, JsonRpcErrorCodes.Refused, message, saysNotRun ? new JsonObject { ["notRun"] = true } : null);
    }

    /// <summary>Answers for an exception that nobody expected: reports it, and tells the peer the id of the report.</summary>
    public void FailUnexpectedly(HttpExchange exchange, Exception exception, FailureReport failures)
    {
        // It always fits: nobody may get no answer for the sake of a limit.
        var limit = exchange.ResponseBody.MaxLength;
        exchange.ResponseBody.MaxLength = int.MaxValue;
        Fail(exchange, 500, JsonRpcErrorCodes.InternalError, "Internal error", failures.ReportForPeer(
            exception, ServerCall.Failed(exchange, JsonRpcErrorCodes.InternalError, statusCode: 500)));
        exchange.ResponseBody.MaxLength = limit;
    }

    /// <summary>Replaces whatever the body holds; fields that were set for this error stay.</summary>
    public void Fail(HttpExchange exchange, int statusCode, int code, string message, JsonNode? errorData)
    {
        exchange.ResponseBody.Clear();
        exchange.StatusCode = statusCode;
        exchange.ResponseHeaders.SetJson();
        if (IsForCaches(exchange))
            exchange.ResponseHeaders["Cache-Control"] = "no-store";
        WriteBody(exchange, exchange.ResponseBody, code, message, errorData);
    }

    /// <summary>The same for a call by GET, whose error is written already.</summary>
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

    /// <summary>An error that shares no memory with the exchange it answers, whose handler still runs.</summary>
    public EarlyReply MakeEarly(HttpExchange exchange, int statusCode, int code, string message)
    {
        var fields = new HeaderFields { { "Content-Type", "application/json" } };
        if (code == JsonRpcErrorCodes.Refused)
            RpcTelemetry.CountRefusal(statusCode);
        // What was only refused may be tried again.
        if (statusCode == 503 && code == JsonRpcErrorCodes.Refused)
            fields.Add("Retry-After", "1");
        if (IsForCaches(exchange))
            fields.Add("Cache-Control", "no-store");
        var body = new BodyBuffer();
        WriteBody(exchange, body, code, message, errorData: null);
        return new EarlyReply(statusCode, fields, body.WrittenMemory);
    }

    private bool IsForCaches(HttpExchange exchange) => _isJsonRpc && exchange.Method == "GET" && CallTarget.IsCall(exchange.Target);

    private void WriteBody(HttpExchange exchange, BodyBuffer body, int code, string message, JsonNode? errorData)
    {
        if (_isJsonRpc && !IsForCaches(exchange))
            RpcResponse.WriteError(body, code, message, errorData, id: default);
        else
            ErrorObject.Write(body, "{\"error\":"u8, code, message, errorData, "}"u8);
    }
}
