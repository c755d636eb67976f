using System.Text.Json;
using System.Text.Unicode;

namespace JsonRpcLite;

/// <summary>Checks the rules for received JSON text beyond JSON's grammar.</summary>
/// <remarks>System.Text.Json accepts a text that breaks them, and then replaces characters, or throws when the value is written again.</remarks>
internal static class JsonText
{
    /// <summary>The maximum nesting depth of a request; also the default of System.Text.Json.</summary>
    public const int MaxRequestDepth = 64;

    /// <summary>The maximum depth for writers and clients, so that an answer can contain the deepest request in an envelope.</summary>
    public const int MaxReplyDepth = 2 * MaxRequestDepth;

    /// <summary>Returns the text without a leading byte order mark, which RFC 8259, 8.1, allows a reader to ignore.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> text) => text.StartsWith("\uFEFF"u8) ? text[3..] : text;

    /// <summary>Checks a text before parsing, and returns what is wrong with it; <c>null</c> where nothing is.</summary>
    public static string? FindFault(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return "the body is empty";
        if (NameOfOtherEncoding(text) is { } encoding)
            return $"the body is {encoding}; JSON must be UTF-8";
        if (!Utf8.IsValid(text))
            return "the body is not valid UTF-8";
        return HoldsLoneSurrogate(text) ? "a \\u escape is half of a surrogate pair" : null;
    }

    /// <summary>Returns UTF-16 or UTF-32 for such a text; <c>null</c> for any other.</summary>
    /// <remarks>They are recognized by the byte order mark, or by zero bytes, which JSON text in UTF-8 never begins with.</remarks>
    private static string? NameOfOtherEncoding(ReadOnlySpan<byte> text)
    {
        if (text[0] is > 0 and < 0xFE && (text.Length < 2 || text[1] != 0))
            return null;
        var isWide = text.Length >= 4 && (text[..4] is [0xFF, 0xFE, 0, 0] or [0, 0, 0xFE, 0xFF] or [0, 0, 0, _] or [_, 0, 0, 0]);
        var isNarrow = text.Length >= 2 && (text[..2] is [0xFF, 0xFE] or [0xFE, 0xFF] or [0, not 0] or [not 0, 0]);
        return isWide ? "UTF-32" : isNarrow ? "UTF-16" : null;
    }

    /// <summary>Describes why a parser rejected the text; <c>null</c> where the text is well-formed and only its meaning was rejected.</summary>
    public static string? ExplainRefusal(ReadOnlySpan<byte> text, int maxDepth)
    {
        // No depth limit here, since the depth is checked below; the reader does not recurse.
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = int.MaxValue });
        var names = new Stack<HashSet<string>>();
        var isTooDeep = false;
        string? twice = null;
        try
        {
            while (reader.Read())
            {
                isTooDeep |= reader.CurrentDepth >= maxDepth && reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject;
                if (isTooDeep)
                    continue;
                if (reader.TokenType == JsonTokenType.StartObject)
                    names.Push(new HashSet<string>(StringComparer.Ordinal));
                else if (reader.TokenType == JsonTokenType.EndObject)
                    names.Pop();
                else if (reader.TokenType == JsonTokenType.PropertyName && reader.GetString() is { } name && !names.Peek().Add(name))
                    twice ??= name;
            }
        }
        catch (JsonException e)
        {
            return $"the body is not JSON (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})";
        }
        return isTooDeep ? $"the body is nested deeper than {maxDepth} levels"
            : twice is not null ? $"an object has the member '{PeerText.Shown(twice)}' twice"
            : null;
    }

    /// <summary>Whether a well-formed text has a duplicate member in an object, or is nested too deeply.</summary>
    /// <remarks>The parser does not check these two rules. For other text the result is undefined.</remarks>
    /// <param name="text">The text in UTF-8.</param>
    /// <param name="maxDepth">The maximum depth; at most <see cref="MaxReplyDepth"/>.</param>
    public static bool BreaksRule(ReadOnlySpan<byte> text, int maxDepth)
    {
        // The names of all open objects, and the index in that list at which each open object or array begins.
        Span<(int Begin, int Length)> names = stackalloc (int, int)[64];
        Span<int> levels = stackalloc int[MaxReplyDepth + 1];
        var (count, depth) = (0, 0);
        var marks = new JsonMarks(text);
        while (marks.Next() is var at and >= 0)
        {
            switch (text[at])
            {
                case (byte)'{' or (byte)'[':
                    if (depth == maxDepth)
                        return true;
                    levels[++depth] = count;
                    break;
                case (byte)'}' or (byte)']':
                    if (depth == 0)
                        return true;
                    count = levels[depth--];
                    break;
                default:
                    var end = marks.EndOfString(out var isEscaped);
                    if (end < 0)
                        return true;
                    if (!IsName(text[(end + 1)..]))
                        break;
                    // Large objects and names with escapes are rare enough for the path that allocates.
                    if (count == names.Length || isEscaped)
                        return ExplainRefusal(text, maxDepth) is not null;
                    var name = text[(at + 1)..end];
                    foreach (var (begin, length) in names[levels[depth]..count])
                    {
                        if (length == name.Length && text.Slice(begin, length).SequenceEqual(name))
                            return true;
                    }
                    names[count++] = (at + 1, name.Length);
                    break;
            }
        }
        return false;
    }

    /// <summary>Whether a string is the name of a member, according to the text after it.</summary>
    private static bool IsName(ReadOnlySpan<byte> rest) => !rest.IsEmpty && (rest[0] == (byte)':' || rest[0] <= ' ' && rest.TrimStart(" \t\r\n"u8).StartsWith(":"u8));

    /// <summary>Whether a text has a <c>\u</c> escape of one half of a surrogate pair without the other.</summary>
    /// <remarks>The text must be valid UTF-8; if it is not JSON, the result is undefined.</remarks>
    private static bool HoldsLoneSurrogate(ReadOnlySpan<byte> text)
    {
        while (text.IndexOf((byte)'\\') is var index and >= 0 && index + 1 < text.Length)
        {
            text = text[index..];
            if (!TryReadEscape(text, out var unit))
            {
                text = text[2..];
                continue;
            }
            text = text[6..];
            if (!char.IsSurrogate(unit))
                continue;
            if (char.IsLowSurrogate(unit) || !TryReadEscape(text, out var second) || !char.IsLowSurrogate(second))
                return true;
            text = text[6..];
        }
        return false;
    }

    private static bool TryReadEscape(ReadOnlySpan<byte> text, out char unit)
    {
        unit = '\0';
        return text.Length >= 6 && text[0] == '\\' && text[1] == 'u'
            && ushort.TryParse(text.Slice(2, 4), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value)
            && (unit = (char)value) == value;
    }
}
