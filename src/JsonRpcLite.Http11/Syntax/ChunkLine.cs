namespace JsonRpcLite.Http11;

/// <summary>The line before a chunk: its size and extensions (RFC 9112 7.1).</summary>
internal static class ChunkLine
{
    /// <summary>Parses a line without its CRLF.</summary>
    /// <returns>The size; -1 if the line is malformed, -2 if the size does not fit 63 bits.</returns>
    public static long Parse(ReadOnlySpan<byte> line)
    {
        long size = 0;
        var at = 0;
        for (; at < line.Length; at++)
        {
            var digit = Digits.Hex(line[at]);
            if (digit < 0)
                break;
            if (size > long.MaxValue >> 4)
                return -2;
            size = (size << 4) | (uint)digit;
        }
        return at > 0 && AreExtensions(line[at..]) ? size : -1;
    }

    // *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ). Their meaning does not matter here. But recipients must not disagree about the end of the line, so nothing
    // is skipped unread.
    private static bool AreExtensions(ReadOnlySpan<byte> rest)
    {
        while (!rest.IsEmpty)
        {
            rest = rest.TrimStart(" \t"u8);
            if (rest.IsEmpty || rest[0] != ';')
                return false;
            rest = rest[1..].TrimStart(" \t"u8);
            var name = ByteScan.Token(rest);
            if (name == 0)
                return false;
            rest = rest[name..];

            var behind = rest.TrimStart(" \t"u8);
            if (behind.IsEmpty || behind[0] != '=')
                continue;
            rest = behind[1..].TrimStart(" \t"u8);
            var value = rest.IsEmpty ? 0 : rest[0] == '"' ? QuotedString(rest) : ByteScan.Token(rest);
            if (value == 0)
                return false;
            rest = rest[value..];
        }
        return true;
    }

    /// <summary>The length of the quoted string at the start, including quotes; 0 if there is none.</summary>
    private static int QuotedString(ReadOnlySpan<byte> text)
    {
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == '"')
                return i + 1;
            if (text[i] == '\\' && ++i == text.Length)
                return 0;
            if (text[i] is < 0x20 and not (byte)'\t' or 0x7f)
                return 0;
        }
        return 0;
    }
}
