// A key-value store over HTTP, and the same store as JSON-RPC, on one server. README.md beside this file says how to use it.
using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite;
using KeyValueStore;
using static JsonRpcLite.JsonRpc;

var port = 6111;
if (args is ["--port", var text] && ushort.TryParse(text, out var number))
    port = number;
else if (args.Length > 0)
    return Fail("Usage: KeyValueStore [--port N]", exitCode: 2);

var store = new Store();
var methods = new JsonRpcMethods()
    .Add("kv.get", (string key) => store.Get(key) is { } entry ? Store.ToJson(entry) : throw new JsonRpcException(404, $"Key '{key}' not found."))
    .Add("kv.set", Set)
    .Add("kv.all", () => store.All());
try
{
    using var server = MakeServer(port, new Web(store, MakeHandler(methods)).AnswerAsync, new() { Transport = new SocketTransport() });
    var running = server.RunUntilSignalAsync();
    Console.WriteLine($"Listening on {server.Address} (Ctrl+C ends it).");
    await running;
    return 0;
}
catch (IOException e)
{
    return Fail(e.Message, exitCode: 1);
}

// Says whether the key is new.
bool Set(string key, JsonNode? value)
{
    if (Store.IsReserved(key))
        throw new JsonRpcException(JsonRpcErrorCodes.InvalidParams, $"'{key}' is no key.");
    return value is JsonValue plain && plain.TryGetValue(out string? words)
        ? store.Set(key, "text/text", Encoding.UTF8.GetBytes(words))
        : store.Set(key, "application/json", Encoding.UTF8.GetBytes(value?.ToJsonString() ?? "null"));
}

static int Fail(string message, int exitCode)
{
    Console.Error.WriteLine(message);
    return exitCode;
}
