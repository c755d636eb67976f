using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Tests;

/// <summary>One request through the runner, without a server: whatever the method does, the outcome is exactly one complete response, or none for a notification.</summary>
public class RpcRunnerTests
{
    private readonly List<JsonRpcFailure> _failures = [];
    private readonly HttpExchange _exchange = new();
    private readonly BodyBuffer _target = new(maxLength: 1024);

    [Fact]
    public async Task A_result_is_answered_with_the_id_as_it_came() =>
        (await RunAsync(Request(""","params":[42,23],"id":1.0"""), (call, _) =>
        {
            call.Result.WriteRawValue(call.Parameters.Span);
            return default;
        })).Should().Be("""{"jsonrpc":"2.0","result":[42,23],"id":1.0}""");

    [Fact]
    public async Task A_method_that_writes_nothing_answers_null() =>
        (await RunAsync(Request(",\"id\":1"), (_, _) => default)).Should().Be("""{"jsonrpc":"2.0","result":null,"id":1}""");

    [Fact]
    public async Task A_notification_is_run_and_not_answered()
    {
        var isRun = false;

        var answer = await RunAsync(Request(""), async (call, _) =>
        {
            await Task.Yield();
            isRun = call.IsNotification;
            call.Result.WriteNumberValue(1);
        });

        (answer, isRun).Should().Be(("", true));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_written_before_a_failure_is_discarded(bool isAwaited)
    {
        var answer = await RunAsync(Request(",\"id\":1"), async (call, _) =>
        {
            call.Result.WriteStartArray();
            call.Result.Flush();
            if (isAwaited)
                await Task.Yield();
            throw new JsonRpcException(7, "no", "more");
        });

        answer.Should().Be("""{"jsonrpc":"2.0","error":{"code":7,"message":"no","data":"more"},"id":1}""");
    }

    [Fact]
    public async Task An_unexpected_exception_is_reported_and_shows_its_id_alone()
    {
        var answer = await RunAsync(Request(",\"id\":1"), (_, _) => throw new InvalidOperationException("inner workings"));

        answer.Should().Be(
            """{"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error","data":{"id":"ID"}},"id":1}""".Replace("ID", _failures.Single().Id, StringComparison.Ordinal));
        _failures[0].Method.Should().Be("m");
    }

    [Fact]
    public async Task A_result_that_is_left_open_is_a_failure_of_the_method()
    {
        (await RunAsync(Request(",\"id\":1"), (call, _) =>
        {
            call.Result.WriteStartObject();
            return default;
        })).Should().Contain("-32603");

        _failures.Single().Exception.Message.Should().Contain("unfinished");
    }

    [Fact]
    public async Task A_result_over_the_limit_is_an_error_that_fits()
    {
        (await RunAsync(Request(",\"id\":1"), (call, _) =>
        {
            call.Result.WriteStringValue(new string('x', 2000));
            return default;
        })).Should().Be("""{"jsonrpc":"2.0","error":{"code":-32011,"message":"The reply is larger than the limit of 1024 bytes (JsonRpcServerOptions.Limits.MaxResponseBodySize of the server)."},"id":1}""");
    }

    [Fact]
    public async Task A_call_that_was_ended_before_it_began_never_runs()
    {
        var isRun = false;

        var answer = await RunAsync(Request(",\"id\":1"), (_, _) =>
        {
            isRun = true;
            return default;
        }, new CancellationToken(canceled: true));

        isRun.Should().BeFalse();
        answer.Should().Contain("-32001");
    }

    [Fact]
    public async Task A_method_that_obeys_its_token_has_timed_out_and_is_not_a_failure()
    {
        using var cancellation = new CancellationTokenSource();

        var answer = await RunAsync(Request(",\"id\":1"), async (_, token) =>
        {
            await cancellation.CancelAsync();
            token.ThrowIfCancellationRequested();
        }, cancellation.Token);

        answer.Should().Contain("-32001");
        _failures.Should().BeEmpty();
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"unknown","id":1}""", """{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"unknown"}""", "")]
    [InlineData(
        """{"jsonrpc":"2.0","method":1,"id":1}""",
        """{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request","data":{"reason":"'method' must be a string"}},"id":1}""")]
    public async Task A_request_that_is_not_a_call_of_a_method_is_answered_by_the_runner(string request, string expected) =>
        (await RunAsync(request, (_, _) => default)).Should().Be(expected);

    [Fact]
    public async Task Earlier_bytes_in_the_buffer_stay()
    {
        _target.Write("before"u8);

        (await RunAsync(Request(",\"id\":1"), (_, _) => throw new JsonRpcException(7, "no"))).Should().StartWith("before{");
    }

    private static string Request(string rest) => $$"""{"jsonrpc":"2.0","method":"m"{{rest}}}""";

    private async Task<string> RunAsync(string text, JsonRpcMethod method, CancellationToken cancellationToken = default)
    {
        var serializer = JsonRpcSerializer.For(null);
        var runner = new RpcRunner(new MethodTable([new MethodEntry("m", method)]), new FailureReport(_failures.Add), JsonRpcSerializer.For(null));
        var body = Encoding.UTF8.GetBytes(text);
        var reader = new Utf8JsonReader(body);
        reader.Read();
        var request = new RpcRequest(_exchange, _target, serializer);
        request.Begin(body, Envelope.Read(ref reader, isNullParamsRefused: false));

        await runner.RunAsync(request, runner.Find(body, request.Envelope), cancellationToken);

        return Encoding.UTF8.GetString(_target.WrittenSpan);
    }
}
