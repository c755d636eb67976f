namespace JsonRpcLite;

/// <summary>Listens for connections, passes each request to the server, and sends the replies.</summary>
/// <remarks>
/// <para>The transport owns sockets and framing; the server owns the rules of HTTP, the limits on calls, and draining. One transport serves one server.</para>
/// <para>A transport derives its own class from <see cref="HttpExchange"/>, which overrides <see cref="HttpExchange.ReadBodyCoreAsync"/> and
/// <see cref="HttpExchange.SendAsync"/>. It fills in the head of a request, and calls <see cref="ServerTransportContext.ServeAsync"/>, which sends the reply. Afterwards the
/// transport handles the connection: it keeps the connection open unless the outcome or the head of the reply says otherwise, the client requests its end, or bytes of the
/// request's body are unread. It may then reuse the exchange (<see cref="HttpExchange.TryReset"/>).</para>
/// <para>The transport answers a malformed request, including one with a malformed header field (<see cref="HeaderFields.Add"/> throws), by
/// <see cref="ServerTransportContext.RefuseAsync"/> with 400.</para>
/// </remarks>
public abstract class ServerTransport
{
    private int _isStarted;

    /// <summary>Starts to listen, and returns an address to which a client on this machine can connect.</summary>
    /// <exception cref="IOException">The port is in use.</exception>
    protected internal abstract Uri Start(ServerTransportContext context);

    /// <summary>Stops accepting connections, completes the replies that are being sent, and closes everything.</summary>
    /// <remarks>Called once; by then no call is in flight, or the remaining calls have had their early reply.</remarks>
    /// <param name="cancellationToken">Cancelled when the time for the replies that are being sent expires.</param>
    protected internal abstract ValueTask StopAsync(CancellationToken cancellationToken);

    /// <summary>Returns whether only this machine can reach the address on which the transport will listen.</summary>
    /// <remarks>
    /// Called before the start. <c>false</c> by default, which also stands for unknown: callers then do not see exceptions, and the page is off unless the options turn it on.
    /// </remarks>
    /// <param name="hostName">The server's host name in its options. A transport that listens elsewhere ignores it.</param>
    protected internal virtual bool IsLoopback(string hostName) => false;

    /// <summary>Returns whether a request comes from this machine.</summary>
    /// <remarks>
    /// Called for each request that may see details of exceptions or the page, if <see cref="IsLoopback"/> returns <c>true</c>. <c>true</c> by default; a transport that does not
    /// know its address before the start overrides both methods.
    /// </remarks>
    /// <param name="exchange">An exchange of this transport, with its head.</param>
    protected internal virtual bool IsLocal(HttpExchange exchange) => true;

    /// <summary>Returns whether a request may name a host, for a transport inside a host that has its own rules for that.</summary>
    /// <remarks><c>true</c> and <c>false</c> decide; <c>null</c>, the default, falls back to <see cref="JsonRpcServerOptions.AllowedHosts"/>.</remarks>
    /// <param name="exchange">An exchange of this transport, with its head.</param>
    /// <param name="host">The host that the request names, with its port where it has one.</param>
    protected internal virtual bool? AllowsHost(HttpExchange exchange, string host) => null;

    /// <summary>Returns whether pages of an origin may call, for a transport inside a host that has its own rules for that.</summary>
    /// <remarks>
    /// <c>null</c>, the default, falls back to <see cref="JsonRpcServerOptions.AllowedOrigins"/>. If it is <c>true</c> or <c>false</c>, the host also answers preflight requests
    /// and writes the CORS header fields, and the server does neither.
    /// </remarks>
    /// <param name="exchange">An exchange of this transport, with its head.</param>
    /// <param name="origin">The request's <c>Origin</c>.</param>
    protected internal virtual bool? AllowsOrigin(HttpExchange exchange, string origin) => null;

    internal Uri StartOnce(ServerTransportContext context)
    {
        if (Interlocked.Exchange(ref _isStarted, 1) != 0)
            throw new InvalidOperationException($"This {GetType().Name} already serves a server. Create a new one for each server.");
        return Start(context);
    }
}
