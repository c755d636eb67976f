using System.Text.Json;

namespace JsonRpcLite;

/// <summary>The positions of the parts of one request object in its text (JSON-RPC 2.0, 4).</summary>
internal struct Envelope
{
    /// <summary>The longest id that is echoed, in bytes of its JSON text.</summary>
    private const int MaxIdSize = 1024;

    /// <summary>The known members as bits, to detect duplicates.</summary>
    [Flags]
    private enum Members
    {
        None = 0,
        Version = 1,
        Method = 2,
        Params = 4,
        Id = 8,
    }

    /// <summary>Why a value is not a valid request; a byte, so that the envelope is no larger than with a flag.</summary>
    private enum Fault : byte
    {
        NotObject,
        None,
        Version,
        Method,
        Params,
        Id,
        IdTooLong,
        MemberTwice,
        VersionMissing,
        MethodMissing,
    }

    private Fault _fault;

    /// <summary>Whether the object is a valid request; if not, only <see cref="Id"/> and <see cref="Reason"/> are meaningful.</summary>
    public readonly bool IsValid => _fault == Fault.None;

    /// <summary>What is wrong with a request that is not valid; of several faults the first one.</summary>
    public readonly string Reason => _fault switch
    {
        Fault.Version => "'jsonrpc' must be the string '2.0'",
        Fault.Method => "'method' must be a string",
        Fault.Params => "'params' must be an array or an object",
        Fault.Id => "'id' must be a string, a number or null",
        Fault.IdTooLong => $"'id' is longer than {MaxIdSize} bytes",
        Fault.MemberTwice => "the request has 'jsonrpc', 'method', 'params' or 'id' twice",
        Fault.VersionMissing => "'jsonrpc' is missing; it must be '2.0'",
        Fault.MethodMissing => "'method' is missing; it must be the name of a method",
        _ => "the request is not an object",
    };

    /// <summary>The JSON string of the method's name, including quotation marks and escapes.</summary>
    public Range Method { get; private set; }

    /// <summary>The JSON text of the parameters; empty where the request has none.</summary>
    public Range Params { get; private set; }

    /// <summary>The JSON text of the id; empty where the request has none that can be echoed.</summary>
    public Range Id { get; private set; }

    /// <summary>Whether the request is a notification: valid and without an id.</summary>
    public bool IsNotification { get; private set; }

    /// <summary>Creates the envelope of a valid call that is not in the form of a request object.</summary>
    public static Envelope OfCall(Range method, Range parameters, Range id) => new() { _fault = Fault.None, Method = method, Params = parameters, Id = id };

    /// <summary>Reads the current value of the reader to its end.</summary>
    /// <remarks>Invalid JSON throws a <see cref="JsonException"/>; a value that is not a request gives an invalid envelope.</remarks>
    public static Envelope Read(ref Utf8JsonReader reader, bool isNullParamsRefused)
    {
        var envelope = new Envelope();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return envelope;
        }

        var (seen, twice) = (Members.None, Members.None);
        var fault = Fault.None;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var member = MemberOf(ref reader);
            twice |= seen & member;
            seen |= member;
            reader.Read();
            var (kind, begin) = (reader.TokenType, (int)reader.TokenStartIndex);
            var isVersion = member == Members.Version && kind == JsonTokenType.String && reader.ValueTextEquals("2.0"u8);
            reader.Skip();
            var text = begin..(int)reader.BytesConsumed;
            var found = Fault.None;
            switch (member)
            {
                case Members.Version when !isVersion:
                    found = Fault.Version;
                    break;
                case Members.Method:
                    found = kind == JsonTokenType.String ? Fault.None : Fault.Method;
                    envelope.Method = text;
                    break;
                case Members.Params when kind == JsonTokenType.Null:
                    found = isNullParamsRefused ? Fault.Params : Fault.None;
                    break;
                case Members.Params:
                    found = kind is JsonTokenType.StartArray or JsonTokenType.StartObject ? Fault.None : Fault.Params;
                    envelope.Params = text;
                    break;
                case Members.Id when kind is not (JsonTokenType.String or JsonTokenType.Number or JsonTokenType.Null):
                    found = Fault.Id;
                    break;
                case Members.Id when text.End.Value - begin > MaxIdSize:
                    found = Fault.IdTooLong;
                    break;
                case Members.Id:
                    envelope.Id = text;
                    break;
            }
            // The first one counts.
            if (fault == Fault.None)
                fault = found;
        }

        envelope._fault = fault != Fault.None ? fault
            : twice != Members.None ? Fault.MemberTwice
            : !seen.HasFlag(Members.Version) ? Fault.VersionMissing
            : !seen.HasFlag(Members.Method) ? Fault.MethodMissing
            : Fault.None;
        envelope.IsNotification = envelope.IsValid && !seen.HasFlag(Members.Id);
        if (twice.HasFlag(Members.Id))
            envelope.Id = default;
        return envelope;
    }

    /// <summary>Reads the plain form that nearly every client sends.</summary>
    /// <remarks>
    /// It is one valid request without white space outside of the parameters, with names and id without escapes, and an id that is a number of a few digits or a short string.
    /// <c>false</c> says nothing about the text, which <see cref="Read"/> must then read.
    /// </remarks>
    /// <exception cref="JsonException">The parameters, and so the text, are not JSON.</exception>
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
        envelope._fault = Fault.None;
        envelope.IsNotification = (seen & Members.Id) == 0;
        return true;
    }

    /// <summary>Returns the length of the string at the beginning, with its quotation marks; 0 if it is not a plain string.</summary>
    private static int LengthOfPlainString(ReadOnlySpan<byte> text)
    {
        var end = text[1..].IndexOfAny(Utf8TextEncoder.MustEscape);
        return end >= 0 && text[end + 1] == (byte)'"' ? end + 2 : 0;
    }

    /// <summary>Returns the length of a plain string or a number of digits at the beginning; 0 if it is neither, or too long.</summary>
    private static int LengthOfPlainValue(ReadOnlySpan<byte> text, int maxLength)
    {
        if (text.IsEmpty)
            return 0;
        if (text[0] == (byte)'"')
            return LengthOfPlainString(text) is var length && length <= maxLength ? length : 0;
        var digits = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        // Only 0 itself begins with 0; a number that continues after the digits (1.0, 1e2) is not plain.
        return digits == 1 || digits > 1 && digits <= maxLength && text[0] != (byte)'0' ? digits : 0;
    }

    /// <summary>Returns the length of an array or object of such values at the beginning; 0 if it is neither.</summary>
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
        // The request object itself is one level.
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxRequestDepth - 1 });
        reader.Read();
        reader.Skip();
        return (int)reader.BytesConsumed;
    }

    private static Members MemberOf(ref Utf8JsonReader reader)
    {
        // A name without escapes is first compared by length.
        if (!reader.ValueIsEscaped && reader.ValueSpan.Length is not (2 or 6 or 7))
            return Members.None;
        return reader.ValueTextEquals("jsonrpc"u8) ? Members.Version
            : reader.ValueTextEquals("method"u8) ? Members.Method
            : reader.ValueTextEquals("params"u8) ? Members.Params
            : reader.ValueTextEquals("id"u8) ? Members.Id
            : Members.None;
    }
}
