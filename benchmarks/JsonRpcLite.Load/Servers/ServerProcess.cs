namespace JsonRpcLite.Load;

/// <summary>A measured server, in its own process.</summary>
/// <remarks>It reports its port, and its usage after each line. It ends when its parent does.</remarks>
internal static class ServerProcess
{
    /// <summary>Limits for many connections and large bodies.</summary>
    /// <remarks>All other settings of the servers are defaults.</remarks>
    public const int ConnectionLimit = 20_000;
    public const int BodyLimit = 256 * 1024 * 1024;

    /// <summary>The servers; each function starts one for a workload, and returns its port.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Workload, int>> Servers = new Dictionary<string, Func<Workload, int>>
    {
        ["sockets"] = workload => OurSocketServer.Start(workload, new SocketTransport()),
        ["portable"] = workload => OurSocketServer.Start(workload, new SocketTransport { EventLoops = 0 }),
        ["listener"] = OurListenerServer.Start,
        ["bare"] = BareListenerServer.Start,
        ["baresockets"] = BareSocketServer.Start,
        ["kestrel"] = KestrelServer.Start,
        ["kestrelinline"] = KestrelServer.StartInline,
        ["minimal"] = MinimalApiServer.Start,
        ["endpoint"] = KestrelServer.StartEndpoint,
        ["mapjsonrpc"] = MapJsonRpcServer.Start,
        ["fixed"] = FixedReplyServer.Start,
    };

    public static void Run(string name, string workload)
    {
        Console.WriteLine(Servers[name](Workload.Named(workload)));
        while (Console.ReadLine() is not null)
            Console.WriteLine(Usage.OfThisProcess());
    }
}
