using System.Diagnostics;

namespace JsonRpcLite.Load;

/// <summary>A server that can be compared: a name for the command line, a title for people, and how it is started.</summary>
internal sealed record Server(string Name, string Title, string Path = "/")
{
    /// <summary>The one that all others are compared with.</summary>
    public const string Measure = "kestrel";

    private static readonly Server[] Own =
    [
        new("kestrel", "Kestrel, raw"),
        new("kestrelinline", "Kestrel, raw, inline completions"),
        new("minimal", "Kestrel, minimal API"),
        new("sockets", "JsonRpcLite on sockets"),
        new("portable", "JsonRpcLite, portable sockets"),
        new("listener", "JsonRpcLite on HttpListener"),
        new("bare", "HttpListener, bare loop"),
        new("baresockets", "async sockets, bare loop"),
        new("fixed", "a fixed reply (the floor)"),
    ];

    private static readonly Server Jayson = new("jayson", "jayson (Node)");
    private static readonly Server Endpoint = new("endpoint", "Kestrel, a bare endpoint");
    private static readonly Server MapJsonRpc = new("mapjsonrpc", "Kestrel, MapJsonRpc");
    private static readonly Server EdjCase = new("edjcase", "EdjCase.JsonRpc.Router", "/Calculator");

    public bool IsOurs => Name is "sockets" or "portable" or "listener" or "mapjsonrpc";

    public static IEnumerable<string> Names => Own.Append(Endpoint).Append(MapJsonRpc).Append(Jayson).Append(EdjCase).Select(server => server.Name);

    /// <summary>What it is sent for a workload.</summary>
    public Workload Asks(Workload workload) => workload;

    /// <summary>Those that can do a workload and are wanted, the measure first. Others' are installed by this.</summary>
    public static List<Server> For(Workload workload, Options options)
    {
        var servers = Own.ToList();
        if (workload == Workload.Subtract)
            servers.AddRange(Endpoint, MapJsonRpc);
        if (workload == Workload.Subtract && options.Wants(Jayson.Name) && Peers.HasJayson)
            servers.Add(Jayson);
        if (workload == Workload.Subtract && options.Wants(EdjCase.Name) && Peers.HasEdjCase)
            servers.Add(EdjCase);
        return options.Choose(servers, server => server.Name);
    }

    /// <param name="workload">What it is to do.</param>
    /// <param name="placement">Where it may run, and with which setting.</param>
    public ProcessStartInfo StartInfo(Workload workload, Placement placement)
    {
        string[] command = Name switch
        {
            "jayson" => Peers.Jayson,
            "edjcase" => Peers.EdjCase,
            _ => ThisProgram.Command(usesAspNetCore: Name is "kestrel" or "kestrelinline" or "minimal" or "endpoint" or "mapjsonrpc", "process", "server", Name, workload.Name),
        };
        return Cores.Start(placement, Cores.OfTheServer, command);
    }
}
