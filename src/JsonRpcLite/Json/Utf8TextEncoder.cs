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

    private static readonly SearchValues<byte> MustEscape = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(c => (byte)c), (byte)'"', (byte)'\\']);

    private static readonly SearchValues<char> MustEscapeOrCheck =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(c => (char)c), '"', '\\', .. Enumerable.Range(0xD800, 0x800).Select(c => (char)c)]);

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
        while (characters[from..].IndexOfAny(MustEscapeOrCheck) is var found and >= 0)
        {
            var index = from + found;
            if (!char.IsHighSurrogate(characters[index]) || index + 1 == characters.Length || !char.IsLowSurrogate(characters[index + 1]))
                return index;
            from = index + 2;
        }
        return -1;
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
