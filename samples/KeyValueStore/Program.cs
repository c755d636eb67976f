// A key-value store over HTTP, and the same store as JSON-RPC, on one server. README.md beside this file says how to use it.
using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite;
using KeyValueStore;
using Shared;
using static JsonRpcLite.JsonRpc;

var store = new Store();
var methods = new JsonRpcMethods()
    .Add("kv.get", (string key) => store.Get(key) is { } entry ? Store.ToJson(entry) : throw new JsonRpcException(404, $"Key '{key}' not found."))
    .Add("kv.set", Set)
    .Add("kv.all", () => store.All());
return await ConsoleServer.RunAsync(() => MakeServer(
    new CommandLine(args, port: 6111).Port, new Web(store, MakeHandler(methods)).AnswerAsync, new() { Transport = new SocketTransport() }));

// Returns whether the key is new.
bool Set(string key, JsonNode? value)
{
    if (Store.IsReserved(key))
        throw new JsonRpcException(JsonRpcErrorCodes.InvalidParams, $"'{key}' is reserved.");
    return value is JsonValue plain && plain.TryGetValue(out string? words)
        ? store.Set(key, "text/text", Encoding.UTF8.GetBytes(words))
        : store.Set(key, "application/json", Encoding.UTF8.GetBytes(value?.ToJsonString() ?? "null"));
}
