using JsonRpcLite;
using static JsonRpcLite.JsonRpc;

var methods = new JsonRpcMethods()
    .Add("hello", (string name) => $"Hello, {name}!")
    .Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend);

#if (sockets)
using var server = MakeServer(12345, methods, new() { Transport = new SocketTransport() });
#else
using var server = MakeServer(12345, methods);
#endif
var running = server.RunUntilSignalAsync();
Console.WriteLine($"Listening on {server.Address} (Ctrl+C ends it). Open it in a browser to try the methods.");
await running;
