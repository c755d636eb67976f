namespace JsonRpcLite;

/// <summary>
/// The memory of request bodies that are still coming. Bodies that came whole with their head are not reckoned. When the budget is full, the slowest of the bodies is refused and
/// not the one that happens to come last; and one peer address, however many connections it has, holds at most its part, unless by a single body. Thread-safe.
/// </summary>
/// <param name="max">In bytes.</param>
/// <param name="perAddress">The part of one address.</param>
/// <param name="table">The exchanges under way.</param>
/// <param name="giveUp">Refuses the body of a call, unless its reply is somebody else's already.</param>
internal sealed class BodyBudget(long max, long perAddress, ExchangeTable table, Func<ServerCall, bool> giveUp)
{
    /// <summary>Up to here nobody can have too much.</summary>
    private readonly long _enough = Math.Min(max, perAddress);
    private readonly Lock _relieving = new();
    private long _total;

    /// <summary>How many bytes are held now.</summary>
    public long Total => Interlocked.Read(ref _total);

    /// <summary>More of the call's body has come.</summary>
    public void Charge(ServerCall call)
    {
        if (call.Exchange.IsLost)
            return;
        var added = call.Charge(call.Exchange.BodyBytesRead);
        if (Interlocked.Add(ref _total, added) > _enough && added > 0)
            Relieve(call);
    }

    /// <summary>The call's body is on its way no longer.</summary>
    public void Release(ServerCall call) => Interlocked.Add(ref _total, call.Charge(0));

    private void Relieve(ServerCall newest)
    {
        lock (_relieving)
        {
            // Each round refuses one.
            while (FindVictim(newest) is { } victim)
            {
                Release(victim);
                if (victim == newest)
                    return;
            }
        }
    }

    /// <summary>The body that was refused, where one had to be.</summary>
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

    /// <summary>By how long each may still stall. Bodies that come well are alike: of them the largest goes first, and of equals the newest last.</summary>
    private ServerCall? RefuseSlowest(IEnumerable<ServerCall> bodies, ServerCall newest) =>
        bodies
            .OrderBy(call => call.Times.CreditLeft(call.Exchange.BodyBytesRead) ?? TimeSpan.MaxValue)
            .ThenByDescending(call => call.Charged)
            .ThenBy(call => call == newest)
            .FirstOrDefault(giveUp);
}
