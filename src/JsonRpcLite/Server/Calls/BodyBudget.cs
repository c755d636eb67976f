using System.Net;

namespace JsonRpcLite;

/// <summary>
/// The memory of request bodies that are still coming. Bodies that came whole with their head are not reckoned. When the budget is full, the slowest of the bodies is refused and
/// not the one that happens to come last; and one peer address, however many connections it has, holds at most a quarter, unless by a single body. Thread-safe.
/// </summary>
/// <param name="max">In bytes.</param>
/// <param name="table">The exchanges under way.</param>
/// <param name="giveUp">Refuses the body of a call, unless its reply is somebody else's already.</param>
internal sealed class BodyBudget(long max, ExchangeTable table, Func<ServerCall, bool> giveUp)
{
    private readonly long _quarter = max / 4;
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
        // Below a quarter nobody can have too much.
        if (Interlocked.Add(ref _total, added) > _quarter && added > 0)
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
        var address = AddressOf(newest);
        var ofAddress = address is null ? [] : Bodies().Where(call => address.Equals(AddressOf(call))).ToList();
        if (ofAddress.Count > 1 && ofAddress.Sum(call => call.Charged) > _quarter)
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

    /// <summary><c>null</c> where peers have no address, as on a Unix domain socket and in memory.</summary>
    private static IPAddress? AddressOf(ServerCall call) => (call.Exchange.RemoteEndPoint as IPEndPoint)?.Address;
}
