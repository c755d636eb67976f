namespace JsonRpcLite.Http11;

/// <summary>The ways in which a recipient determines the end of a body (RFC 9112 6.3).</summary>
internal enum BodyFraming
{
    /// <summary>By its length, which may be zero.</summary>
    Length,
    Chunked,

    /// <summary>By the end of the connection.</summary>
    /// <remarks>Responses only.</remarks>
    UntilClose,
}
