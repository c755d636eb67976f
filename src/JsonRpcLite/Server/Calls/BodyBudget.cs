namespace JsonRpcLite;

/// <summary>Limits the memory of request bodies that are still being received.</summary>
/// <remarks>
/// Bodies that arrived together with their head do not count. When the budget is full, the slowest body is refused, not the last one to arrive. All connections of one address
/// together hold at most the share of an address, except with a single body. The class is thread-safe.
/// </remarks>
/// <param name="max">The budget, in bytes.</param>
/// <param name="perAddress">The share of one address, in bytes.</param>
/// <param name="table">The exchanges in flight.</param>
/// <param name="giveUp">Refuses the body of a call; returns <c>false</c> if it cannot take the right to reply.</param>
internal sealed class BodyBudget(long max, long perAddress, ExchangeTable table, Func<ServerCall, bool> giveUp)
{
    /// <summary>The total up to which neither limit can be exceeded.</summary>
    private readonly long _enough = Math.Min(max, perAddress);
    private readonly Lock _relieving = new();
    private long _total;

    /// <summary>The number of bytes that are held now.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>Counts the bytes of the call's body that have been received.</summary>
    public void Charge(ServerCall call)
    {
        if (call.Exchange.IsLost)
            return;
        var added = call.Charge(call.Exchange.BodyBytesRead);
        if (Interlocked.Add(ref _total, added) > _enough && added > 0)
            Relieve(call);
    }

    /// <summary>Removes the call's body from the budget, since it is no longer being received.</summary>
    public void Release(ServerCall call) => Interlocked.Add(ref _total, call.Charge(0));

    private void Relieve(ServerCall newest)
    {
        lock (_relieving)
        {
            // Each iteration refuses one body.
            while (FindVictim(newest) is { } victim)
            {
                Release(victim);
                if (victim == newest)
                    return;
            }
        }
    }

    /// <summary>Refuses a body if a limit is exceeded, and returns its call.</summary>
    private ServerCall? FindVictim(ServerCall newest)
    {
        var address = PeerNetwork.Of(newest.Exchange.RemoteEndPoint);
        var ofAddress = address is null ? [] : Bodies().Where(call => address == PeerNetwork.Of(call.Exchange.RemoteEndPoint)).ToList();
        if (ofAddress.Count > 1 && ofAddress.Sum(call => call.Charged) > perAddress)
            return RefuseSlowest(ofAddress, newest);
        return Total > max ? RefuseSlowest(Bodies(), newest) : null;
    }

    private List<ServerCall> Bodies()
    {
        List<ServerCall> bodies = [];
        table.ForEach(call =>
        {
            if (call.Charged > 0 && call.Times.IsReadingBody && !call.Exchange.IsLost)
                bodies.Add(call);
        });
        return bodies;
    }

    /// <summary>Refuses the body with the least time left to stall.</summary>
    /// <remarks>Bodies that arrive fast have equal times. Of these the largest is refused first, and among equal sizes the newest last.</remarks>
    private ServerCall? RefuseSlowest(IEnumerable<ServerCall> bodies, ServerCall newest) =>
        bodies
            .OrderBy(call => call.Times.CreditLeft(call.Exchange.BodyBytesRead) ?? TimeSpan.MaxValue)
            .ThenByDescending(call => call.Charged)
            .ThenBy(call => call == newest)
            .FirstOrDefault(giveUp);
}
