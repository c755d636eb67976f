using System.Net.Security;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>Where accepted sockets become connections, as many as may be open at a time. Also what all connections of a transport have in common. Thread-safe.</summary>
/// <param name="context">What the transport was started with.</param>
/// <param name="limits">What a peer may hold, and for how long.</param>
/// <param name="tls">What makes a connection TLS; <c>null</c> leaves it plain.</param>
/// <param name="clock">The clock of the transport.</param>
/// <param name="connections">All that are open.</param>
/// <param name="loops">Where connections are served; <c>null</c> leaves them to the thread pool.</param>
internal sealed class ConnectionGate(
    ServerTransportContext context, ConnectionLimits limits, SslServerAuthenticationOptions? tls, ConnectionClock clock, ConnectionTable connections, EventLoopGroup? loops)
{
    public ServerTransportContext Context => context;

    public ConnectionLimits Limits => limits;

    /// <summary>What makes a connection TLS; <c>null</c> leaves it plain.</summary>
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
            // It is gone already.
            socket.Dispose();
            return;
        }
        Admit(loops is null ? new SocketWire(socket) : loops.Take(socket));
    }

    /// <summary>The same with a connection that is a wire already.</summary>
    /// <returns>The connection, whatever has become of it.</returns>
    public ServerConnection Admit(Wire wire)
    {
        var connection = new ServerConnection(this, wire);
        switch (connections.Add(connection, limits))
        {
            case Admission.Granted:
                connection.Start();
                break;
            case Admission.Full when tls is null:
                connection.TurnAway($"The server has its {limits.MaxConnections} connections; try again.");
                break;
            case Admission.FullOfAddress when tls is null:
                connection.TurnAway($"Your address has its {limits.MaxPerAddress} connections; close one, or try again.");
                break;
            default:
                connection.Close();
                break;
        }
        return connection;
    }

    /// <summary>Tells the user's hook, which may take its time; nobody here waits for it.</summary>
    public void Report(Exception exception) =>
        ThreadPool.UnsafeQueueUserWorkItem(static failed => failed.context.Report(failed.exception), (context, exception), preferLocal: false);
}
