using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

internal sealed class AspNetCoreHost : Host
{
    public override IReadOnlyDictionary<Ability, string> Missing { get; } = new Dictionary<Ability, string>
    {
        [Ability.AnswersMissingHost] = "Kestrel answers a missing Host itself, with 400 and no body.",
        [Ability.AnswersCutBodies] = "Kestrel closes the connection of a truncated body without an answer.",
    };

    public override ServerTransport MakeTransport() => new AspNetCoreTransport();

    public override ClientTransport MakeClientTransport(ServerTransport transport) => new HttpClientTransport();

    public override Task<RawReply> ExchangeAsync(JsonRpcServer server, ServerTransport transport, RawRequest request) =>
        RawConnection.ExchangeAsync(server.Address.Port, request);
}
