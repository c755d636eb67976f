using System.Net.Security;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>Turns accepted sockets into connections, up to the limits.</summary>
/// <remarks>It also holds what all connections of a transport share. Thread-safe.</remarks>
/// <param name="context">The context with which the transport was started.</param>
/// <param name="limits">The limits on a peer's connections and times.</param>
/// <param name="tls">The TLS settings; <c>null</c> means plain connections.</param>
/// <param name="clock">The clock of the transport.</param>
/// <param name="connections">The open connections.</param>
/// <param name="loops">The event loops that serve the connections; <c>null</c> uses the thread pool.</param>
internal sealed class ConnectionGate(
    ServerTransportContext context, ConnectionLimits limits, SslServerAuthenticationOptions? tls, ConnectionClock clock, ConnectionTable connections, EventLoopGroup? loops)
{
    public ServerTransportContext Context => context;

    public ConnectionLimits Limits => limits;

    /// <summary>The TLS settings; <c>null</c> means plain connections.</summary>
    public SslServerAuthenticationOptions? Tls => tls;

    public ConnectionClock Clock => clock;

    public ConnectionTable Connections => connections;

    public ExchangePool Exchanges { get; } = new(context, clock, isSecure: tls is not null);

    public bool IsStopping => connections.IsStopping;

    public void Admit(Socket socket)
    {
        try
        {
            if (socket.ProtocolType == ProtocolType.Tcp)
                socket.NoDelay = true;
        }
        catch (SocketException)
        {
            // The connection is gone already.
            socket.Dispose();
            return;
        }
        Admit(loops is null ? new SocketWire(socket) : loops.Take(socket, limits.BusyPollTime));
    }

    /// <summary>Admits a connection that is a wire already.</summary>
    /// <returns>The connection, whether it was admitted or not.</returns>
    public ServerConnection Admit(Wire wire)
    {
        var connection = new ServerConnection(this, wire);
        switch (connections.Add(connection, limits))
        {
            case Admission.Granted:
                connection.Start();
                break;
            case Admission.Full when tls is null:
                connection.TurnAway($"The server has reached its limit of {limits.MaxConnections} connections; try again later.");
                break;
            case Admission.FullOfAddress when tls is null:
                connection.TurnAway($"Your address has reached its limit of {limits.MaxPerAddress} connections; close one, or try again later.");
                break;
            default:
                connection.Close();
                break;
        }
        return connection;
    }

    /// <summary>Reports an exception on the thread pool, because the user's hook may take long.</summary>
    public void Report(Exception exception) =>
        ThreadPool.UnsafeQueueUserWorkItem(static failed => failed.context.Report(failed.exception), (context, exception), preferLocal: false);
}
