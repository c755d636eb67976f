using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Encodings.Web;

namespace JsonRpcLite;

/// <summary>Escapes only the characters that JSON requires (RFC 8259, 7): quotation mark, backslash and control characters.</summary>
/// <remarks>All other characters are written as UTF-8, including emoji, which the framework's relaxed encoder still escapes. Not for JSON inside HTML.</remarks>
internal sealed class Utf8TextEncoder : JavaScriptEncoder
{
    public static readonly Utf8TextEncoder Instance = new();

    private const string Escaped =
        "\"\\\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\u0008\u0009\u000a\u000b\u000c\u000d\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f";

    /// <summary>The length of the longest escape, such as <c>\u001f</c>.</summary>
    private const int LongestEscape = 6;

    /// <summary>The letter after the backslash in the escape of each control character; <c>u</c> where digits follow.</summary>
    private static ReadOnlySpan<byte> Letters => "uuuuuuuubtnufruuuuuuuuuuuuuuuuuu"u8;

    /// <summary>The characters that must be escaped in a JSON string.</summary>
    public static SearchValues<byte> MustEscape => Sets.Bytes;

    private static SearchValues<char> MustEscapeCharacters => Sets.Characters;

    public override int MaxOutputCharactersPerInputCharacter => LongestEscape;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < 0x20 or '"' or '\\';

    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text)
    {
        // Most strings are short, and are handled by this alone.
        var from = IndexOfOther(utf8Text[..Math.Min(utf8Text.Length, 64)]);
        if (from < 0)
            from = 64;
        if (from >= utf8Text.Length)
            return -1;
        var index = utf8Text[from..].IndexOfAny(MustEscape);
        // The writer copies unescaped text as it is, so invalid bytes must not pass as text that needs no escape.
        if (!System.Text.Unicode.Utf8.IsValid(index < 0 ? utf8Text[from..] : utf8Text.Slice(from, index)))
            return base.FindFirstCharacterToEncodeUtf8(utf8Text);
        return index < 0 ? -1 : from + index;
    }

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var characters = new ReadOnlySpan<char>(text, textLength);
        var end = characters.IndexOfAny(MustEscapeCharacters);
        var lone = IndexOfLoneSurrogate(end < 0 ? characters : characters[..end]);
        return lone < 0 ? end : lone;
    }

    /// <summary>Encodes as the base class does, but finds and copies the text between two escapes at once.</summary>
    public override OperationStatus EncodeUtf8(ReadOnlySpan<byte> utf8Source, Span<byte> utf8Destination, out int bytesConsumed, out int bytesWritten, bool isFinalBlock = true)
    {
        (bytesConsumed, bytesWritten) = (0, 0);
        if (System.Text.Unicode.Utf8.IsValid(utf8Source) && TryEncode(utf8Source, utf8Destination, MustEscape, ref bytesConsumed, ref bytesWritten))
            return OperationStatus.Done;
        var status = base.EncodeUtf8(utf8Source[bytesConsumed..], utf8Destination[bytesWritten..], out var consumed, out var written, isFinalBlock);
        bytesConsumed += consumed;
        bytesWritten += written;
        return status;
    }

    /// <inheritdoc cref="EncodeUtf8"/>
    public override OperationStatus Encode(ReadOnlySpan<char> source, Span<char> destination, out int charsConsumed, out int charsWritten, bool isFinalBlock = true)
    {
        (charsConsumed, charsWritten) = (0, 0);
        if (IndexOfLoneSurrogate(source) < 0 && TryEncode(source, destination, MustEscapeCharacters, ref charsConsumed, ref charsWritten))
            return OperationStatus.Done;
        var status = base.Encode(source[charsConsumed..], destination[charsWritten..], out var consumed, out var written, isFinalBlock);
        charsConsumed += consumed;
        charsWritten += written;
        return status;
    }

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var target = new Span<char>(buffer, bufferLength);
        if (!WillEncode(unicodeScalar))
            return new Rune(unicodeScalar).TryEncodeToUtf16(target, out numberOfCharactersWritten);
        Span<char> escape = stackalloc char[LongestEscape];
        var length = WriteEscape((byte)unicodeScalar, escape);
        numberOfCharactersWritten = escape[..length].TryCopyTo(target) ? length : 0;
        return numberOfCharactersWritten > 0;
    }

    /// <summary>Encodes valid text to its end, or until the target may be too small for the next part.</summary>
    /// <remarks>The base class then splits the text between characters.</remarks>
    private static bool TryEncode<T>(ReadOnlySpan<T> source, Span<T> target, SearchValues<T> mustEscape, ref int consumed, ref int written)
        where T : struct, IBinaryInteger<T>
    {
        while (true)
        {
            var rest = source[consumed..];
            var plain = rest.IndexOfAny(mustEscape) is var index and >= 0 ? index : rest.Length;
            if (plain + LongestEscape > target.Length - written && (plain < rest.Length || plain > target.Length - written))
                return false;
            rest[..plain].CopyTo(target[written..]);
            consumed += plain;
            written += plain;
            if (plain == rest.Length)
                return true;
            written += WriteEscape(byte.CreateTruncating(rest[plain]), target[written..]);
            consumed++;
        }
    }

    /// <summary>Writes an escape, and returns its length.</summary>
    private static int WriteEscape<T>(byte character, Span<T> target)
        where T : struct, IBinaryInteger<T>
    {
        var letter = character < ' ' ? Letters[character] : character;
        target[0] = T.CreateTruncating('\\');
        target[1] = T.CreateTruncating(letter);
        if (letter != 'u')
            return 2;
        target[2] = target[3] = T.CreateTruncating('0');
        target[4] = T.CreateTruncating(character < 0x10 ? '0' : '1');
        target[5] = T.CreateTruncating("0123456789abcdef"[character % 16]);
        return LongestEscape;
    }

    /// <summary>Returns the index of the first byte that must be escaped or is not ASCII, or -1.</summary>
    private static int IndexOfOther(ReadOnlySpan<byte> text)
    {
        for (var at = 0; at < text.Length; at += Vector128<byte>.Count)
        {
            var bytes = Vector128.Create((byte)' ');
            if (text.Length - at >= Vector128<byte>.Count)
                bytes = Vector128.Create(text[at..]);
            else
                text[at..].CopyTo(MemoryMarshal.AsBytes(new Span<Vector128<byte>>(ref bytes)));
            // As signed values, bytes beyond ASCII are less than the space too.
            var others = Vector128.LessThan(bytes.AsSByte(), Vector128.Create((sbyte)' ')).AsByte()
                | Vector128.Equals(bytes, Vector128.Create((byte)'"')) | Vector128.Equals(bytes, Vector128.Create((byte)'\\'));
            if (others.ExtractMostSignificantBits() is var bits and not 0)
                return at + BitOperations.TrailingZeroCount(bits);
        }
        return -1;
    }

    private static int IndexOfLoneSurrogate(ReadOnlySpan<char> text)
    {
        var from = 0;
        while (text[from..].IndexOfAnyInRange('\uD800', '\uDFFF') is var found and >= 0)
        {
            var index = from + found;
            if (!char.IsHighSurrogate(text[index]) || index + 1 == text.Length || !char.IsLowSurrogate(text[index + 1]))
                return index;
            from = index + 2;
        }
        return -1;
    }

    /// <summary>The sets are created when the first text is written, since creating them takes time at the start.</summary>
    private static class Sets
    {
        public static readonly SearchValues<byte> Bytes = SearchValues.Create(Encoding.ASCII.GetBytes(Escaped));

        public static readonly SearchValues<char> Characters = SearchValues.Create(Escaped);
    }
}
