namespace JsonRpcLite.Http11;

/// <summary>How a recipient knows where a body ends (RFC 9112 6.3).</summary>
internal enum BodyFraming
{
    /// <summary>By its length, which may be zero.</summary>
    Length,
    Chunked,

    /// <summary>By the end of the connection. Responses only.</summary>
    UntilClose,
}
