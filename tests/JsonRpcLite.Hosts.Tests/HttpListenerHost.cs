using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

/// <summary>docs/http-listener.md has the same list for users, with what HttpListenerTransportTests shows in addition; they change together.</summary>
internal sealed class HttpListenerHost : Host
{
    public override IReadOnlyDictionary<Ability, string> Missing { get; } = new Dictionary<Ability, string>
    {
        [Ability.AnswersEveryHost] = "HttpListener itself answers a Host that is not one of its prefixes, with 404 in HTML.",
        [Ability.AnswersMissingHost] = "HttpListener itself answers a missing Host, with 400 in HTML.",
        [Ability.AllowsHostsOnLoopback] = "For the same reason, a name in AllowedHosts reaches the server only if it is bound to every interface.",
        [Ability.AnswersAnyHead] = "HttpListener itself answers a head well over 32 KiB, with 400 in HTML.",
        [Ability.TakesIPv6Hosts] = "HttpListener supports only IPv4, and itself answers a Host with an IPv6 address, with 400.",
        [Ability.SeesRepeatedFields] = "HttpListener keeps only the last line of a field that is sent more than once.",
        [Ability.OmitsLengthOf204] = "HttpListener adds a Content-Length of 0 to a 204, which it should not; clients ignore it.",
        [Ability.NoticesLeaving] = "HttpListener reports no disconnect: it notices a disconnected client only when it sends something.",
        [Ability.KeepsStreamConnections] = "HttpListener sends a stray 200 after a chunked reply that is closed in the middle, so its streams always end their connection.",
        [Ability.StreamsToHttp10] = "To HTTP/1.0, HttpListener writes Content-Length: 0 before a reply in pieces.",
        [Ability.ReadsChunked] = "Reading a chunked body can end the process: HttpListener recurses once for each chunk.",
    };

    public override ServerTransport MakeTransport() => new HttpListenerTransport();

    public override ClientTransport MakeClientTransport(ServerTransport transport) => new HttpClientTransport();

    public override Task<RawReply> ExchangeAsync(JsonRpcServer server, ServerTransport transport, RawRequest request) =>
        RawConnection.ExchangeAsync(server.Address.Port, request);
}
