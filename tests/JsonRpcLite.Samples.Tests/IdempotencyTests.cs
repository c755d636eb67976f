using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Samples.Tests;

/// <summary>The sample of calls that run once, as a user starts it, and its store against a real Redis.</summary>
public partial class IdempotencyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_commands_of_its_README_print_what_it_says()
    {
        using var sample = Command.StartSample("Idempotency", "--port", "0");
        var address = sample.WaitForLine("Listening on ").Split(' ')[2];
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "samples/Idempotency/README.md"));
        var commands = Fence().Matches(readme).Where(m => m.Groups[1].Value == "sh").Select(m => m.Groups[2].Value).ToList();
        var replies = Fence().Matches(readme).Single(m => m.Groups[1].Value == "json").Groups[2].Value;

        var outputs = new List<string>();
        foreach (var curl in commands[1].Split('\n', StringSplitOptions.RemoveEmptyEntries))
            outputs.Add((await Command.RunAsync("sh", "-c", curl.Replace("http://localhost:12345/", address, StringComparison.Ordinal))).Output);

        commands[0].Should().Be("dotnet run --project samples/Idempotency\n");
        outputs.Should().Equal(replies.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        sample.Signal("TERM");
        (await sample.EndAsync()).ExitCode.Should().Be(0);
    }

    [RedisFact]
    public async Task Servers_with_one_Redis_run_a_call_once()
    {
        using var redis = await Redis.StartAsync();
        using var one = await StartAsync(redis);
        using var other = await StartAsync(redis);
        using var http = new HttpClient();

        var first = await PlaceAsync(http, one, "book", "a");
        var second = await PlaceAsync(http, other, "book", "a");
        var reused = await PlaceAsync(http, other, "pen", "a");
        var next = await PlaceAsync(http, other, "book", "b");
        var atOnce = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => PlaceAsync(http, i % 2 == 0 ? one : other, "cup", "c")));

        first.ToJsonString().Should().Be("""{"jsonrpc":"2.0","result":{"item":"book","placed":1},"id":1}""");
        second.ToJsonString().Should().Be(first.ToJsonString());
        reused["error"]!["code"]!.GetValue<int>().Should().Be(-32021);
        next["result"]!["placed"]!.GetValue<int>().Should().Be(2);
        atOnce.Should().OnlyContain(reply => CodeOf(reply) == -32020 || CodeOf(reply) == null && (int)reply["result"]!["placed"]! == 1);
        atOnce.Count(reply => CodeOf(reply) is null).Should().BeGreaterThan(0);
    }

    [RedisFact(needsBalancer: true)]
    public async Task No_call_with_a_key_runs_twice_when_servers_are_killed()
    {
        using var redis = await Redis.StartAsync();
        var servers = await RollingRestart.StartAsync(port => StartAsync(redis, port));
        using var balancer = new Balancer(servers.Select(s => s.Address));
        using var restart = new RollingRestart(servers, port => StartAsync(redis, port), i =>
        {
            balancer.WaitForServer(i);
            return Task.CompletedTask;
        });
        using var client = JsonRpc.MakeClient(balancer.Address, new() { Retry = new() { MaxAttempts = 5, MaxTokens = 1000, IdempotencyKeys = true } });
        await restart.WaitForAllAsync();

        // Each number is ordered once: if its order is placed a second time, the count shows it.
        var failed = await restart.KillAsync(async n =>
        {
            var order = (await client.CallAsync("order.place", new[] { $"{n}" }))!;
            order["placed"]!.GetValue<int>().Should().Be(1);
            return int.Parse((string)order["item"]!, System.Globalization.CultureInfo.InvariantCulture);
        });

        // A server that is killed during a call leaves it behind: its outcome is unknown, and each repetition gets that error.
        failed.Where(e => e is not HttpRequestException && e is not JsonRpcException { Code: JsonRpcErrorCodes.KeyInProgress }).Should().BeEmpty();
        var counts = (await Command.RunAsync("redis-cli", "-p", redis.Address.Split(':')[1], "HVALS", "orders")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        counts.Should().HaveCountGreaterThan(1000);
        counts.Distinct().Should().Equal("1");
    }

    private static Task<ServedProcess> StartAsync(Redis redis, int port = 0) =>
        ServedProcess.StartAsync("dotnet", Command.PathOfSample("Idempotency"), "--port", $"{port}", "--redis", redis.Address);

    private static int? CodeOf(JsonNode reply) => reply["error"]?["code"]?.GetValue<int>();

    private static async Task<JsonNode> PlaceAsync(HttpClient http, ServedProcess server, string item, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Address)
        {
            Content = JsonContent.Create(new { jsonrpc = "2.0", method = "order.place", @params = new[] { item }, id = 1 }),
            Headers = { { "Idempotency-Key", $"\"{key}\"" } },
        };
        // HttpListener accepts no body without a length.
        await request.Content.LoadIntoBufferAsync();
        using var reply = await http.SendAsync(request).WaitAsync(Patience);
        return JsonNode.Parse(await reply.Content.ReadAsStringAsync())!;
    }

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
