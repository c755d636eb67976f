namespace JsonRpcLite.Load;

/// <summary>MakeServer on sockets with its defaults, except for limits.</summary>
internal static class OurSocketServer
{
    public static int Start(Workload workload, SocketTransport transport)
    {
        transport.MaxConnections = ServerProcess.ConnectionLimit;
        transport.KeepAliveTimeout = TimeSpan.FromMinutes(5);
        return OurListenerServer.Start(workload, new() { Transport = transport });
    }
}
