using System.Text.Json;
using System.Text.Unicode;

namespace JsonRpcLite;

/// <summary>
/// The rules that a received JSON text must keep besides JSON's grammar, because System.Text.Json lets a text through that breaks them and
/// then replaces characters, or throws when the value is written again.
/// </summary>
internal static class JsonText
{
    /// <summary>How deep a request may be nested; also what System.Text.Json allows by default.</summary>
    public const int MaxRequestDepth = 64;

    /// <summary>Writers and a client's reader allow more, so that an answer can hold the deepest request inside of an envelope.</summary>
    public const int MaxReplyDepth = 2 * MaxRequestDepth;

    /// <summary>The text without the byte order mark that some senders put in front, which RFC 8259, 8.1, allows a reader to ignore.</summary>
    public static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> text) => text.StartsWith("\uFEFF"u8) ? text[3..] : text;

    /// <summary>Checks what must be right before parsing. Says what is wrong, or <c>null</c>.</summary>
    public static string? FindFault(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
            return "the body is empty";
        if (NameOfOtherEncoding(text) is { } encoding)
            return $"the body is {encoding}; JSON travels as UTF-8";
        if (!Utf8.IsValid(text))
            return "the body is not valid UTF-8";
        return HoldsLoneSurrogate(text) ? "a \\u escape is half of a surrogate pair" : null;
    }

    /// <summary>UTF-16 or UTF-32, by its byte order mark, or by the zeros that no JSON text has at its beginning; <c>null</c> for anything else.</summary>
    private static string? NameOfOtherEncoding(ReadOnlySpan<byte> text)
    {
        if (text[0] is > 0 and < 0xFE && (text.Length < 2 || text[1] != 0))
            return null;
        var isWide = text.Length >= 4 && (text[..4] is [0xFF, 0xFE, 0, 0] or [0, 0, 0xFE, 0xFF] or [0, 0, 0, _] or [_, 0, 0, 0]);
        var isNarrow = text.Length >= 2 && (text[..2] is [0xFF, 0xFE] or [0xFE, 0xFF] or [0, not 0] or [not 0, 0]);
        return isWide ? "UTF-32" : isNarrow ? "UTF-16" : null;
    }

    /// <summary>Says in words why a parser refused the text, or <c>null</c> when the text is well-formed and only its meaning was refused.</summary>
    public static string? ExplainRefusal(ReadOnlySpan<byte> text, int maxDepth)
    {
        // Deeper than anything that could be refused for its depth, and without recursion.
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

    /// <summary>
    /// Whether a text that a parser has found well-formed breaks one of the rules that it did not look at: no object has two members of one name, and nothing is nested deeper than
    /// this. Other text is judged either way.
    /// </summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="maxDepth">At most <see cref="MaxReplyDepth"/>.</param>
    public static bool BreaksRule(ReadOnlySpan<byte> text, int maxDepth)
    {
        // The names of all open objects, and where in that list each open object or array begins.
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
                    // Large objects, and names with escapes, are rare enough for the way that allocates.
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

    /// <summary>Whether a string was the name of a member, by what follows it.</summary>
    private static bool IsName(ReadOnlySpan<byte> rest) => !rest.IsEmpty && (rest[0] == (byte)':' || rest[0] <= ' ' && rest.TrimStart(" \t\r\n"u8).StartsWith(":"u8));

    /// <summary>A <c>\u</c> escape of one half of a pair without the other. Only valid UTF-8; what is no JSON at all may be judged either way.</summary>
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
