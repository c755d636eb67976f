namespace JsonRpcLite;

/// <summary>The limits on a peer's connections and times.</summary>
/// <param name="MaxConnections">The maximum number of connections.</param>
/// <param name="MaxPerAddress">The maximum number of connections of one address.</param>
/// <param name="HeadTime">The longest time for receiving a head.</param>
/// <param name="IdleTime">The longest time that a connection may wait for a request.</param>
/// <param name="PieceTime">The longest time that a peer may take to receive one piece of a reply.</param>
/// <param name="BusyPollTime">The longest time for which an event loop looks for the next request before it sleeps.</param>
internal sealed record ConnectionLimits(
    int MaxConnections, int MaxPerAddress, TimeSpan HeadTime, TimeSpan IdleTime, TimeSpan PieceTime, TimeSpan BusyPollTime = default)
{
    /// <summary>The time for which input is read and discarded after the last reply.</summary>
    /// <remarks>Closing with unread input would send a reset, which can destroy the reply.</remarks>
    public static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(5);
}
