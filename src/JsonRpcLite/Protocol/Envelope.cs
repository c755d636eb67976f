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

    /// <summary>A valid call whose parts lie elsewhere in a text than in a request object.</summary>
    public static Envelope OfCall(Range method, Range parameters, Range id) => new() { IsValid = true, Method = method, Params = parameters, Id = id };

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

    /// <summary>
    /// Reads the plain form that nearly every client sends: one valid request, no white space outside of the parameters, names and id without escapes, an id that is a number of
    /// some digits or a short string. <c>false</c> says nothing about the text, and leaves all of it to <see cref="Read"/>.
    /// </summary>
    /// <exception cref="JsonException">The parameters are no JSON, and so the text is none.</exception>
    public static bool TryReadPlain(ReadOnlySpan<byte> text, out Envelope envelope)
    {
        envelope = default;
        if (!text.StartsWith("{\""u8))
            return false;
        var seen = Members.None;
        var at = 1;
        do
        {
            var rest = text[at..];
            Members member;
            int begin;
            int length;
            if (rest.StartsWith("\"jsonrpc\":\"2.0\""u8))
            {
                (member, begin, length) = (Members.Version, at + 10, 5);
            }
            else if (rest.StartsWith("\"method\":\""u8))
            {
                (member, begin) = (Members.Method, at + 9);
                length = LengthOfPlainString(text[begin..]);
                envelope.Method = begin..(begin + length);
            }
            else if (rest.StartsWith("\"params\":"u8))
            {
                (member, begin) = (Members.Params, at + 9);
                length = LengthOfParams(text[begin..]);
                envelope.Params = begin..(begin + length);
            }
            else if (rest.StartsWith("\"id\":"u8))
            {
                (member, begin) = (Members.Id, at + 5);
                length = LengthOfPlainValue(text[begin..], MaxIdSize);
                envelope.Id = begin..(begin + length);
            }
            else
            {
                return false;
            }
            at = begin + length;
            if (length == 0 || (seen & member) != 0 || at >= text.Length)
                return false;
            seen |= member;
        }
        while (text[at++] == (byte)',');

        const Members Required = Members.Version | Members.Method;
        if (at != text.Length || text[at - 1] != (byte)'}' || (seen & Required) != Required)
            return false;
        envelope.IsValid = true;
        envelope.IsNotification = (seen & Members.Id) == 0;
        return true;
    }

    /// <summary>The length of the string in front, with its quotation marks; 0 when it is none, or not a plain one.</summary>
    private static int LengthOfPlainString(ReadOnlySpan<byte> text)
    {
        var end = text[1..].IndexOfAny(Utf8TextEncoder.MustEscape);
        return end >= 0 && text[end + 1] == (byte)'"' ? end + 2 : 0;
    }

    /// <summary>The length of the string, or of the number of nothing but digits, in front; 0 when it is something else, or longer than this.</summary>
    private static int LengthOfPlainValue(ReadOnlySpan<byte> text, int maxLength)
    {
        if (text.IsEmpty)
            return 0;
        if (text[0] == (byte)'"')
            return LengthOfPlainString(text) is var length && length <= maxLength ? length : 0;
        var digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        // A number does not begin with 0, but for 0 itself; and what goes on behind the digits (1.0, 1e2) is not plain.
        return digits == 1 || digits > 1 && digits <= maxLength && text[0] != (byte)'0' ? digits : 0;
    }

    /// <summary>The length of the array or object of nothing but such values in front; 0 when it is something else.</summary>
    private static int LengthOfPlainParams(ReadOnlySpan<byte> text)
    {
        var isNamed = text[0] == (byte)'{';
        var at = 1;
        do
        {
            if (isNamed)
            {
                var name = text[at..].StartsWith("\""u8) ? LengthOfPlainString(text[at..]) : 0;
                at += name;
                if (name == 0 || at == text.Length || text[at++] != (byte)':')
                    return 0;
            }
            var value = LengthOfPlainValue(text[at..], int.MaxValue);
            at += value;
            if (value == 0 || at == text.Length)
                return 0;
        }
        while (text[at++] == (byte)',');
        return text[at - 1] == (isNamed ? (byte)'}' : (byte)']') ? at : 0;
    }

    private static int LengthOfParams(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] is not ((byte)'[' or (byte)'{'))
            return 0;
        if (LengthOfPlainParams(text) is var length and > 0)
            return length;
        // One level is the request's own.
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxRequestDepth - 1 });
        reader.Read();
        reader.Skip();
        return (int)reader.BytesConsumed;
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
