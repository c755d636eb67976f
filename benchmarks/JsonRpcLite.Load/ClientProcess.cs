using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>A client that is measured, in its own process: for each line with a port, a number of calls at once and a time, calls, and says how often and at what cost.</summary>
internal static class ClientProcess
{
    /// <summary>Each takes the address and returns what makes one call. A new one is a line here.</summary>
    public static readonly IReadOnlyDictionary<string, Func<Uri, Call>> Clients = new Dictionary<string, Func<Uri, Call>>
    {
        ["plain async"] = PlainAsync,
        ["ours async"] = OursAsync,
        ["plain sync"] = Plain,
        ["ours sync"] = Ours,
        ["sockets async"] = OnSocketsAsync,
        ["sockets sync"] = OnSockets,
    };

    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);

    /// <summary>One call; synchronous ones return a finished task.</summary>
    internal delegate Task<JsonNode?> Call();

    public static async Task RunAsync(string name)
    {
        Call? call = null;
        while (Console.ReadLine() is { } line)
        {
            var parts = line.Split(' ');
            call ??= Clients[name](new Uri($"http://127.0.0.1:{parts[0]}/"));
            var atOnce = int.Parse(parts[1], CultureInfo.InvariantCulture);
            var time = TimeSpan.FromSeconds(double.Parse(parts[2], CultureInfo.InvariantCulture));

            var before = Usage.OfThisProcess();
            var began = Stopwatch.GetTimestamp();
            var workers = Enumerable.Range(0, atOnce).Select(_ => name.EndsWith("async", StringComparison.Ordinal) ? LoopAsync(call, began, time)
                : Task.Factory.StartNew(() => LoopAsync(call, began, time).GetAwaiter().GetResult(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray();
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

    /// <summary>As the documentation of HttpClient teaches it, with a length, as HttpListener needs one.</summary>
    private static Call PlainAsync(Uri address)
    {
        var client = new HttpClient();
        return async () =>
        {
            using var content = new StringContent(JsonSerializer.Serialize(Order.One, Web), Encoding.UTF8, "application/json");
            using var response = await client.PostAsync(address, content);
            response.EnsureSuccessStatusCode();
            return await response.Content.ReadFromJsonAsync<JsonNode>();
        };
    }

    private static Call Plain(Uri address)
    {
        var client = new HttpClient();
        return () =>
        {
            using var content = new StringContent(JsonSerializer.Serialize(Order.One, Web), Encoding.UTF8, "application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
            using var response = client.Send(request);
            response.EnsureSuccessStatusCode();
            return Task.FromResult(JsonSerializer.Deserialize<JsonNode>(response.Content.ReadAsStream()));
        };
    }

    private static Call OursAsync(Uri address)
    {
        var client = JsonRpc.MakeClient(address);
        return () => client.CommandAsync(Order.One);
    }

    private static Call Ours(Uri address)
    {
        var client = JsonRpc.MakeClient(address);
        return () => Task.FromResult(client.Command(Order.One));
    }

    private static Call OnSocketsAsync(Uri address)
    {
        var client = JsonRpc.MakeClient(address, new() { Transport = new SocketClientTransport() });
        return () => client.CommandAsync(Order.One);
    }

    private static Call OnSockets(Uri address)
    {
        var client = JsonRpc.MakeClient(address, new() { Transport = new SocketClientTransport() });
        return () => Task.FromResult(client.Command(Order.One));
    }
}
