using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

/// <summary>One kind of transport under test: how to make it, how to reach it, and what it cannot keep of the contract.</summary>
internal abstract class Host
{
    /// <summary>What this transport cannot do, each with its reason. The tests then ask for what is still promised.</summary>
    public abstract IReadOnlyDictionary<Ability, string> Missing { get; }

    public bool Can(Ability ability) => !Missing.ContainsKey(ability);

    public abstract ServerTransport MakeTransport();

    public abstract ClientTransport MakeClientTransport(ServerTransport transport);

    public abstract Task<RawReply> ExchangeAsync(JsonRpcServer server, ServerTransport transport, RawRequest request);
}

internal enum Ability
{
    /// <summary>A foreign Host gets this library's answer.</summary>
    AnswersEveryHost,

    /// <summary>A missing Host gets this library's answer.</summary>
    AnswersMissingHost,

    /// <summary>A body that breaks off is answered, to a client that still listens.</summary>
    AnswersCutBodies,

    /// <summary>AllowedHosts counts for a server that is bound to loopback.</summary>
    AllowsHostsOnLoopback,

    /// <summary>A head over its limit gets this library's answer, however large.</summary>
    AnswersAnyHead,

    /// <summary>A Host may be an IPv6 address.</summary>
    TakesIPv6Hosts,

    /// <summary>All values of a field that was sent more than once are seen.</summary>
    SeesRepeatedFields,

    /// <summary>A 204 is sent without a Content-Length (RFC 9110 8.6).</summary>
    OmitsLengthOf204,

    /// <summary>A body may come without a told length.</summary>
    ReadsChunked,

    /// <summary>A client that leaves is noticed without sending it anything.</summary>
    NoticesLeaving,

    /// <summary>A connection is kept after a reply in pieces.</summary>
    KeepsStreamConnections,

    /// <summary>A reply to HTTP/1.0 can be sent in pieces.</summary>
    StreamsToHttp10,

    /// <summary>There are bytes on a wire, and connections.</summary>
    HasWire,
}
