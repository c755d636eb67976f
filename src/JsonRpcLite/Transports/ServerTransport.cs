namespace JsonRpcLite;

/// <summary>
/// Listens, turns bytes into exchanges, hands each to the server's handler, sends the replies, and stops. HTTP rules, limits on calls and
/// draining are the server's; sockets and framing are the transport's. One transport serves one server.
/// </summary>
/// <remarks>
/// <para>A transport makes an exchange of its own kind, which overrides <see cref="HttpExchange.ReadBodyCoreAsync"/> and <see cref="HttpExchange.SendAsync"/>, fills in the head of
/// a request, and calls <see cref="ServerTransportContext.ServeAsync"/>. The server has the reply sent; what is left to the transport is the connection: it is kept unless the
/// outcome or the head of the reply says otherwise, the client asks for its end, or bytes of the request's body are still unread. When it is done it may use the exchange again
/// (<see cref="HttpExchange.TryReset"/>).</para>
/// <para>What is no request, or has a field that is none (<see cref="HeaderFields.Add"/> throws), is answered by <see cref="ServerTransportContext.RefuseAsync"/> with 400.</para>
/// </remarks>
public abstract class ServerTransport
{
    private int _isStarted;

    /// <summary>Begins to listen, and returns an address that a client on this machine can connect to.</summary>
    /// <exception cref="IOException">The port is in use.</exception>
    protected internal abstract Uri Start(ServerTransportContext context);

    /// <summary>
    /// Takes no new connections, lets replies that are being sent leave, and closes everything. Called once; by then no call is in flight,
    /// or the survivors have had their early reply.
    /// </summary>
    /// <param name="cancellationToken">Ends the time of the replies that are being sent.</param>
    protected internal abstract ValueTask StopAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Whether only this machine can reach what the transport will listen on; asked before the start. By default it cannot tell, which counts as no: then exceptions are not shown
    /// to callers, and the page is off unless the options turn it on.
    /// </summary>
    /// <param name="hostName">The server's host name, as its options have it. A transport that listens elsewhere ignores it.</param>
    protected internal virtual bool IsLoopback(string hostName) => false;

    /// <summary>
    /// Whether a request comes from this machine. Asked for each request that may see details of exceptions, or the page, where <see cref="IsLoopback"/> answers yes. <c>true</c>
    /// by default; a transport that listens on an address that it does not know before the start overrides both.
    /// </summary>
    /// <param name="exchange">An exchange of this transport, with its head.</param>
    protected internal virtual bool IsLocal(HttpExchange exchange) => true;

    /// <summary>
    /// Whether the server may be called by a name, for a transport within a host that has rules for that itself. <c>true</c> and <c>false</c> decide; <c>null</c>, the default,
    /// leaves it to <see cref="JsonRpcServerOptions.AllowedHosts"/>.
    /// </summary>
    /// <param name="exchange">An exchange of this transport, with its head.</param>
    /// <param name="host">The host that the request names, with its port where it has one.</param>
    protected internal virtual bool? AllowsHost(HttpExchange exchange, string host) => null;

    /// <summary>
    /// Whether the pages of an origin may call, for a transport within a host that has rules for that itself. <c>null</c>, the default, leaves it to
    /// <see cref="JsonRpcServerOptions.AllowedOrigins"/>. Where it is <c>true</c> or <c>false</c>, the host answers preflight requests and writes the header fields of CORS, too,
    /// and the server does neither.
    /// </summary>
    /// <param name="exchange">An exchange of this transport, with its head.</param>
    /// <param name="origin">The request's <c>Origin</c>.</param>
    protected internal virtual bool? AllowsOrigin(HttpExchange exchange, string origin) => null;

    internal Uri StartOnce(ServerTransportContext context)
    {
        if (Interlocked.Exchange(ref _isStarted, 1) != 0)
            throw new InvalidOperationException($"This {GetType().Name} serves a server already. Make a new one for each server.");
        return Start(context);
    }
}
