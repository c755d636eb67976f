namespace JsonRpcLite;

/// <summary>What a peer may hold of the server, and for how long.</summary>
internal sealed record ConnectionLimits(int MaxConnections, TimeSpan HeadTime, TimeSpan IdleTime, TimeSpan GracePeriod, int MinRate)
{
    /// <summary>How long a connection is read on and thrown away after its last reply, so that unread bytes do not become a reset that takes the reply with it.</summary>
    public static readonly TimeSpan LingerTime = TimeSpan.FromSeconds(5);
}
