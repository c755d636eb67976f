using System.Text.Json;

namespace JsonRpcLite;

/// <summary>Where the parts of one request object lie in the text that holds it (JSON-RPC 2.0, 4).</summary>
internal struct Envelope
{
    /// <summary>The longest id that is echoed, in bytes of its JSON text.</summary>
    private const int MaxIdSize = 1024;

    /// <summary>Each member that counts, as a bit, to see one that is there twice.</summary>
    [Flags]
    private enum Members
    {
        None = 0,
        Version = 1,
        Method = 2,
        Params = 4,
        Id = 8,
    }

    /// <summary>Whether the object is a request; if not, only <see cref="Id"/> counts.</summary>
    public bool IsValid { get; private set; }

    /// <summary>The JSON string of the method's name, quotation marks and escapes included.</summary>
    public Range Method { get; private set; }

    /// <summary>The JSON text of the parameters; empty where there are none.</summary>
    public Range Params { get; private set; }

    /// <summary>The JSON text of the id; empty where there is none that can be echoed.</summary>
    public Range Id { get; private set; }

    /// <summary>A valid request without an id: it is never answered.</summary>
    public bool IsNotification { get; private set; }

    /// <summary>
    /// Reads the value on which the reader stands, to its end. What is no JSON is a <see cref="JsonException"/>; what is no request is an envelope that is not valid.
    /// </summary>
    public static Envelope Read(ref Utf8JsonReader reader, bool isNullParamsRefused)
    {
        var envelope = new Envelope();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return envelope;
        }

        var (seen, twice) = (Members.None, Members.None);
        var isValid = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var member = MemberOf(ref reader);
            twice |= seen & member;
            seen |= member;
            reader.Read();
            var (kind, begin) = (reader.TokenType, (int)reader.TokenStartIndex);
            if (member == Members.Version)
                isValid &= kind == JsonTokenType.String && reader.ValueTextEquals("2.0"u8);
            reader.Skip();
            var text = begin..(int)reader.BytesConsumed;
            switch (member)
            {
                case Members.Method:
                    isValid &= kind == JsonTokenType.String;
                    envelope.Method = text;
                    break;
                case Members.Params when kind == JsonTokenType.Null:
                    isValid &= !isNullParamsRefused;
                    break;
                case Members.Params:
                    isValid &= kind is JsonTokenType.StartArray or JsonTokenType.StartObject;
                    envelope.Params = text;
                    break;
                case Members.Id when kind is JsonTokenType.String or JsonTokenType.Number or JsonTokenType.Null && text.End.Value - begin <= MaxIdSize:
                    envelope.Id = text;
                    break;
                case Members.Id:
                    isValid = false;
                    break;
            }
        }

        const Members Required = Members.Version | Members.Method;
        envelope.IsValid = isValid && twice == Members.None && (seen & Required) == Required;
        envelope.IsNotification = envelope.IsValid && !seen.HasFlag(Members.Id);
        if (twice.HasFlag(Members.Id))
            envelope.Id = default;
        return envelope;
    }

    private static Members MemberOf(ref Utf8JsonReader reader)
    {
        // A name without escapes is told by its length first.
        if (!reader.ValueIsEscaped && reader.ValueSpan.Length is not (2 or 6 or 7))
            return Members.None;
        return reader.ValueTextEquals("jsonrpc"u8) ? Members.Version
            : reader.ValueTextEquals("method"u8) ? Members.Method
            : reader.ValueTextEquals("params"u8) ? Members.Params
            : reader.ValueTextEquals("id"u8) ? Members.Id
            : Members.None;
    }
}
