namespace JsonRpcLite;

/// <summary>The client's end of an <see cref="InMemoryTransport"/>.</summary>
internal sealed class InMemoryClientTransport(InMemoryTransport transport) : ClientTransport
{
    public override void Send(HttpExchange exchange, CancellationToken cancellationToken) =>
        // Nobody's context is held: the server's end runs on the pool.
        transport.CarryAsync(exchange, cancellationToken).GetAwaiter().GetResult();

    public override ValueTask SendAsync(HttpExchange exchange, CancellationToken cancellationToken) =>
        new(transport.CarryAsync(exchange, cancellationToken));
}
