using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>The measured clients, each in its own process.</summary>
internal static class ClientProcess
{
    /// <summary>The client of benchmarks/peers.</summary>
    public const string Refit = "refit";

    /// <summary>The clients; each function takes the address and returns the function that makes one call.</summary>
    /// <remarks>A new client is a line here.</remarks>
    public static readonly IReadOnlyDictionary<string, Client> Clients = new Dictionary<string, Client>
    {
        ["plain async"] = new("HttpClient as documented, async", HttpClients.PlainAsync),
        ["plain sync"] = new("HttpClient as documented, sync", HttpClients.Plain),
        ["tuned async"] = new("HttpClient tuned, async", HttpClients.TunedAsync),
        ["tuned sync"] = new("HttpClient tuned, sync", HttpClients.Tuned),
        [Refit] = new("Refit, async", null),
        ["ours async"] = new("JsonRpcLite on HttpClient, async", address => OursAsync(JsonRpc.MakeClient(address))),
        ["ours sync"] = new("JsonRpcLite on HttpClient, sync", address => Ours(JsonRpc.MakeClient(address))),
        ["sockets async"] = new("JsonRpcLite on sockets, async", address => OursAsync(OnSockets(address))),
        ["sockets sync"] = new("JsonRpcLite on sockets, sync", address => Ours(OnSockets(address))),
    };

    /// <summary>The command that starts a client's process.</summary>
    public static string[] Command(string name) => name == Refit ? Peers.Command(Refit) : ThisProgram.Command(usesAspNetCore: false, "process", "client", name);

    public static Task RunAsync(string name) => ClientLoop.RunAsync(
        name.EndsWith("async", StringComparison.Ordinal), Clients[name].Make!, reply => reply is JsonObject echo && echo["echo"] is not null);

    /// <summary>Runs a client that calls <c>subtract</c>, for the part with pairs of servers and clients.</summary>
    public static Task RunSubtractAsync(bool onSockets) => ClientLoop.RunAsync<int>(
        isAsync: true,
        address =>
        {
            var client = onSockets ? OnSockets(address) : JsonRpc.MakeClient(address);
            return () => client.CallAsync<int[], int>("subtract", [42, 23]);
        },
        difference => difference == 19);

    private static Func<Task<JsonNode?>> OursAsync(JsonRpcClient client) => () => client.CommandAsync(Order.One);

    private static Func<Task<JsonNode?>> Ours(JsonRpcClient client) => () => Task.FromResult(client.Command(Order.One));

    private static JsonRpcClient OnSockets(Uri address) => JsonRpc.MakeClient(address, new() { Transport = new SocketClientTransport() });

    /// <param name="Title">The title in reports.</param>
    /// <param name="Make">Takes the address and returns the function that makes one call. Synchronous calls return a completed task; <c>null</c> for a peer.</param>
    internal sealed record Client(string Title, Func<Uri, Func<Task<JsonNode?>>>? Make);
}
