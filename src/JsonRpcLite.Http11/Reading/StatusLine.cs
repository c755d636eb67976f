using System.Buffers.Binary;

namespace JsonRpcLite.Http11;

/// <summary>
/// A status line (RFC 9112 4): version SP three digits SP reason CRLF. The space before an absent reason may be missing, as some servers
/// have it. Where its parts stand.
/// </summary>
internal struct StatusLine
{
    public const int ReasonStart = 13;

    public int MinorVersion;
    public int Status;
    public int ReasonLength;

    public static ReadOnlySpan<byte> Beginning => "HTTP/1."u8;

    /// <summary>Answers where the next line begins; or -1, for a line that is malformed or not complete.</summary>
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

    /// <summary>What is wrong with a whole line that <see cref="TryTake"/> did not take.</summary>
    public static RemoteProtocolException Refuse(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith(Beginning))
            return new RemoteProtocolException("A response begins with HTTP/1. (RFC 9112 4); nothing else is spoken here.");
        return new RemoteProtocolException("A status line is version, status from 100 to 999, reason without control bytes, CRLF (RFC 9112 4).");
    }
}
