namespace JsonRpcLite;

/// <summary>The HTTP method by which a client sends calls that change nothing (<see cref="JsonRpcIdempotency.Safe"/>).</summary>
public enum JsonRpcSafeCalls
{
    /// <summary>POST, as for all other calls.</summary>
    /// <remarks>Every server accepts it.</remarks>
    Post,

    /// <summary>QUERY (RFC 10008), with the body of a POST: proxies and HTTP libraries may repeat it.</summary>
    /// <remarks>Servers of this library accept it for methods that are marked safe.</remarks>
    Query,

    /// <summary>GET, with the call in the target, so that HTTP caches can store the result.</summary>
    /// <remarks>
    /// The server must allow it (<see cref="JsonRpcProtocolOptions.AllowGet"/>). Calls that a target cannot hold go by POST: a call whose request line is longer than 8 KiB, a
    /// stream, a notification, and a batch.
    /// </remarks>
    Get,
}
