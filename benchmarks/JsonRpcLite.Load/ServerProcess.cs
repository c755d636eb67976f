using System.Globalization;

namespace JsonRpcLite.Load;

/// <summary>A server that is measured, in its own process: says its port, and its usage whenever a line comes; ends when its parent does.</summary>
internal static class ServerProcess
{
    /// <summary>Each serves a workload, and returns its port. A new one is a line here and a class of its own; those that are no .NET are in <see cref="OtherServers"/>.</summary>
    public static readonly IReadOnlyDictionary<string, Func<string, int>> Servers = new Dictionary<string, Func<string, int>>
    {
        ["kestrel"] = KestrelServer.StartRaw,
        ["minimal"] = KestrelServer.StartMinimal,
        ["sockets"] = OurServer.On(() => new SocketTransport { MaxConnections = 20_000 }),
        ["portable"] = OurServer.On(() => new SocketTransport { MaxConnections = 20_000, EventLoops = 0 }),
        ["listener"] = OurServer.On(() => new HttpListenerTransport()),
        ["bare"] = BareListenerServer.Start,
        ["floor"] = workload => FixedReplyServer.Start(workload == Workload.Subtract.Name ? """{"jsonrpc":"2.0","result":19,"id":1}""" : Message.Reply),
    };

    /// <summary>What the names in the tables mean.</summary>
    public static readonly IReadOnlyDictionary<string, string> Meanings = new Dictionary<string, string>
    {
        ["kestrel"] = "Kestrel with nothing above it but pipes and the same JSON work, `subtract` dispatched by hand: the measure",
        ["minimal"] = "ASP.NET Core's minimal API, `MapPost`",
        ["sockets"] = "this library on `SocketTransport`, on an event loop as by default on Linux",
        ["portable"] = "the same with `EventLoops = 0`, on the thread pool as on other systems",
        ["listener"] = "this library on `HttpListener`, its default",
        ["bare"] = "a lean loop around an `HttpListener`, none of the rules",
        ["jayson"] = "the JSON-RPC server of npm, on Node.js",
        ["floor"] = "one thread that writes the same reply to everything: what the kernel takes",
    };

    public static void Run(string name, string workload)
    {
        Console.WriteLine(Servers[name](workload).ToString(CultureInfo.InvariantCulture));
        while (Console.ReadLine() is not null)
            Console.WriteLine(Usage.OfThisProcess());
    }
}
