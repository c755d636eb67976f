namespace JsonRpcLite.Http11;

/// <summary>
/// Fields that are known to be acted on before the content comes, so that they must not stand in trailers (RFC 9110 6.5.1). Those that the
/// engine itself understands are no trailers either and not listed here. A field that nobody listed is its definition's business.
/// </summary>
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
        // Hop by hop, as old software has it.
        "Keep-Alive", "Proxy-Connection",
    ];

    /// <summary>Whether the name is one of them, without regard to case.</summary>
    public static bool IsForHeadsOnly(ReadOnlySpan<byte> name)
    {
        foreach (var forbidden in ForHeadsOnly)
            if (System.Text.Ascii.EqualsIgnoreCase(name, forbidden))
                return true;
        return false;
    }
}
