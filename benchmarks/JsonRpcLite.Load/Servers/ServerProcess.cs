namespace JsonRpcLite.Load;

/// <summary>A server that is measured, in its own process: says its port, and its usage whenever a line comes; ends when its parent does.</summary>
internal static class ServerProcess
{
    /// <summary>Limits that many connections and large bodies fit into; nothing else is changed of any server's defaults.</summary>
    public const int ConnectionLimit = 20_000;
    public const int BodyLimit = 256 * 1024 * 1024;

    /// <summary>Each starts, serves a workload, and returns its port.</summary>
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
