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
Console.WriteLine($"Open {server.Address} in a browser to try the methods.");
await server.RunUntilSignalAsync(Console.Out);
