using System.Text.Json.Nodes;
using JsonRpcLite;

// A server that a test starts as a process of its own, to limit it, to count what it holds, or to end it: the echo, on sockets.
//   JsonRpcLite.TestServer [MAX-CONNECTIONS [PORT [DRAIN-DELAY-SECONDS]]]
// Prints its address, and runs until SIGTERM. A command {"sleep":true} blocks its thread until a command {"wake":true} comes; {"collect":true} answers with the bytes that are in use.
var transport = new SocketTransport { MaxConnections = args.Length > 0 ? int.Parse(args[0]) : 1024 };
var gate = new ManualResetEventSlim();

using var server = JsonRpc.MakeServer(args.Length > 1 ? int.Parse(args[1]) : 0, Answer, new()
{
    Transport = transport,
    DrainDelay = TimeSpan.FromSeconds(args.Length > 2 ? int.Parse(args[2]) : 0),
});
Console.WriteLine(server.Address);
await server.RunUntilSignalAsync();

JsonNode? Answer(JsonNode? command)
{
    if (command is JsonObject order)
    {
        if (order.ContainsKey("sleep"))
            gate.Wait();
        if (order.ContainsKey("wake"))
            gate.Set();
        if (order.ContainsKey("collect"))
            return GC.GetTotalMemory(forceFullCollection: true);
    }
    return new JsonObject { ["echo"] = command?.DeepClone() };
}
