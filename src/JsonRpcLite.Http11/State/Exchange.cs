namespace JsonRpcLite.Http11;

// The state that both directions of a connection share: the state machine, and the few facts that outlive a head. Like the machine, it does not know the role of this end. Reader
// and writer report here what they have read and written; each method returns false for what is out of order.
internal sealed class Exchange
{
    public StateMachine Machine { get; } = new();

    /// <summary>The method of this cycle's request.</summary>
    public KnownMethod Method { get; private set; }

    public bool ClientWaitsForContinue { get; private set; }

    /// <summary>The minor version of the peer; -1 before its first head.</summary>
    /// <remarks>The reader writes it, and the writer reads it.</remarks>
    public int TheirMinorVersion { get; set; } = -1;

    public bool TryRequest(in HeadFacts facts)
    {
        if (!Machine.TryMove(Http11Role.Client, StateEvent.Request))
            return false;
        Method = facts.Method;
        ClientWaitsForContinue = facts.ExpectsContinue;
        if (facts.OffersUpgrade || facts.Method == KnownMethod.Connect)
            Machine.Offer(facts.OffersUpgrade, facts.Method == KnownMethod.Connect);
        // A connection persists between peers that speak HTTP/1.1 and have not sent close (RFC 9112 9.3). The keep-alive of HTTP/1.0 is not supported: proxies of that time break
        // it.
        if (facts.SaysClose || facts.MinorVersion < 1)
            Machine.DisableKeepAlive();
        return true;
    }

    public bool TryInformationalResponse(int status)
    {
        if (!Machine.TryMove(Http11Role.Server, status == 101 ? StateEvent.UpgradeAccepted : StateEvent.InformationalResponse))
            return false;
        ClientWaitsForContinue = false;
        return true;
    }

    public bool TryResponse(in HeadFacts facts)
    {
        if (!Machine.TryMove(Http11Role.Server, AcceptsConnect(facts.Status) ? StateEvent.ConnectAccepted : StateEvent.Response))
            return false;
        ClientWaitsForContinue = false;
        // A body that ends with the connection rules out another cycle.
        if (facts.SaysClose || facts.MinorVersion < 1 || facts.Framing == BodyFraming.UntilClose)
            Machine.DisableKeepAlive();
        return true;
    }

    public bool TryData(Http11Role role)
    {
        if (role == Http11Role.Client)
            ClientWaitsForContinue = false;
        return Machine.TryMove(role, StateEvent.Data);
    }

    public bool TryEndOfMessage(Http11Role role)
    {
        if (role == Http11Role.Client)
            ClientWaitsForContinue = false;
        return Machine.TryMove(role, StateEvent.EndOfMessage);
    }

    public bool TryStartNextCycle()
    {
        if (!Machine.TryStartNextCycle())
            return false;
        Method = KnownMethod.None;
        return true;
    }

    public void Reset()
    {
        Machine.Reset();
        Method = KnownMethod.None;
        ClientWaitsForContinue = false;
        TheirMinorVersion = -1;
    }

    /// <summary>Whether a response has no body, whatever its fields say (RFC 9112 6.3, rules 1 and 2).</summary>
    public bool IsBodiless(int status) => status is < 200 or 204 or 304 || Method == KnownMethod.Head || AcceptsConnect(status);

    public bool AcceptsConnect(int status) => Method == KnownMethod.Connect && status is >= 200 and < 300;
}
