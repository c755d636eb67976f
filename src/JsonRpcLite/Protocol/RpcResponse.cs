using System.Buffers;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Writes response objects (JSON-RPC 2.0, 5), with the id exactly as received.</summary>
internal static class RpcResponse
{
    private static ReadOnlySpan<byte> ResultBegin => "{\"jsonrpc\":\"2.0\",\"result\":"u8;

    private static ReadOnlySpan<byte> ErrorBegin => "{\"jsonrpc\":\"2.0\",\"error\":"u8;

    private static ReadOnlySpan<byte> IdBegin => ",\"id\":"u8;

    public static void BeginResult(IBufferWriter<byte> target) => target.Write(ResultBegin);

    public static void EndResult(IBufferWriter<byte> target, ReadOnlySpan<byte> id)
    {
        target.Write(IdBegin);
        target.Write(id);
        target.Write("}"u8);
    }

    /// <param name="target">The buffer to write to.</param>
    /// <param name="code">The code of the error.</param>
    /// <param name="message">The message of the error.</param>
    /// <param name="errorData">The data of the error; <c>null</c> for none.</param>
    /// <param name="id">The id's JSON text; empty where the id is unknown, which is sent as null (JSON-RPC 2.0, 5).</param>
    public static void WriteError(IBufferWriter<byte> target, int code, string message, JsonNode? errorData, ReadOnlySpan<byte> id)
    {
        ErrorObject.Write(target, ErrorBegin, code, message, errorData, IdBegin);
        target.Write(id.IsEmpty ? "null"u8 : id);
        target.Write("}"u8);
    }

    /// <summary>Returns the result in a response that this class has written.</summary>
    public static ReadOnlySpan<byte> ResultOf(ReadOnlySpan<byte> response, ReadOnlySpan<byte> id) => Inside(response, ResultBegin.Length, id);

    /// <summary>Returns the error object in a response that this class has written.</summary>
    public static ReadOnlySpan<byte> ErrorOf(ReadOnlySpan<byte> response, ReadOnlySpan<byte> id) => Inside(response, ErrorBegin.Length, id);

    private static ReadOnlySpan<byte> Inside(ReadOnlySpan<byte> response, int begin, ReadOnlySpan<byte> id) => response[begin..^(IdBegin.Length + id.Length + 1)];
}
