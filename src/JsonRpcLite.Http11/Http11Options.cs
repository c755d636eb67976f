namespace JsonRpcLite.Http11;

/// <summary>Limits on what a peer may send, and two leniences for clients.</summary>
/// <remarks>
/// All limits count the bytes of the message, so that the outcome does not depend on how the bytes arrive. Each ranges from 1 to 2^30. A message over a limit is rejected with a
/// <see cref="RemoteProtocolException"/>, whose <see cref="RemoteProtocolException.StatusHint"/> is given below. A connection copies the values when it is made.
/// </remarks>
public sealed class Http11Options
{
    /// <summary>The maximum size of a request line or status line, including its CRLF, in bytes.</summary>
    /// <value>8192 by default, as in Kestrel and Apache httpd; RFC 9112 3 recommends at least 8000.</value>
    /// <remarks>A longer request line is rejected with 414, or with 501 if not even its method has ended.</remarks>
    public int MaxStartLineSize { get; set; } = 8 * 1024;

    /// <summary>The maximum size of a head (start line, header fields and the empty line), in bytes.</summary>
    /// <value>32768 by default, as in Kestrel (16 KiB in h11 and Node.js).</value>
    /// <remarks>A larger head is rejected with 431.</remarks>
    public int MaxHeadSize { get; set; } = 32 * 1024;

    /// <summary>The maximum number of fields in a head, and in a trailer section.</summary>
    /// <value>100 by default, as in Kestrel and Apache httpd.</value>
    /// <remarks>More fields are rejected with 431.</remarks>
    public int MaxFieldCount { get; set; } = 100;

    /// <summary>The maximum size of a trailer section, including its empty line, in bytes.</summary>
    /// <value>8192 by default.</value>
    /// <remarks>A larger one is rejected with 431.</remarks>
    public int MaxTrailerSize { get; set; } = 8 * 1024;

    /// <summary>The maximum size of a chunk's line, including extensions and CRLF, in bytes.</summary>
    /// <value>4096 by default, as in Go's net/http.</value>
    /// <remarks>A longer line is rejected.</remarks>
    public int MaxChunkLineSize { get; set; } = 4 * 1024;

    /// <summary>The maximum amount of excessive framing in a chunked body, in bytes.</summary>
    /// <value>16384 by default, as in Go's net/http (CVE-2023-39326).</value>
    /// <remarks>
    /// Counted over the whole body: for each chunk, its framing bytes minus 16 and minus twice its data, but never below zero, so that ordinary chunking does not count.
    /// </remarks>
    public int MaxChunkOverheadSize { get; set; } = 16 * 1024;

    /// <summary>Client only: whether a line feed alone also ends a line of a head or of trailers, for the sake of old servers.</summary>
    /// <value><c>false</c> by default.</value>
    /// <remarks>Chunk framing stays strict: a lenient and a strict reader could otherwise disagree about the end of a message.</remarks>
    public bool AllowBareLineFeed { get; set; }

    /// <summary>Client only: whether field values may contain control bytes other than NUL, CR and LF, as some real cookies do.</summary>
    /// <value><c>false</c> by default (RFC 9110 5.5).</value>
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
            throw new ArgumentException(
                "AllowBareLineFeed and AllowControlBytesInValues are for clients only: a server that accepts what others reject enables request smuggling.");
        return (Http11Options)MemberwiseClone();
    }

    private static void Check(int value, string name)
    {
        if (value is < 1 or > 1 << 30)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be from 1 to 2^30; it is {value}.");
    }
}
