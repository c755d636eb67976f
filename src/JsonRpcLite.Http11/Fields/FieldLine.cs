using System.Runtime.CompilerServices;

namespace JsonRpcLite.Http11;

/// <summary>One field line (RFC 9112 5): name, colon without space before it, value, CRLF.</summary>
internal static class FieldLine
{
    /// <summary>Adds the line at <paramref name="start"/> to the table.</summary>
    /// <returns>The start of the next line; -1 for a line that is malformed or incomplete. The caller finds out which of the two it is, off the fast path.</returns>
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

    /// <summary>Adds a line without its end by the lenient rules for clients.</summary>
    /// <remarks>Control bytes other than NUL and CR stay in the value if they are allowed.</remarks>
    /// <returns>The error; <c>null</c> if the line was added.</returns>
    public static string? TakeLeniently(ReadOnlySpan<byte> line, int start, FieldTable table, bool allowControlBytes)
    {
        var name = ByteScan.Token(line);
        if (name == 0)
            return "A field line must begin with a name of token characters (RFC 9112 5.1).";
        if (name == line.Length || line[name] != ':')
            return "A field name must consist of token characters, with a colon directly behind it (RFC 9112 5.1).";
        var value = line[(name + 1)..].Trim(" \t"u8);
        if (!IsValue(value, allowControlBytes))
            return "A field value contains a control byte other than tab (RFC 9110 5.5).";
        var valueStart = line.Length - line[(name + 1)..].TrimStart(" \t"u8).Length;
        table.Add(start, name, start + valueStart, value.Length, KnownFields.Of(line[..name]));
        return null;
    }

    /// <summary>Whether the text, which contains no LF, is a valid field value.</summary>
    public static bool IsValue(ReadOnlySpan<byte> text, bool allowControlBytes) =>
        allowControlBytes ? !text.ContainsAny("\0\r"u8) : ByteScan.FieldContent(text) == text.Length;
}
