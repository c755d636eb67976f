namespace JsonRpcLite.Hosts.Tests;

/// <summary>Sockets on platforms without epoll: on the thread pool.</summary>
internal sealed class PortableSocketHost : SocketHost
{
    public override ServerTransport MakeTransport() => new SocketTransport { EventLoops = 0 };

    public override ClientTransport MakeClientTransport(ServerTransport transport) => new SocketClientTransport { UseEventLoops = false };
}
