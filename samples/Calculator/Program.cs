// A JSON-RPC 2.0 server for the console. README.md beside this file shows every method with curl.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using JsonRpcLite;
using static JsonRpcLite.JsonRpc;

var port = 12345;
if (args.Length > 0 && (args is not ["--port", var number] || !int.TryParse(number, out port) || port is < 0 or > 65535))
{
    Console.Error.WriteLine("Usage: Calculator [--port N]        port 12345; 0 for any that is free");
    return 2;
}

var readable = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
var methods = new JsonRpcMethods()
    .Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend)
    .AddHandler("sum", (decimal[] numbers) => numbers.Sum())
    .Add("echo", (JsonNode? value) => value)
    .Add("get_data", () => new object[] { "hello", 5 })
    .AddHandler("update", (JsonNode? change) => Console.WriteLine($"update: {change?.ToJsonString(readable)}"))
    .Add("fail", object? (int code, string message, JsonNode? data = null) => throw new JsonRpcException(code, message, data))
    .Add("boom", object? () => throw new InvalidOperationException("Nobody expected this, and only the server's log shows it."));

try
{
    using var server = MakeServer(port, methods);
    // From here on a signal stops it cleanly, also one that comes before the first line is read.
    var running = server.RunUntilSignalAsync();
    Console.WriteLine($$"""
        Listening on {{server.Address}} (Ctrl+C ends it). Try:
          curl -d '{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}' {{server.Address}}
        """);
    await running;
    Console.WriteLine("Stopped.");
    return 0;
}
catch (IOException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
