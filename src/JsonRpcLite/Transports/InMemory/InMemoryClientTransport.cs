namespace JsonRpcLite;

/// <summary>The client's end of an <see cref="InMemoryTransport"/>.</summary>
/// <param name="carry">Carries an exchange to the server, and its reply back.</param>
internal sealed class InMemoryClientTransport(Func<HttpExchange, CancellationToken, Task> carry) : ClientTransport
{
    public override void Send(HttpExchange exchange, CancellationToken cancellationToken) =>
        // Nobody's context is held: the server's end runs on the pool.
        carry(exchange, cancellationToken).GetAwaiter().GetResult();

    public override ValueTask SendAsync(HttpExchange exchange, CancellationToken cancellationToken) => new(carry(exchange, cancellationToken));
}
