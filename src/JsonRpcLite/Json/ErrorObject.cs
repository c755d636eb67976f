using System.Buffers;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Writes the error object of JSON-RPC 2.0, 5.1, in which plain calls tell their errors, too.</summary>
internal static class ErrorObject
{
    private static readonly JsonRpcSerializer Serializer = JsonRpcSerializer.For(null);

    /// <param name="target">Where to write.</param>
    /// <param name="before">What stands in front of it.</param>
    /// <param name="code">The error's number.</param>
    /// <param name="message">The error's sentence.</param>
    /// <param name="errorData">More, or <c>null</c>.</param>
    /// <param name="after">What stands behind it.</param>
    public static void Write(BodyBuffer target, ReadOnlySpan<byte> before, int code, string message, JsonNode? errorData, ReadOnlySpan<byte> after)
    {
        target.Write(before);
        Serializer.Write(target, (code, message, errorData), static (writer, error) =>
        {
            writer.WriteStartObject();
            writer.WriteNumber("code", error.code);
            writer.WriteString("message", error.message);
            if (error.errorData is not null)
            {
                writer.WritePropertyName("data");
                error.errorData.WriteTo(writer);
            }
            writer.WriteEndObject();
        });
        target.Write(after);
    }
}
