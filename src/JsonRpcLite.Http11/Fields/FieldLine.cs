using System.Runtime.CompilerServices;

namespace JsonRpcLite.Http11;

/// <summary>One field line (RFC 9112 5): name, colon at once, value, CRLF.</summary>
internal static class FieldLine
{
    /// <summary>
    /// Takes the line that begins at <paramref name="start"/> into the table and answers where the next begins; or -1, for a line that is
    /// malformed or not complete: which of the two it is, the caller finds out where that may cost time.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int TryTake(ReadOnlySpan<byte> bytes, int start, FieldTable table)
    {
        var rest = bytes[start..];
        var name = ByteScan.Token(rest);
        if (name == 0 || name >= rest.Length || rest[name] != ':')
            return -1;
        var known = KnownFields.Of(rest[..name]);

        var valueStart = name + 1;
        while (valueStart < rest.Length && rest[valueStart] is (byte)' ' or (byte)'\t')
            valueStart++;
        var lineEnd = valueStart + ByteScan.FieldContent(rest[valueStart..]);
        if (lineEnd + 1 >= rest.Length || rest[lineEnd] != '\r' || rest[lineEnd + 1] != '\n')
            return -1;
        var valueEnd = lineEnd;
        while (valueEnd > valueStart && rest[valueEnd - 1] is (byte)' ' or (byte)'\t')
            valueEnd--;

        table.Add(start, name, start + valueStart, valueEnd - valueStart, known);
        return start + lineEnd + 2;
    }

    /// <summary>
    /// The same for a line without its end, as a client may be told to take it: control bytes but NUL and CR stay in the value if allowed.
    /// Answers what is wrong with the line, or null once it is taken.
    /// </summary>
    public static string? TakeLeniently(ReadOnlySpan<byte> line, int start, FieldTable table, bool allowControlBytes)
    {
        var name = ByteScan.Token(line);
        if (name == 0)
            return "A field line begins with a name of token characters (RFC 9112 5.1).";
        if (name == line.Length || line[name] != ':')
            return "A field name is token characters with a colon right behind them (RFC 9112 5.1).";
        var value = line[(name + 1)..].Trim(" \t"u8);
        if (!IsValue(value, allowControlBytes))
            return "A field value holds no control byte but tab (RFC 9110 5.5).";
        var valueStart = line.Length - line[(name + 1)..].TrimStart(" \t"u8).Length;
        table.Add(start, name, start + valueStart, value.Length, KnownFields.Of(line[..name]));
        return null;
    }

    /// <summary>Whether the text, already without LF, is a field value.</summary>
    public static bool IsValue(ReadOnlySpan<byte> text, bool allowControlBytes) =>
        allowControlBytes ? !text.ContainsAny("\0\r"u8) : ByteScan.FieldContent(text) == text.Length;
}
