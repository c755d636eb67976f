namespace JsonRpcLite;

/// <summary>Defines what a transport may do with an exchange and its connection after the server has served it.</summary>
public enum ExchangeOutcome
{
    /// <summary>The reply was sent, and the connection may carry the next request.</summary>
    /// <remarks>The exchange may be reused (<see cref="HttpExchange.TryReset"/>).</remarks>
    ConnectionKept,

    /// <summary>The reply was sent, and the transport must close the connection.</summary>
    /// <remarks>The exchange may be reused (<see cref="HttpExchange.TryReset"/>).</remarks>
    ConnectionEnds,

    /// <summary>The handler completed too late, or the peer has disconnected.</summary>
    /// <remarks>An early reply was sent, or is being sent, by another thread. The exchange must never be reused, and the connection ends after the early reply.</remarks>
    LeftBehind,
}
