using System.Buffers;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Writes response objects (JSON-RPC 2.0, 5), the id as the very bytes that came.</summary>
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

    /// <param name="target">Where to write.</param>
    /// <param name="code">The error's number.</param>
    /// <param name="message">The error's sentence.</param>
    /// <param name="errorData">More, or <c>null</c>.</param>
    /// <param name="id">The id's JSON text; empty where it is not known, which is sent as null (JSON-RPC 2.0, 5).</param>
    public static void WriteError(IBufferWriter<byte> target, int code, string message, JsonNode? errorData, ReadOnlySpan<byte> id)
    {
        ErrorObject.Write(target, ErrorBegin, code, message, errorData, IdBegin);
        target.Write(id.IsEmpty ? "null"u8 : id);
        target.Write("}"u8);
    }

    /// <summary>The result in a response that was written here.</summary>
    public static ReadOnlySpan<byte> ResultOf(ReadOnlySpan<byte> response, ReadOnlySpan<byte> id) => Inside(response, ResultBegin.Length, id);

    /// <summary>The error object in a response that was written here.</summary>
    public static ReadOnlySpan<byte> ErrorOf(ReadOnlySpan<byte> response, ReadOnlySpan<byte> id) => Inside(response, ErrorBegin.Length, id);

    private static ReadOnlySpan<byte> Inside(ReadOnlySpan<byte> response, int begin, ReadOnlySpan<byte> id) => response[begin..^(IdBegin.Length + id.Length + 1)];
}
