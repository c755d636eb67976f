namespace JsonRpcLite.Http11;

// One connection as both directions must know it: the state machine, and the few facts that outlive a head. Like the machine it does not
// know which role we play; reader and writer report here what they read and wrote, and each answers false to what is out of order.
internal sealed class Exchange
{
    public StateMachine Machine { get; } = new();

    /// <summary>The method of this cycle's request.</summary>
    public KnownMethod Method { get; private set; }

    public bool ClientWaitsForContinue { get; private set; }

    /// <summary>The second digit of the peer's version, or -1 while no head of theirs has come. The reader reports it, and the writer asks for it.</summary>
    public int TheirMinorVersion { get; set; } = -1;

    public bool TryRequest(in HeadFacts facts)
    {
        if (!Machine.TryMove(Http11Role.Client, StateEvent.Request))
            return false;
        Method = facts.Method;
        ClientWaitsForContinue = facts.ExpectsContinue;
        if (facts.OffersUpgrade || facts.Method == KnownMethod.Connect)
            Machine.Offer(facts.OffersUpgrade, facts.Method == KnownMethod.Connect);
        // A connection is kept between peers that speak HTTP/1.1 and said nothing else (RFC 9112 9.3). Keep-alive as HTTP/1.0 had it is
        // not offered: proxies of that time break it.
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
        // A body that ends with the connection leaves nothing for a next cycle.
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

    /// <summary>A response that has no body whatever its fields say (RFC 9112 6.3, rules 1 and 2).</summary>
    public bool IsBodiless(int status) => status is < 200 or 204 or 304 || Method == KnownMethod.Head || AcceptsConnect(status);

    public bool AcceptsConnect(int status) => Method == KnownMethod.Connect && status is >= 200 and < 300;
}
