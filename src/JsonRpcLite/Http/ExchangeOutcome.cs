namespace JsonRpcLite;

/// <summary>What a transport may do with an exchange and its connection when the server is done with it.</summary>
public enum ExchangeOutcome
{
    /// <summary>The reply was sent. The exchange may be used again (<see cref="HttpExchange.TryReset"/>), and the connection may carry the next request.</summary>
    ConnectionKept,

    /// <summary>The reply was sent, and the connection ends with it. The exchange may be used again (<see cref="HttpExchange.TryReset"/>).</summary>
    ConnectionEnds,

    /// <summary>
    /// The handler came too late: an early reply was sent, or is being sent, by another thread, or the peer is gone. The exchange must never be used again, and the connection ends
    /// after the early reply.
    /// </summary>
    LeftBehind,
}
