using System.Buffers.Binary;

namespace JsonRpcLite.Http11;

/// <summary>The parts of a status line (RFC 9112 4): version SP three digits SP reason CRLF.</summary>
/// <remarks>The space in front of an absent reason may be missing, as some servers omit it.</remarks>
internal struct StatusLine
{
    public const int ReasonStart = 13;

    public int MinorVersion;
    public int Status;
    public int ReasonLength;

    public static ReadOnlySpan<byte> Beginning => "HTTP/1."u8;

    /// <summary>Parses the line.</summary>
    /// <returns>The start of the next line; -1 for a line that is malformed or incomplete.</returns>
    public static int TryTake(ReadOnlySpan<byte> bytes, bool allowBareLineFeed, out StatusLine line)
    {
        line = default;
        if (bytes.Length < 13 || !bytes.StartsWith(Beginning) || bytes[8] != ' ')
            return -1;
        line.MinorVersion = bytes[7] - '0';
        var (hundreds, tens, ones) = (bytes[9] - '0', bytes[10] - '0', bytes[11] - '0');
        if ((uint)line.MinorVersion > 9 || (uint)(hundreds - 1) > 8 || (uint)tens > 9 || (uint)ones > 9)
            return -1;
        line.Status = (hundreds * 100) + (tens * 10) + ones;

        var end = 12;
        if (bytes[end] == ' ')
        {
            line.ReasonLength = ByteScan.FieldContent(bytes[ReasonStart..]);
            end = ReasonStart + line.ReasonLength;
        }
        if (end + 1 < bytes.Length && bytes[end] == '\r' && bytes[end + 1] == '\n')
            return end + 2;
        return allowBareLineFeed && end < bytes.Length && bytes[end] == '\n' ? end + 1 : -1;
    }

    /// <summary>The error in a complete line that <see cref="TryTake"/> did not take.</summary>
    public static RemoteProtocolException Refuse(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith(Beginning))
            return new RemoteProtocolException("A response must begin with HTTP/1. (RFC 9112 4); no other protocol is supported.");
        return new RemoteProtocolException("A status line must consist of version, status from 100 to 999, reason without control bytes, and CRLF (RFC 9112 4).");
    }
}
