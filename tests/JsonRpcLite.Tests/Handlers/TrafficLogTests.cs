using System.Text.Json.Nodes;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

public class TrafficLogTests
{
    private readonly SemaphoreSlim _written = new(0);
    private readonly StringWriter _log;
    private readonly ManualClock _clock = new();
    private readonly InMemoryTransport _memory = new();

    public TrafficLogTests() => _log = new SignallingWriter(_written) { NewLine = "\n" };

    [Fact]
    public void An_exchange_is_one_readable_block()
    {
        using var server = Serve(x => new JsonObject { ["echo"] = x });
        using var client = MakeClient(server.Address, new() { Transport = _memory.CreateClient(), Headers = { ["Authorization"] = "Bearer secret" } });

        client.Command(new { a = "😀" });

        _log.ToString().Should().Be("""
            03:04:05.000 in memory
            > POST / HTTP/1.1
            > Content-Type: application/json
            > JsonRpc-Timeout-Ms: 30000
            > Authorization: (hidden)
            > JsonRpc-Kind: plain
            > Host: localhost
            > {"a":"😀"}
            < 200 after 0.0 ms
            < Content-Type: application/json
            < {"echo":{"a":"😀"}}


            """.Replace("\r\n", "\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_input_of_a_client_cannot_forge_lines_or_move_the_cursor()
    {
        using var server = Serve(x => x);

        await ExchangeAsync("1\n< 200 after 0.0 ms\u001b[2J\u009b\u202e\u2028"u8.ToArray());

        _log.ToString().Should().Contain("> 1\ufffd< 200 after 0.0 ms\ufffd[2J\ufffd\ufffd\ufffd\n");
    }

    [Fact]
    public async Task Long_and_binary_bodies_are_cut_short()
    {
        using var server = Serve(x => x);

        await ExchangeAsync([0xff, 0xfe]);
        await ExchangeAsync(System.Text.Encoding.UTF8.GetBytes($"\"{string.Concat(Enumerable.Repeat("😀", 2000))}\""));

        _log.ToString().Should().Contain("> (not UTF-8)\n").And.Contain("😀 ... (8002 bytes in all)\n").And.NotContain("\ufffd");
    }

    [Fact]
    public async Task A_reply_that_came_early_is_in_it()
    {
        var gate = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        using var server = MakeServer(0, async (JsonNode? x) =>
        {
            entered.SetResult();
            await gate.Task;
            return x;
        }, new() { Transport = _memory, TrafficLog = _log, TimeProvider = _clock, Limits = { HandlerTimeout = TimeSpan.FromSeconds(1) } });

        var exchange = ExchangeAsync("1"u8.ToArray());
        await entered.Task;
        _clock.Advance(TimeSpan.FromSeconds(2));
        await exchange;
        (await _written.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeTrue();
        gate.SetResult();

        _log.ToString().Should().Contain("< 504 (early reply: the call still runs)\n").And.NotContain("< 200");
    }

    [Fact]
    public void A_log_that_throws_loses_no_reply()
    {
        _log.Dispose();
        using var server = MakeServer(0, x => x, new() { Transport = _memory, TrafficLog = new BrokenWriter() });
        using var client = MakeClient(server.Address, new() { Transport = _memory.CreateClient() });

        client.Command(1)!.ToJsonString().Should().Be("1");
        BrokenWriter.Writes.Should().Be(1);
    }

    private JsonRpcServer Serve(Func<JsonNode?, JsonNode?> func) => MakeServer(0, func, new() { Transport = _memory, TrafficLog = _log, TimeProvider = _clock });

    private async Task ExchangeAsync(byte[] body)
    {
        using var client = _memory.CreateClient();
        await client.SendAsync(new HttpExchange { Address = new Uri("http://localhost/"), RequestBody = body }, CancellationToken.None);
    }

    private sealed class SignallingWriter(SemaphoreSlim written) : StringWriter
    {
        public override void WriteLine(System.Text.StringBuilder? value)
        {
            base.WriteLine(value);
            written.Release();
        }
    }

    private sealed class BrokenWriter : StringWriter
    {
        public static int Writes { get; private set; }

        public override void WriteLine(System.Text.StringBuilder? value)
        {
            Writes++;
            throw new IOException("The disk is full.");
        }
    }
}
