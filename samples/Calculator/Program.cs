// A JSON-RPC 2.0 server for the console. README.md beside this file shows every method with curl.
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using JsonRpcLite;
using Shared;
using static JsonRpcLite.JsonRpc;

// For the console: letters and signs as they are. Do not use this encoder for text that goes into HTML.
var readable = new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
var methods = new JsonRpcMethods()
    .Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend)
    .AddHandler("sum", (decimal[] numbers) => numbers.Sum())
    .Add("echo", (JsonNode? value) => value)
    .Add("get_data", () => new object[] { "hello", 5 })
    .AddHandler("update", (JsonNode? change) => Console.WriteLine($"update: {change?.ToJsonString(readable)}"))
    .Add("fail", object? (int code, string message, JsonNode? data = null) => throw new JsonRpcException(code, message, data))
    .Add("boom", object? () => throw new InvalidOperationException("This is unexpected, and only the server's log shows it."));

return await ConsoleServer.RunAsync(
    () => MakeServer(new CommandLine(args, port: 12345).Port, methods),
    address => $$"""curl -d '{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}' {{address}}""");
