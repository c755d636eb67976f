namespace JsonRpcLite;

/// <summary>What a peer may hold of the server, and for how long.</summary>
/// <param name="MaxConnections">How many connections there may be.</param>
/// <param name="MaxPerAddress">How many of them one address may have.</param>
/// <param name="HeadTime">How long a head may take.</param>
/// <param name="IdleTime">How long a connection may wait for a request.</param>
/// <param name="PieceTime">How long a peer may take for one piece of a reply.</param>
internal sealed record ConnectionLimits(int MaxConnections, int MaxPerAddress, TimeSpan HeadTime, TimeSpan IdleTime, TimeSpan PieceTime)
{
    /// <summary>How long a connection is read on and thrown away after its last reply, so that unread bytes do not become a reset that takes the reply with it.</summary>
    public static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(5);
}
