using System.Text;
using System.Text.Json;

namespace JsonRpcLite.Tests;

/// <summary>One batch, without a server: its early reply at any moment, and the reuse of its memory.</summary>
public class RpcBatchRunTests
{
    private readonly HttpExchange _exchange = new();
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task The_answers_are_in_the_order_of_the_calls()
    {
        await Make("""[{"jsonrpc":"2.0","method":"echo","params":[1],"id":"a"},{"jsonrpc":"2.0","method":"echo","params":[0]},{"jsonrpc":"2.0","method":"echo","params":[2],"id":"b"}]""")
            .RunAsync(default);

        Body.Should().Be("""[{"jsonrpc":"2.0","result":[1],"id":"a"},{"jsonrpc":"2.0","result":[2],"id":"b"}]""");
    }

    [Fact]
    public async Task Notifications_alone_are_answered_by_a_status()
    {
        await Make("""[{"jsonrpc":"2.0","method":"echo"},{"jsonrpc":"2.0","method":"unknown"}]""").RunAsync(default);

        (_exchange.StatusCode, Body).Should().Be((204, ""));
    }

    [Fact]
    public async Task An_early_reply_has_the_answers_that_are_ready_and_an_error_for_every_other_call()
    {
        var batch = Make("""[{"jsonrpc":"2.0","method":"echo","params":[1],"id":1},{"jsonrpc":"2.0","method":"wait","id":2},{"jsonrpc":"2.0","method":"wait"},{"jsonrpc":"2.0","method":"echo","id":3}]""");
        var running = batch.RunAsync(default);

        var early = batch.Make(504, "late");
        _gate.SetResult();
        await running;

        early.StatusCode.Should().Be(200);
        Encoding.UTF8.GetString(early.Body.Span).Should().Be(
            """[{"jsonrpc":"2.0","result":[1],"id":1},{"jsonrpc":"2.0","error":{"code":-32001,"message":"late"},"id":2},{"jsonrpc":"2.0","error":{"code":-32001,"message":"late"},"id":3}]""");
        Body.Should().Contain("\"id\":3").And.NotContain("late");
    }

    [Theory]
    [InlineData(504, 204)]
    [InlineData(503, 503)]
    public async Task An_early_reply_to_notifications_does_not_look_like_success_when_the_server_stops(int why, int status)
    {
        var batch = Make("""[{"jsonrpc":"2.0","method":"wait"}]""");
        var running = batch.RunAsync(default);

        var early = batch.Make(why, "late");
        _gate.SetResult();
        await running;

        (early.StatusCode, early.Body.Length).Should().Be((status, 0));
    }

    [Fact]
    public async Task Once_the_answers_are_joined_no_early_reply_reads_them()
    {
        await Make("""[{"jsonrpc":"2.0","method":"echo","id":1}]""").RunAsync(default);

        _exchange.EarlyAnswer.Should().BeNull("the memory of the single answers was given back");
    }

    [Fact]
    public async Task A_batch_whose_reply_was_taken_leaves_the_exchange_alone()
    {
        var transport = new BareTransport();
        using var server = JsonRpc.MakeServer(0, (exchange, _) => TakenAsync(exchange), new() { Transport = transport });
        var exchange = new ScriptedExchange(transport.Context, "1");

        (await transport.Context.ServeAsync(exchange, default)).Should().Be(ExchangeOutcome.LeftBehind);

        exchange.ResponseBody.Length.Should().Be(0);

        async ValueTask TakenAsync(HttpExchange served)
        {
            var running = Make("""[{"jsonrpc":"2.0","method":"wait","id":1}]""", served).RunAsync(default);
            served.TryTake(served.Right.Look(), ReplyEvent.GivenUp).Should().BeTrue();
            _gate.SetResult();
            await running;
        }
    }

    private string Body => Encoding.UTF8.GetString(_exchange.ResponseBody.WrittenSpan);

    private RpcBatchRun Make(string text, HttpExchange? exchange = null)
    {
        var serializer = JsonRpcSerializer.For(null);
        var methods = new MethodTable([new MethodEntry("echo", Echo), new MethodEntry("wait", async (_, _) => await _gate.Task)]);
        var body = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(body);
        var envelopes = new List<Envelope>();
        for (reader.Read(); reader.Read() && reader.TokenType != JsonTokenType.EndArray;)
            envelopes.Add(Envelope.Read(ref reader, isNullParamsRefused: false));
        return new RpcBatchRun(
            exchange ?? _exchange, body, envelopes, serializer, new RpcRunner(methods, new FailureReport(_ => { }), serializer), new JsonRpcServerOptions().Protocol);
    }

    private static ValueTask Echo(JsonRpcCall call, CancellationToken cancellationToken)
    {
        if (!call.Parameters.IsEmpty)
            call.Result.WriteRawValue(call.Parameters.Span);
        return default;
    }
}
