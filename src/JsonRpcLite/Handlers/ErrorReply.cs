using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>
/// Writes every error that leaves a server, so that they all look the same: <c>{"error":{"code":...,"message":...}}</c>, on a JSON-RPC server in the
/// envelope of a response to nobody in particular (JSON-RPC 2.0, 5).
/// </summary>
internal sealed class ErrorReply
{
    public static readonly ErrorReply Plain = new(isJsonRpc: false);
    public static readonly ErrorReply JsonRpc = new(isJsonRpc: true);

    private static readonly JsonRpcSerializer Serializer = JsonRpcSerializer.For(null);

    private readonly bool _isJsonRpc;

    private ErrorReply(bool isJsonRpc) => _isJsonRpc = isJsonRpc;

    /// <summary>Refuses by a rule of HTTP: code -32000, the status says which rule.</summary>
    public void Refuse(HttpExchange exchange, int statusCode, string message) =>
        Fail(exchange, statusCode, JsonRpcErrorCodes.Refused, message, errorData: null);

    /// <summary>Replaces whatever the body holds; fields that were set for this error stay.</summary>
    public void Fail(HttpExchange exchange, int statusCode, int code, string message, JsonNode? errorData)
    {
        exchange.ResponseBody.Clear();
        exchange.StatusCode = statusCode;
        exchange.ResponseFields.SetJson();
        WriteBody(exchange.ResponseBody, code, message, errorData);
    }

    /// <summary>An error that shares no memory with the exchange it answers, whose handler still runs.</summary>
    public EarlyReply MakeEarly(int statusCode, int code, string message)
    {
        var fields = new HttpFields { { "Content-Type", "application/json" } };
        if (statusCode == 503)
            fields.Add("Retry-After", "1");
        var body = new BodyBuffer();
        WriteBody(body, code, message, errorData: null);
        return new EarlyReply(statusCode, fields, body.WrittenMemory);
    }

    private void WriteBody(BodyBuffer body, int code, string message, JsonNode? errorData) =>
        Serializer.Write(body, (code, message, errorData, _isJsonRpc), static (writer, error) =>
        {
            writer.WriteStartObject();
            if (error._isJsonRpc)
                writer.WriteString("jsonrpc", "2.0");
            writer.WriteStartObject("error");
            writer.WriteNumber("code", error.code);
            writer.WriteString("message", error.message);
            if (error.errorData is not null)
            {
                writer.WritePropertyName("data");
                error.errorData.WriteTo(writer);
            }
            writer.WriteEndObject();
            if (error._isJsonRpc)
                writer.WriteNull("id");
            writer.WriteEndObject();
        });
}

/// <summary>A reply made beside the handler that should have made it.</summary>
internal sealed record EarlyReply(int StatusCode, HttpFields Fields, ReadOnlyMemory<byte> Body);
