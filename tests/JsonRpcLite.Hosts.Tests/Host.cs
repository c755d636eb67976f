using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

/// <summary>One kind of transport under test: how to make it, how to reach it, and which abilities it lacks.</summary>
internal abstract class Host
{
    /// <summary>The abilities that this transport lacks, each with the reason. The tests then check what is still promised.</summary>
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

    /// <summary>A truncated body is answered, to a client that still reads.</summary>
    AnswersCutBodies,

    /// <summary>AllowedHosts applies to a server that is bound to loopback.</summary>
    AllowsHostsOnLoopback,

    /// <summary>A head over its limit gets this library's answer, however large.</summary>
    AnswersAnyHead,

    /// <summary>A Host may be an IPv6 address.</summary>
    TakesIPv6Hosts,

    /// <summary>All values of a field that was sent more than once are seen.</summary>
    SeesRepeatedFields,

    /// <summary>A 204 is sent without a Content-Length (RFC 9110 8.6).</summary>
    OmitsLengthOf204,

    /// <summary>A body may come without a Content-Length.</summary>
    ReadsChunked,

    /// <summary>A disconnected client is noticed without sending it anything.</summary>
    NoticesLeaving,

    /// <summary>A connection stays open after a reply in pieces.</summary>
    KeepsStreamConnections,

    /// <summary>A reply to HTTP/1.0 can be sent in pieces.</summary>
    StreamsToHttp10,

    /// <summary>There are bytes on a wire, and connections.</summary>
    HasWire,
}
