using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace JsonRpcLite;

/// <summary>
/// Escapes only what JSON demands (RFC 8259, 7): the quotation mark, the backslash, and control characters. Everything else travels as
/// UTF-8, emoji included, which the framework's relaxed encoder still escapes. Not for JSON inside HTML.
/// </summary>
internal sealed class Utf8TextEncoder : JavaScriptEncoder
{
    public static readonly Utf8TextEncoder Instance = new();

    private const string Escaped =
        "\"\\\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000a\u000b\u000c\u000d\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f";

    /// <summary>What does not stand for itself in a JSON string.</summary>
    public static readonly SearchValues<byte> MustEscape = SearchValues.Create(Encoding.ASCII.GetBytes(Escaped));

    private static readonly SearchValues<char> MustEscapeCharacters = SearchValues.Create(Escaped);

    /// <summary>The longest escape is <c>\u001f</c>.</summary>
    public override int MaxOutputCharactersPerInputCharacter => 6;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < 0x20 or '"' or '\\';

    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text)
    {
        var index = utf8Text.IndexOfAny(MustEscape);
        // The writer copies unescaped text as it is, so invalid bytes must not pass as text that needs no escape.
        return System.Text.Unicode.Utf8.IsValid(index < 0 ? utf8Text : utf8Text[..index]) ? index : base.FindFirstCharacterToEncodeUtf8(utf8Text);
    }

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var characters = new ReadOnlySpan<char>(text, textLength);
        var from = 0;
        var end = characters.IndexOfAny(MustEscapeCharacters);
        var unescaped = end < 0 ? characters : characters[..end];
        while (unescaped[from..].IndexOfAnyInRange('\uD800', '\uDFFF') is var found and >= 0)
        {
            var index = from + found;
            if (!char.IsHighSurrogate(characters[index]) || index + 1 == unescaped.Length || !char.IsLowSurrogate(characters[index + 1]))
                return index;
            from = index + 2;
        }
        return end;
    }

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var target = new Span<char>(buffer, bufferLength);
        numberOfCharactersWritten = 0;
        ReadOnlySpan<char> escape = unicodeScalar switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\b' => "\\b",
            '\f' => "\\f",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ => default,
        };
        if (escape.Length > 0)
        {
            if (!escape.TryCopyTo(target))
                return false;
            numberOfCharactersWritten = escape.Length;
            return true;
        }
        if (unicodeScalar < 0x20)
            return target.TryWrite($"\\u{unicodeScalar:x4}", out numberOfCharactersWritten);
        return new Rune(unicodeScalar).TryEncodeToUtf16(target, out numberOfCharactersWritten);
    }
}
