namespace JsonRpcLite;

/// <summary>The HTTP method by which a client sends calls that change nothing (<see cref="JsonRpcIdempotency.Safe"/>).</summary>
public enum JsonRpcSafeCalls
{
    /// <summary>POST, as all other calls. Every server takes it.</summary>
    Post,

    /// <summary>
    /// QUERY (RFC 10008), with the body of a POST: proxies and HTTP libraries may repeat it. Servers of this library answer it for methods that are marked safe.
    /// </summary>
    Query,

    /// <summary>
    /// GET, with the call in the target, for caches on the way. The server must allow it (<see cref="JsonRpcProtocolOptions.AllowGet"/>). What a target cannot hold goes by POST:
    /// a call whose request line is longer than 8 KiB, a stream, a notification, and a batch.
    /// </summary>
    Get,
}
