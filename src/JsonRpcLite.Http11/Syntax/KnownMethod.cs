namespace JsonRpcLite.Http11;

/// <summary>
/// The methods that change how a message is framed or which target it may have. Methods are case-sensitive (RFC 9110 9.1).
/// </summary>
internal enum KnownMethod
{
    /// <summary>No request of this cycle is known.</summary>
    None,
    Other,
    Head,
    Connect,
    Options,
}
