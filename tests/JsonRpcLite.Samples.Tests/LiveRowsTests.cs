using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace JsonRpcLite.Samples.Tests;

/// <summary>The sample as a user starts it, and the callers of docs/streaming.md, each against a server that waits until an item has arrived.</summary>
public partial class LiveRowsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs/streaming.md"));

    public static TheoryData<string> Transports => ["--sockets", "--port"];

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task The_commands_of_its_README_print_what_it_says(string transport)
    {
        using var sample = Start(transport);
        var address = AddressOf(sample);
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "samples/LiveRows/README.md"));
        var curls = Fence().Matches(readme).Where(m => m.Groups[1].Value == "sh" && m.Groups[2].Value.StartsWith("curl", StringComparison.Ordinal))
            .Select(m => m.Groups[2].Value).ToList();

        var outputs = new List<string>();
        foreach (var curl in curls)
            outputs.Add((await Command.RunAsync("sh", "-c", curl.Replace("http://localhost:8889/", $"{address}", StringComparison.Ordinal))).Output);
        var list = await Command.RunAsync(
            "sh", "-c", curls[0].Replace("http://localhost:8889/", $"{address}", StringComparison.Ordinal).Replace("-H 'Accept: text/event-stream'", "", StringComparison.Ordinal));

        outputs.Should().HaveCount(2);
        var shown = Fence().Matches(readme).First(m => m.Groups[1].Value == "").Groups[2].Value.Split("...")[0].Trim();
        outputs[0].Should().StartWith(shown).And.EndWith("{\"jsonrpc\":\"2.0\",\"result\":null,\"id\":1}\n");
        outputs[1].Should().Contain("\"method\":\"rpc.progress\",\"params\":{\"id\":1,\"value\":{\"done\":3,\"total\":3}}")
            .And.EndWith("{\"jsonrpc\":\"2.0\",\"result\":3,\"id\":1}\n");
        list.Output
            .Should().Be("""{"jsonrpc":"2.0","result":[{"number":1,"name":"row 1"},{"number":2,"name":"row 2"},{"number":3,"name":"row 3"},{"number":4,"name":"row 4"}],"id":1}""");
    }

    [Theory]
    [MemberData(nameof(Transports))]
    public async Task Its_clock_ticks(string transport)
    {
        using var sample = Start(transport);
        using var client = new HttpClient { BaseAddress = AddressOf(sample), Timeout = Patience };

        using var reader = new StreamReader(await client.GetStreamAsync("clock"));
        var lines = new List<string>();
        for (var i = 0; i < 6; i++)
            lines.Add((await reader.ReadLineAsync().WaitAsync(Patience))!);

        lines.Where((_, i) => i % 2 == 0).Should().AllSatisfy(line => line.Should().MatchRegex(@"^data: \d\d:\d\d:\d\d\.\d$"));
        (await client.GetStringAsync("clock.html")).Should().Contain("new EventSource('/clock')");
    }

    [Fact]
    public async Task An_unknown_argument_shows_the_usage() => (await Command.RunSampleAsync("LiveRows", "--nothing")).ExitCode.Should().Be(2);

    [Theory]
    [InlineData("python", "python3", "-u")]
    [InlineData("js", "node")]
    [InlineData("sh", "sh")]
    public async Task A_caller_of_the_docs_prints_each_message_when_it_comes(string language, string program, params string[] arguments)
    {
        var seen = new SemaphoreSlim(0);
        await using var server = JsonRpc.MakeServer(
            0, new JsonRpcMethods().Add("count", (int to, CancellationToken token) => CountAsync(to, seen, token)), new() { Transport = new SocketTransport() });
        var block = Fence().Matches(Page).Single(m => m.Groups[1].Value == language).Groups[2].Value;
        var folder = Directory.CreateTempSubdirectory();
        var file = Path.Combine(folder.FullName, language == "js" ? "caller.mjs" : "caller");
        await File.WriteAllTextAsync(file, block.Replace("http://localhost:12345/", $"{server.Address}", StringComparison.Ordinal));

        using var caller = Command.Start(program, [.. arguments, file]);
        for (var i = 1; i <= 3; i++)
        {
            // Only then is the next one made.
            caller.WaitForLine("rpc.item").Should().Contain("item").And.Contain($"{i}");
            seen.Release();
        }
        var end = await caller.EndAsync();
        folder.Delete(recursive: true);

        (end.ExitCode, end.Output.Trim()).Should().Match<(int ExitCode, string Output)>(e => e.ExitCode == 0 && e.Output.Contains("result"));
    }

    [Fact]
    public void The_callers_of_the_docs_are_short()
    {
        foreach (var language in new[] { "python", "js" })
            Fence().Matches(Page).Single(m => m.Groups[1].Value == language).Groups[2].Value.Trim().Split('\n').Length.Should().BeLessThanOrEqualTo(8);
    }

    private static async IAsyncEnumerable<int> CountAsync(int to, SemaphoreSlim seen, [EnumeratorCancellation] CancellationToken token)
    {
        for (var i = 1; i <= to; i++)
        {
            yield return i;
            (await seen.WaitAsync(Patience, token)).Should().BeTrue("the caller has printed it");
        }
    }

    private static Command Start(string transport) => Command.StartSample("LiveRows", transport == "--sockets" ? ["--port", "0", "--sockets"] : ["--port", "0"]);

    private static Uri AddressOf(Command sample) => new(sample.WaitForLine("Listening on").Split(' ')[2]);

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
