using System.Buffers;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Reads and writes the error object of JSON-RPC 2.0, 5.1, which plain calls use too.</summary>
internal static class ErrorObject
{
    private static readonly JsonRpcSerializer Serializer = JsonRpcSerializer.For(null);

    /// <param name="target">The buffer to write to.</param>
    /// <param name="before">The text before the error object.</param>
    /// <param name="code">The code of the error.</param>
    /// <param name="message">The message of the error.</param>
    /// <param name="errorData">The data of the error; <c>null</c> for none.</param>
    /// <param name="after">The text after the error object.</param>
    public static void Write(IBufferWriter<byte> target, ReadOnlySpan<byte> before, int code, string message, JsonNode? errorData, ReadOnlySpan<byte> after)
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

    /// <summary>Finds the member <c>error</c> of an object; <c>null</c> where the text is not JSON, not an object, or has none.</summary>
    public static Range? Find(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            Range? found = null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isError = reader.ValueTextEquals("error"u8);
                reader.Read();
                var begin = (int)reader.TokenStartIndex;
                reader.Skip();
                if (isError)
                    found = begin..(int)reader.BytesConsumed;
            }
            return found is not null && !reader.Read() ? found : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Reads an error object as an exception; <c>null</c> where its message or a 32-bit code is missing.</summary>
    /// <remarks>Data that a <see cref="JsonNode"/> cannot hold, since an object in it has a duplicate member, is omitted: the error itself is more important.</remarks>
    public static JsonRpcException? Read(ReadOnlySpan<byte> text, HttpStatusCode status, HeaderFields fields, JsonSerializerOptions? options)
    {
        int? code = null;
        string? message = null;
        JsonNode? errorData = null;
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            return null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isCode, isMessage, isData) = (reader.ValueTextEquals("code"u8), reader.ValueTextEquals("message"u8), reader.ValueTextEquals("data"u8));
            reader.Read();
            if (isCode && code is not null || isMessage && message is not null)
                return null;
            if (isCode && reader.TokenType == JsonTokenType.Number)
                code = reader.TryGetInt32(out var number) ? number : reader.TryGetDouble(out var real) && real == (int)real ? (int)real : null;
            if (isMessage && reader.TokenType == JsonTokenType.String)
                message = reader.GetString();
            var begin = (int)reader.TokenStartIndex;
            reader.Skip();
            if (isData)
                errorData = TryParse(text[begin..(int)reader.BytesConsumed]);
        }
        return code is { } c && message is not null ? new JsonRpcException(c, message, errorData, status) { ResponseHeaders = fields, SerializerOptions = options } : null;
    }

    private static JsonNode? TryParse(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonNode.Parse(text, null, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = JsonText.MaxReplyDepth });
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
