using System.Buffers;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>The error object of JSON-RPC 2.0, 5.1, in which plain calls tell their errors, too.</summary>
internal static class ErrorObject
{
    private static readonly JsonRpcSerializer Serializer = JsonRpcSerializer.For(null);

    /// <param name="target">Where to write.</param>
    /// <param name="before">What stands in front of it.</param>
    /// <param name="code">The error's number.</param>
    /// <param name="message">The error's sentence.</param>
    /// <param name="errorData">More, or <c>null</c>.</param>
    /// <param name="after">What stands behind it.</param>
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

    /// <summary>Where the member <c>error</c> of an object lies; <c>null</c> where the text is no object, has none, or is no JSON.</summary>
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

    /// <summary>
    /// The exception that an error object is; <c>null</c> where it has no message, or no code that is a 32-bit integer. Data that no <see cref="JsonNode"/> can hold, since an
    /// object in it has a member twice, is left out: the error itself is what counts.
    /// </summary>
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
