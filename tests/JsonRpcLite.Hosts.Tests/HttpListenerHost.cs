using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

/// <summary>docs/http-listener.md has the same list for users, with what HttpListenerTransportTests shows in addition; they change together.</summary>
internal sealed class HttpListenerHost : Host
{
    public override IReadOnlyDictionary<Ability, string> Missing { get; } = new Dictionary<Ability, string>
    {
        [Ability.AnswersEveryHost] = "HttpListener answers a Host that is none of its prefixes itself, with 404 in HTML.",
        [Ability.AnswersMissingHost] = "HttpListener answers a missing Host itself, with 400 in HTML.",
        [Ability.AllowsHostsOnLoopback] = "For the same reason a name in AllowedHosts reaches the server only when it is bound to every interface.",
        [Ability.AnswersAnyHead] = "HttpListener answers a head well over 32 KiB itself, with 400 in HTML.",
        [Ability.TakesIPv6Hosts] = "HttpListener speaks IPv4 only, and answers a Host with an IPv6 address itself, with 400.",
        [Ability.SeesRepeatedFields] = "Of a field that is sent more than once HttpListener keeps the last line only.",
        [Ability.OmitsLengthOf204] = "HttpListener adds a Content-Length of 0 to a 204, which it should not; clients ignore it.",
        [Ability.NoticesLeaving] = "HttpListener reports no disconnect: a client that has left shows when something is sent to it.",
        [Ability.KeepsStreamConnections] = "HttpListener sends a stray 200 behind a chunked reply when it closes in the middle, so that its streams always end their connection.",
        [Ability.StreamsToHttp10] = "To HTTP/1.0 HttpListener writes Content-Length: 0 in front of a reply in pieces.",
        [Ability.ReadsChunked] = "Reading a chunked body can end the process: HttpListener recurses once for each chunk.",
    };

    public override ServerTransport MakeTransport() => new HttpListenerTransport();

    public override ClientTransport MakeClientTransport(ServerTransport transport) => new HttpClientTransport();

    public override Task<RawReply> ExchangeAsync(JsonRpcServer server, ServerTransport transport, RawRequest request) =>
        RawConnection.ExchangeAsync(server.Address.Port, request);
}
