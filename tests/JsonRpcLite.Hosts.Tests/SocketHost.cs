using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

/// <summary>Lacks no ability, and must not.</summary>
internal class SocketHost : Host
{
    public override IReadOnlyDictionary<Ability, string> Missing { get; } = new Dictionary<Ability, string>();

    public override ServerTransport MakeTransport() => new SocketTransport();

    public override ClientTransport MakeClientTransport(ServerTransport transport) => new SocketClientTransport();

    public override Task<RawReply> ExchangeAsync(JsonRpcServer server, ServerTransport transport, RawRequest request) =>
        RawConnection.ExchangeAsync(server.Address.Port, request);
}
