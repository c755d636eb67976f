namespace JsonRpcLite;

/// <summary>The client side of an <see cref="InMemoryTransport"/>.</summary>
/// <param name="open">Carries an exchange to the server and its reply back: the whole reply, or the head and a stream of the body.</param>
internal sealed class InMemoryClientTransport(Func<HttpExchange, CancellationToken, Task<Stream?>> open) : ClientTransport
{
    public override void Send(HttpExchange exchange, CancellationToken cancellationToken) =>
        // Blocking holds no context: the server side runs on the pool.
        SendAsync(exchange, cancellationToken).AsTask().GetAwaiter().GetResult();

    public override async ValueTask SendAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        using var body = await open(exchange, cancellationToken).ConfigureAwait(false);
        if (body is null)
            return;
        while (await body.ReadAsync(exchange.ResponseBody.GetMemory(), cancellationToken).ConfigureAwait(false) is var count and > 0)
            exchange.ResponseBody.Advance(count);
    }

    public override ValueTask<Stream?> OpenAsync(HttpExchange exchange, CancellationToken cancellationToken) => new(open(exchange, cancellationToken));
}
