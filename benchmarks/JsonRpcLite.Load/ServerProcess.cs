namespace JsonRpcLite.Load;

/// <summary>A server that is measured, in its own process: says its port, and its usage whenever a line comes; ends when its parent does.</summary>
internal static class ServerProcess
{
    /// <summary>Each starts, and returns its port. A new one is a line here and a class of its own.</summary>
    public static readonly IReadOnlyDictionary<string, Func<int>> Servers = new Dictionary<string, Func<int>>
    {
        ["bare"] = BareListenerServer.Start,
        ["ours"] = OurListenerServer.Start,
        ["sockets"] = OurSocketServer.Start,
        ["kestrel"] = KestrelServer.Start,
    };

    public static void Run(string name)
    {
        // The reply that costs next to nothing is the measure's own tool, and never measured.
        var port = name == FixedReplyServer.Name ? FixedReplyServer.Start() : Servers[name]();
        Console.WriteLine(port);
        while (Console.ReadLine() is not null)
            Console.WriteLine(Usage.OfThisProcess());
    }
}
