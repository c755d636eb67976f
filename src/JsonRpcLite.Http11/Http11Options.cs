namespace JsonRpcLite.Http11;

/// <summary>
/// Limits on what a peer may send before it is refused, and two leniences for clients. All limits count bytes of the message, so that the
/// outcome does not depend on how the bytes arrive; each ranges from 1 to 2^30. A connection copies the values when it is made.
/// </summary>
public sealed class Http11Options
{
    /// <summary>
    /// The longest request line or status line, its CRLF included. Default 8192, as in Kestrel and Apache httpd; RFC 9112 3 recommends at
    /// least 8000. A longer request line is refused with 414, or with 501 when not even its method has ended.
    /// </summary>
    public int MaxStartLineSize { get; set; } = 8 * 1024;

    /// <summary>
    /// The largest head: start line, fields and the empty line. Default 32768, as in Kestrel (16 KiB in h11 and Node.js). A larger one is
    /// refused with 431.
    /// </summary>
    public int MaxHeadSize { get; set; } = 32 * 1024;

    /// <summary>
    /// The most fields in a head, and in a trailer section. Default 100, as in Kestrel and Apache httpd. More are refused with 431.
    /// </summary>
    public int MaxFieldCount { get; set; } = 100;

    /// <summary>The largest trailer section, its empty line included. Default 8192. A larger one is refused with 431.</summary>
    public int MaxTrailerSize { get; set; } = 8 * 1024;

    /// <summary>
    /// The longest line with a chunk's size, extensions and CRLF included. Default 4096, as in Go's net/http. A longer one is refused.
    /// </summary>
    public int MaxChunkLineSize { get; set; } = 4 * 1024;

    /// <summary>
    /// How much framing a chunked body may carry beyond reason. Default 16384, as in Go's net/http (CVE-2023-39326). Counted over the
    /// whole body: of each chunk, its framing bytes less 16 and less twice its data, never below zero, so that honest chunking never
    /// counts.
    /// </summary>
    public int MaxChunkOverheadSize { get; set; } = 16 * 1024;

    /// <summary>
    /// Client only: a line feed alone ends a line of a head or of trailers too, for the sake of old servers. Default false. Chunk framing
    /// stays strict: there a lenient reader and a strict one could disagree about where a message ends.
    /// </summary>
    public bool AllowBareLineFeed { get; set; }

    /// <summary>
    /// Client only: field values may hold control bytes other than NUL, CR and LF, as some real cookies do. Default false (RFC 9110 5.5).
    /// </summary>
    public bool AllowControlBytesInValues { get; set; }

    internal Http11Options CopyFor(Http11Role role)
    {
        Check(MaxStartLineSize, nameof(MaxStartLineSize));
        Check(MaxHeadSize, nameof(MaxHeadSize));
        Check(MaxFieldCount, nameof(MaxFieldCount));
        Check(MaxTrailerSize, nameof(MaxTrailerSize));
        Check(MaxChunkLineSize, nameof(MaxChunkLineSize));
        Check(MaxChunkOverheadSize, nameof(MaxChunkOverheadSize));
        if (role == Http11Role.Server && (AllowBareLineFeed || AllowControlBytesInValues))
            throw new ArgumentException("Leniences are for clients: a server that reads what others refuse invites request smuggling.");
        return (Http11Options)MemberwiseClone();
    }

    private static void Check(int value, string name)
    {
        if (value is < 1 or > 1 << 30)
            throw new ArgumentOutOfRangeException(name, value, $"{name} ranges from 1 to 2^30.");
    }
}
