using System.Diagnostics;

namespace JsonRpcLite.Load;

/// <summary>A server of the comparison: a name for the command line, a title for reports, and the way to start it.</summary>
internal sealed record Server(string Name, string Title, string Path = "/")
{
    /// <summary>The server with which all others are compared.</summary>
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

    /// <summary>The servers that can only subtract.</summary>
    private static readonly Server[] Subtracting =
    [
        new("endpoint", "Kestrel, a bare endpoint"),
        new("mapjsonrpc", "Kestrel, MapJsonRpc"),
        new("jayson", "jayson (Node)") { IsPeer = true },
        new("edjcase", "EdjCase.JsonRpc.Router", "/Calculator") { IsPeer = true },
        new("mcp", "MCP server, tools/call") { IsPeer = true },
        new("streamjsonrpc", "StreamJsonRpc, TCP without HTTP") { IsPeer = true },
    ];

    /// <summary>The gRPC server, which only its own client calls, because the load does not speak HTTP/2.</summary>
    private static readonly Server Grpc = new("grpc", "Grpc.AspNetCore") { IsPeer = true };

    public static IEnumerable<string> Names => All.Select(server => server.Name);

    public bool IsOurs => Name is "sockets" or "portable" or "listener" or "mapjsonrpc";

    /// <summary>Whether the server is a program in benchmarks/peers.</summary>
    private bool IsPeer { get; init; }

    private bool UsesAspNetCore => Name is "kestrel" or "kestrelinline" or "minimal" or "endpoint" or "mapjsonrpc";

    private static IEnumerable<Server> All => [.. Own, .. Subtracting, Grpc];

    public static Server Named(string name) => All.First(server => server.Name == name);

    /// <summary>The requested servers that support a workload, the measure first.</summary>
    /// <remarks>Peers are installed on the way.</remarks>
    public static List<Server> For(Workload workload, Options options)
    {
        Server[] able = workload == Workload.Subtract ? [.. Own, .. Subtracting] : Own;
        return options.Choose(able.Where(server => options.Wants(server.Name) && server.IsInstalled()), server => server.Name);
    }

    /// <summary>Whether the server is available.</summary>
    /// <remarks>A peer is installed if possible.</remarks>
    public bool IsInstalled() => !IsPeer || Peers.Has(Name);

    /// <summary>The requests that it gets for a workload.</summary>
    public Workload Asks(Workload workload) => Name switch
    {
        "mcp" => Workload.ToolCall,
        "streamjsonrpc" => Workload.FramedSubtract,
        _ => workload,
    };

    /// <param name="workload">The workload.</param>
    /// <param name="placement">The cores it may use, and the setting of the runtime.</param>
    public ProcessStartInfo StartInfo(Workload workload, Placement placement) => Cores.Start(
        placement, Cores.OfTheServer, IsPeer ? Peers.Command(Name) : ThisProgram.Command(UsesAspNetCore, "process", "server", Name, workload.Name));
}
