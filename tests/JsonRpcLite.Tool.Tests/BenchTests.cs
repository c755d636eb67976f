using System.Text.Json.Nodes;

namespace JsonRpcLite.Tool.Tests;

public class BenchTests
{
    [Fact]
    public async Task It_prints_rate_latency_and_errors_as_one_line_of_JSON()
    {
        using var shop = new Shop();

        var end = await ToolProcess.RunAsync("bench", shop.Address, "subtract", "[2]", "--seconds", "1", "--connections", "2");

        (end.ExitCode, end.Errors).Should().Be((0, ""));
        var result = JsonNode.Parse(end.Output)!;
        ((long)result["calls"]!).Should().BePositive();
        ((double)result["seconds"]!).Should().BeGreaterThanOrEqualTo(1);
        ((double)result["p50Ms"]!).Should().BePositive().And.BeLessThanOrEqualTo((double)result["p99Ms"]!);
        ((long)result["errors"]!).Should().Be(0);
        ((double)result["perSecond"]!).Should().BeApproximately(
            (long)result["calls"]! / (double)result["seconds"]!, (long)result["calls"]! / 1000.0 + 1, "the seconds are rounded");
    }

    [Fact]
    public async Task Calls_that_fail_are_counted_and_the_first_error_is_shown()
    {
        var calls = 0;
        var methods = new JsonRpcMethods().Add("flaky", () => Interlocked.Increment(ref calls) == 1 ? 1 : throw new JsonRpcException(17, "Sold out"));
        using var server = JsonRpc.MakeServer(0, methods, new() { Transport = new SocketTransport() });

        var end = await ToolProcess.RunAsync("bench", server.Address.ToString(), "flaky", "--seconds", "1", "--connections", "1");

        (end.ExitCode, end.Errors).Should().Be((1, "First error: Sold out\n"));
        ((long)JsonNode.Parse(end.Output)!["errors"]!).Should().BePositive();
    }

    [Fact]
    public async Task A_call_that_hangs_is_unfinished_and_counts_by_its_age()
    {
        var calls = 0;
        var methods = new JsonRpcMethods().Add("hang", (JsonRpcCall call) =>
            Task.Delay(Interlocked.Increment(ref calls) == 2 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(20), call.ServerStopping));
        using var server = JsonRpc.MakeServer(0, methods, new() { Transport = new SocketTransport() });

        var end = await ToolProcess.RunAsync("bench", server.Address.ToString(), "hang", "--seconds", "1", "--connections", "2");

        (end.ExitCode, end.Errors).Should().Be((0, ""));
        var result = JsonNode.Parse(end.Output)!;
        ((long)result["calls"]!).Should().BeInRange(1, 50);
        ((long)result["unfinished"]!).Should().BeInRange(1, 2, "the other connection may be waiting, too");
        ((double)result["p99Ms"]!).Should().BeGreaterThan(900);
    }

    [Fact]
    public async Task A_run_without_an_answered_call_is_exit_code_3()
    {
        var calls = 0;
        var methods = new JsonRpcMethods().Add("hang", (JsonRpcCall call) =>
            Task.Delay(Interlocked.Increment(ref calls) > 1 ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, call.ServerStopping));
        using var server = JsonRpc.MakeServer(0, methods, new() { Transport = new SocketTransport() });

        var end = await ToolProcess.RunAsync("bench", server.Address.ToString(), "hang", "--seconds", "1", "--connections", "3");

        (end.ExitCode, end.Errors).Should().Be((3, $"No answer: {server.Address} answered no call while the run was measured.\n"));
        var result = JsonNode.Parse(end.Output)!;
        ((long)result["calls"]!, (long)result["unfinished"]!).Should().Be((0, 3));
        ((double)result["p50Ms"]!).Should().BeGreaterThan(900);
    }

    [Fact]
    public async Task A_terminal_shows_a_table()
    {
        using var shop = new Shop();

        var output = await ToolProcess.RunOnTerminalAsync($"bench {shop.Address} subtract '[2]' --seconds 1 --connections 1");

        output.Should().MatchRegex(
            @"subtract: [\d,]+ calls, [\d,]+ a second\r\e\[Kcalls +[\d,]+\nrate +[\d,]+ a second\np50 +[\d.]+ ms\np99 +[\d.]+ ms\nerrors +0\nunfinished +\d\n$");
    }

    [Fact]
    public async Task The_first_call_decides_whether_there_is_anything_to_measure()
    {
        using var shop = new Shop();

        var end = await ToolProcess.RunAsync("bench", shop.Address, "nope");

        end.Should().Be(new Result(1, "", "Error -32601: Method not found\n"));
    }

    [Theory]
    [InlineData("http://example.invalid/ is another machine. Add --yes if you may put load on it.", "bench", "http://example.invalid/", "m")]
    [InlineData("--seconds must be a number from 1 to 3600; it is '0'.", "bench", "12345", "m", "--seconds", "0")]
    [InlineData("A server and a method are needed", "bench", "12345")]
    public async Task A_wrong_command_line_says_what_is_wrong(string message, params string[] arguments)
    {
        var end = await ToolProcess.RunAsync(arguments);

        (end.ExitCode, end.Output).Should().Be((2, ""));
        end.Errors.Should().StartWith($"jsonrpc bench: {message}");
    }
}
