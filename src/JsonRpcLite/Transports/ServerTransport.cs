using System.Net;

namespace JsonRpcLite;

/// <summary>
/// Listens, turns bytes into exchanges, hands each to the server's handler, sends the replies, and stops. HTTP rules, limits on calls and
/// draining are the server's; sockets and framing are the transport's. One transport serves one server.
/// </summary>
/// <remarks>
/// A transport calls <see cref="ServerTransportContext.Handler"/> once for each request with an exchange of its own kind, which overrides
/// <see cref="HttpExchange.ReadBodyCoreAsync"/> and <see cref="HttpExchange.ReplyEarlyAsync"/>; when the handler's task has ended, it asks
/// <see cref="HttpExchange.TryBeginReply"/>, and sends status, fields and body with a <c>Content-Length</c>: none of the body to HEAD, and
/// neither body nor length with 204 and 304. The connection is kept unless <see cref="HttpExchange.CloseConnection"/> is set, the client
/// asks for its end, or bytes of the request's body are still unread. What is no request, or has a field that is none (<see cref="HttpFields.Add"/> throws), is answered by
/// <see cref="ServerTransportContext.Refuse"/> with 400.
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

    /// <summary>Whether only this machine can reach what the transport will listen on. Asked before the start.</summary>
    internal virtual bool IsLoopback(JsonRpcServerOptions options)
    {
        var name = options.HostName.Trim('[', ']').TrimEnd('.');
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address);
    }

    internal Uri StartOnce(ServerTransportContext context)
    {
        if (Interlocked.Exchange(ref _isStarted, 1) != 0)
            throw new InvalidOperationException($"This {GetType().Name} serves a server already. Make a new one for each server.");
        return Start(context);
    }
}
