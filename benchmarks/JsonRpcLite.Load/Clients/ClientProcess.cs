using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>A client that is measured, in its own process: for each line with a port, a number of calls at once and a time, calls, and says how often and at what cost.</summary>
internal static class ClientProcess
{
    /// <summary>Each takes the address and returns what makes one call. A new one is a line here.</summary>
    public static readonly IReadOnlyDictionary<string, Client> Clients = new Dictionary<string, Client>
    {
        ["plain async"] = new("HttpClient as documented, async", HttpClients.PlainAsync),
        ["plain sync"] = new("HttpClient as documented, sync", HttpClients.Plain),
        ["tuned async"] = new("HttpClient tuned, async", HttpClients.TunedAsync),
        ["tuned sync"] = new("HttpClient tuned, sync", HttpClients.Tuned),
        ["ours async"] = new("JsonRpcLite on HttpClient, async", address => OursAsync(JsonRpc.MakeClient(address))),
        ["ours sync"] = new("JsonRpcLite on HttpClient, sync", address => Ours(JsonRpc.MakeClient(address))),
        ["sockets async"] = new("JsonRpcLite on sockets, async", address => OursAsync(OnSockets(address))),
        ["sockets sync"] = new("JsonRpcLite on sockets, sync", address => Ours(OnSockets(address))),
    };

    /// <summary>One call; synchronous ones return a finished task.</summary>
    internal delegate Task<JsonNode?> Call();

    internal sealed record Client(string Title, Func<Uri, Call> Make);

    public static async Task RunAsync(string name)
    {
        Call? call = null;
        while (Console.ReadLine() is { } line)
        {
            var parts = line.Split(' ');
            call ??= Clients[name].Make(new Uri($"http://127.0.0.1:{parts[0]}/"));
            var atOnce = int.Parse(parts[1], CultureInfo.InvariantCulture);
            var time = TimeSpan.FromSeconds(double.Parse(parts[2], CultureInfo.InvariantCulture));

            var before = Usage.OfThisProcess();
            var began = Stopwatch.GetTimestamp();
            var workers = Enumerable.Range(0, atOnce).Select(_ => name.EndsWith("async", StringComparison.Ordinal) ? LoopAsync(call, began, time)
                : Task.Factory.StartNew(() => LoopAsync(call, began, time).GetAwaiter()
                    .GetResult(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
            var calls = (await Task.WhenAll(workers)).Sum();
            Console.WriteLine($"{calls} {Usage.OfThisProcess() - before}");
        }
    }

    private static async Task<long> LoopAsync(Call call, long began, TimeSpan time)
    {
        var calls = 0L;
        while (Stopwatch.GetElapsedTime(began) < time)
        {
            var reply = await call();
            if (reply is not JsonObject echo || echo["echo"] is null)
                throw new IOException($"A wrong reply: {reply}");
            calls++;
        }
        return calls;
    }

    private static Call OursAsync(JsonRpcClient client) => () => client.CommandAsync(Order.One);

    private static Call Ours(JsonRpcClient client) => () => Task.FromResult(client.Command(Order.One));

    private static JsonRpcClient OnSockets(Uri address) => JsonRpc.MakeClient(address, new() { Transport = new SocketClientTransport() });
}
