namespace JsonRpcLite.Http11;

/// <summary>The methods that affect the framing of a message or the allowed targets.</summary>
/// <remarks>Methods are case-sensitive (RFC 9110 9.1).</remarks>
internal enum KnownMethod
{
    /// <summary>No request of this cycle is known.</summary>
    None,
    Other,
    Head,
    Connect,
    Options,
}
