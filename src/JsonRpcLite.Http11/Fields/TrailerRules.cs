namespace JsonRpcLite.Http11;

/// <summary>The fields that recipients process before the content, so that they must not be trailers (RFC 9110 6.5.1).</summary>
/// <remarks>The fields that the engine itself understands must not be trailers either, and are not listed here. For any other field, its definition decides.</remarks>
internal static class TrailerRules
{
    private static readonly string[] ForHeadsOnly =
    [
        // Authentication and state.
        "Authorization", "Proxy-Authorization", "WWW-Authenticate", "Proxy-Authenticate", "Cookie", "Set-Cookie",
        // The format of the content.
        "Content-Encoding", "Content-Type", "Content-Range", "Trailer",
        // Modifiers of a request, and routing.
        "Cache-Control", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Max-Forwards", "Pragma", "Range",
        "TE",
        // Controls of a response.
        "Age", "Date", "Expires", "Location", "Retry-After", "Vary",
        // Hop by hop, in old software.
        "Keep-Alive", "Proxy-Connection",
    ];

    /// <summary>Whether the field must not be a trailer, without regard to case.</summary>
    public static bool IsForHeadsOnly(ReadOnlySpan<byte> name)
    {
        foreach (var forbidden in ForHeadsOnly)
            if (System.Text.Ascii.EqualsIgnoreCase(name, forbidden))
                return true;
        return false;
    }
}
