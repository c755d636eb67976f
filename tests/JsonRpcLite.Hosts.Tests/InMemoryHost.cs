using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

internal sealed class InMemoryHost : Host
{
    public override IReadOnlyDictionary<Ability, string> Missing { get; } = new Dictionary<Ability, string>
    {
        [Ability.HasWire] = "There is no connection in memory, and a body is available whole or not at all.",
        [Ability.ReadsChunked] = "There is no framing in memory.",
    };

    public override ServerTransport MakeTransport() => new InMemoryTransport();

    public override ClientTransport MakeClientTransport(ServerTransport transport) => ((InMemoryTransport)transport).CreateClient();

    public override async Task<RawReply> ExchangeAsync(JsonRpcServer server, ServerTransport transport, RawRequest request)
    {
        using var client = MakeClientTransport(transport);
        var exchange = new HttpExchange
        {
            Method = request.Method,
            Target = request.Target,
            ProtocolVersion = Version.Parse(request.Version),
            RequestBody = request.Body ?? [],
            Address = request.AddsFraming ? server.Address : null,
        };
        foreach (var (name, value) in request.Fields)
        {
            exchange.RequestHeaders.Add(name, value);
            if (name == "Content-Length")
                exchange.ContentLength = long.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
        }
        await client.SendAsync(exchange, CancellationToken.None);
        return new RawReply(exchange.StatusCode, [.. exchange.ResponseHeaders.Select(f => (f.Key, f.Value))], exchange.ResponseBody.WrittenSpan.ToArray());
    }
}
