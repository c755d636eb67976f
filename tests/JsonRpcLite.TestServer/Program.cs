using System.Globalization;
using System.Text.Json.Nodes;
using JsonRpcLite;

// A server that a test starts in its own process, to limit it, to count its resources, or to end it: the echo, on sockets.
//   JsonRpcLite.TestServer [max-connections=N] [port=N] [drain-delay=SECONDS] [event-loops=N] [pool-threads=N]
// Prints its address, and runs until SIGTERM. A command {"sleep":true} blocks its thread until a command {"wake":true} comes; {"sleeping":true} answers with how many do;
// {"fill":true} blocks all threads of the pool until then; {"collect":true} answers with the bytes that are in use.
var given = args.Select(a => a.Split('=')).ToDictionary(a => a[0], a => int.Parse(a[1], CultureInfo.InvariantCulture));
var transport = new SocketTransport();
transport.MaxConnections = given.GetValueOrDefault("max-connections", transport.MaxConnections);
transport.EventLoops = given.GetValueOrDefault("event-loops", transport.EventLoops);
if (given.TryGetValue("pool-threads", out var threads) && !(ThreadPool.SetMinThreads(1, 1) && ThreadPool.SetMaxThreads(threads, threads)))
    throw new ArgumentException("The pool takes no such limit.");
var gate = new ManualResetEventSlim();
var sleeping = 0;

using var server = JsonRpc.MakeServer(given.GetValueOrDefault("port"), Answer, new()
{
    Transport = transport,
    DrainDelay = TimeSpan.FromSeconds(given.GetValueOrDefault("drain-delay")),
});
Console.WriteLine(server.Address);
await server.RunUntilSignalAsync();

JsonNode? Answer(JsonNode? command)
{
    if (command is JsonObject order)
    {
        if (order.ContainsKey("sleep"))
        {
            Interlocked.Increment(ref sleeping);
            gate.Wait();
            Interlocked.Decrement(ref sleeping);
        }
        if (order.ContainsKey("fill"))
            FillPool();
        if (order.ContainsKey("sleeping"))
            return Volatile.Read(ref sleeping);
        if (order.ContainsKey("wake"))
            gate.Set();
        if (order.ContainsKey("collect"))
            return GC.GetTotalMemory(forceFullCollection: true);
    }
    return new JsonObject { ["echo"] = command?.DeepClone() };
}

void FillPool()
{
    ThreadPool.GetMaxThreads(out var most, out _);
    var blocked = 0;
    for (var i = 0; i < most; i++)
    {
        ThreadPool.UnsafeQueueUserWorkItem(
            _ =>
            {
                Interlocked.Increment(ref blocked);
                gate.Wait();
            },
            null);
    }
    SpinWait.SpinUntil(() => Volatile.Read(ref blocked) == most);
}
