using System.Net;

namespace JsonRpcLite;

/// <summary>A transport without a network, for tests, and for a server and clients in one process.</summary>
/// <remarks>All but sockets works as on other transports: the rules of HTTP, limits, time-outs and stopping. Thread-safe.</remarks>
/// <example>
/// <code>
/// var memory = new InMemoryTransport();
/// using var server = JsonRpc.MakeServer(0, (JsonNode? x) => x, new() { Transport = memory });
/// using var client = JsonRpc.MakeClient(server.Address, new() { Transport = memory.CreateClient() });
/// </code>
/// </example>
public sealed class InMemoryTransport : ServerTransport
{
    private readonly CancellationTokenSource _stopped = new();
    private ServerTransportContext? _context;

    /// <summary>Creates the transport of a client; each client needs its own.</summary>
    public ClientTransport CreateClient() => new InMemoryClientTransport(OpenAsync);

    /// <inheritdoc/>
    protected internal override Uri Start(ServerTransportContext context)
    {
        _context = context;
        return new Uri("http://localhost/");
    }

    /// <summary>Returns whether the host name would be on loopback on another transport; this one is reachable only in this process.</summary>
    protected internal override bool IsLoopback(string hostName) => SiteName.IsLoopback(hostName);

    /// <inheritdoc/>
    protected internal override ValueTask StopAsync(CancellationToken cancellationToken) => new(_stopped.CancelAsync());

    /// <summary>Carries a client's exchange to the server and the reply back: the whole reply, or the head and a stream of the body.</summary>
    /// <remarks>The two sides share no objects.</remarks>
    private async Task<Stream?> OpenAsync(HttpExchange client, CancellationToken cancellationToken)
    {
        if (_context is null || _stopped.IsCancellationRequested)
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"No server runs on this {nameof(InMemoryTransport)}.");

        var server = new InMemoryExchange(_context, client);
        using var givenUp = cancellationToken.UnsafeRegister(static (server, token) => ((InMemoryExchange)server!).GiveUp(token), server);
        // Runs on the pool, so that a function that blocks delays neither the client's time-out nor its cancellation.
        _ = Task.Run(() => server.ServeAsync(_context, _stopped.Token), CancellationToken.None);
        var reply = await server.Replied.ConfigureAwait(false);
        // A function that ends because it was cancelled may answer before the client sees the cancellation.
        cancellationToken.ThrowIfCancellationRequested();

        client.StatusCode = reply.StatusCode;
        foreach (var (name, value) in reply.Fields)
            client.ResponseHeaders.Add(name, value);
        if (reply.Pieces is not null || reply.Body.IsEmpty)
            return reply.Pieces;
        reply.Body.Span.CopyTo(client.ResponseBody.GetSpan(reply.Body.Length));
        client.ResponseBody.Advance(reply.Body.Length);
        return null;
    }
}
