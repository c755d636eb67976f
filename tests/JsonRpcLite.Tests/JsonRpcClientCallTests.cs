using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>What a JSON-RPC client sends, and how it treats each answer that a server might give.</summary>
public class JsonRpcClientCallTests
{
    private readonly ScriptedTransport _transport = new();
    private readonly JsonRpcClient _client;

    public JsonRpcClientCallTests() => _client = MakeClient(new Uri("http://localhost:1/"), new() { Transport = _transport });

    [Fact]
    public async Task Requests_are_written_as_the_specification_says()
    {
        _transport.Reply = """{"jsonrpc":"2.0","result":null,"id":ID}""";

        await _client.CallAsync("a");
        _client.Call("b 😀\"", new { x = 1 });
        await _client.CallAsync<JsonNode?>("c", new object[] { 1, "two" });
        _client.Call<JsonNode?>("d", (1, "two"));
        await _client.CallAsync<(int, int), JsonNode?>("e", (1, 2));
        _client.Call<Dictionary<string, int>, JsonNode?>("f", new() { ["k"] = 1 });
        await _client.CallAsync("g", JsonNode.Parse("""{"n":1.0}"""));
        await _client.CallAsync<int[]?, JsonNode?>("h", null);

        _transport.Sent.Should().Equal(
            """{"jsonrpc":"2.0","method":"a","id":1}""",
            """{"jsonrpc":"2.0","method":"b 😀\"","params":{"x":1},"id":2}""",
            """{"jsonrpc":"2.0","method":"c","params":[1,"two"],"id":3}""",
            """{"jsonrpc":"2.0","method":"d","params":[1,"two"],"id":4}""",
            """{"jsonrpc":"2.0","method":"e","params":[1,2],"id":5}""",
            """{"jsonrpc":"2.0","method":"f","params":{"k":1},"id":6}""",
            """{"jsonrpc":"2.0","method":"g","params":{"n":1.0},"id":7}""",
            """{"jsonrpc":"2.0","method":"h","id":8}""");
    }

    [Fact]
    public async Task Notifications_have_no_id()
    {
        (_transport.Status, _transport.Reply) = (204, "");

        await _client.NotifyAsync("a");
        _client.Notify("b", new[] { 1 });

        _transport.Sent.Should().Equal("""{"jsonrpc":"2.0","method":"a"}""", """{"jsonrpc":"2.0","method":"b","params":[1]}""");
    }

    [Theory]
    [InlineData(1)]
    [InlineData("text")]
    [InlineData(true)]
    public async Task A_single_value_as_parameters_is_an_ArgumentException(object parameters)
    {
        await _client.Invoking(c => c.CallAsync("a", parameters)).Should().ThrowAsync<ArgumentException>().WithMessage("*array or an object*");
        _client.Invoking(c => c.Call("a", parameters)).Should().Throw<ArgumentException>();
        await _client.Invoking(c => c.NotifyAsync("a", parameters)).Should().ThrowAsync<ArgumentException>();
        FluentActions.Invoking(() => { _ = _client.CreateBatch().CallAsync("a", parameters); }).Should().Throw<ArgumentException>();
        _transport.Sent.Should().BeEmpty();
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","result":19,"id":ID}""")]
    [InlineData(""" { "id" : ID , "result" : 19 , "jsonrpc" : "2.0" , "extra" : {"error":1} } """)]
    [InlineData("""{"jsonrpc":"2.0","result":19,"id":ID.0}""")]
    [InlineData("""{"jsonrpc":"2.0","result":19,"id":ID0e-1}""")]
    public async Task A_valid_answer_is_the_result(string reply)
    {
        _transport.Reply = reply;

        (await _client.CallAsync<int>("a")).Should().Be(19);
        _client.Call<int>("a").Should().Be(19);
        _client.Call("a")!.GetValue<int>().Should().Be(19);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","result":19,"id":"ID"}""", "does not belong to the call")]
    [InlineData("""{"jsonrpc":"2.0","result":19,"id":99}""", "does not belong to the call")]
    [InlineData("""{"jsonrpc":"2.0","result":19,"id":ID.5}""", "does not belong to the call")]
    [InlineData("""{"jsonrpc":"2.0","result":19,"id":1e400}""", "does not belong to the call")]
    [InlineData("""{"jsonrpc":"2.0","result":19,"id":-ID.0}""", "does not belong to the call")]
    [InlineData("""{"jsonrpc":"2.0","result":19,"id":null}""", "does not belong to the call")]
    [InlineData("""{"jsonrpc":"2.0","error":{"code":1,"message":"x"},"id":99}""", "does not belong to the call")]
    [InlineData("""{"jsonrpc":"2.0","result":19}""", "no id")]
    [InlineData("""{"jsonrpc":"2.0","result":19,"error":{"code":1,"message":"x"},"id":ID}""", "either a result or an error")]
    [InlineData("""{"jsonrpc":"2.0","result":19,"error":null,"id":ID}""", "error is not an object")]
    [InlineData("""{"jsonrpc":"2.0","id":ID}""", "either a result or an error")]
    [InlineData("""{"jsonrpc":"1.0","result":19,"id":ID}""", "jsonrpc")]
    [InlineData("""{"jsonrpc":2.0,"result":19,"id":ID}""", "jsonrpc")]
    [InlineData("""{"result":19,"id":ID}""", "jsonrpc")]
    [InlineData("""{"jsonrpc":"2.0","error":"oops","id":ID}""", "error is not an object")]
    [InlineData("""{"jsonrpc":"2.0","error":{"message":"x"},"id":ID}""", "no code")]
    [InlineData("""{"jsonrpc":"2.0","error":{"code":"1","message":"x"},"id":ID}""", "no code")]
    [InlineData("""{"jsonrpc":"2.0","error":{"code":1,"message":2},"id":ID}""", "no code")]
    [InlineData("""{"jsonrpc":"2.0","error":{"code":1,"code":2,"message":"x"},"id":ID}""", "no code")]
    [InlineData("""{"jsonrpc":"2.0","result":"nineteen","id":ID}""", "does not fit")]
    [InlineData("""{"jsonrpc":"2.0","result":null,"id":ID}""", "does not fit")]
    [InlineData("""{"jsonrpc":"2.0","result":1,"result":19,"id":ID}""", "twice")]
    [InlineData("""{"jsonrpc":"2.0","result":19,"id":99,"id":ID}""", "twice")]
    [InlineData("""{"jsonrpc":"1.0","jsonrpc":"2.0","result":19,"id":ID}""", "twice")]
    [InlineData("""{"jsonrpc":"2.0","error":{"code":3000000000,"message":"x"},"id":ID}""", "32-bit")]
    [InlineData("""{"jsonrpc":"2.0","result":19,"id":ID} x""", "not JSON")]
    [InlineData("""{"jsonrpc":"2.0","result":19,"id":ID""", "not JSON")]
    [InlineData("[]", "batch")]
    [InlineData("""[{"jsonrpc":"2.0","result":19,"id":ID}]""", "batch")]
    [InlineData("null", "not an object")]
    [InlineData("19", "not an object")]
    [InlineData("", "empty")]
    [InlineData("<html>", "not JSON")]
    public async Task Any_other_answer_is_a_typed_failure(string reply, string reason)
    {
        _transport.Reply = reply;

        var asynchronous = (await _client.Invoking(c => c.CallAsync<int>("a")).Should().ThrowAsync<HttpRequestException>()).Which;
        var synchronous = _client.Invoking(c => c.Call<int>("a")).Should().Throw<HttpRequestException>().Which;

        foreach (var thrown in new[] { asynchronous, synchronous })
        {
            thrown.Message.Should().Contain("http://localhost:1/").And.Contain(reason);
            thrown.HttpRequestError.Should().Be(HttpRequestError.InvalidResponse);
        }
    }

    [Fact]
    public async Task A_result_that_does_not_fit_its_type_is_a_typed_failure()
    {
        _transport.Reply = """{"jsonrpc":"2.0","result":{"value":101},"id":ID}""";
        await _client.Invoking(c => c.CallAsync<JsonRpcMethodsTests.Percent>("a")).Should().ThrowAsync<HttpRequestException>().WithMessage("*does not fit*");

        _transport.Reply = """{"value":101}""";
        _client.Invoking(c => c.Command<JsonRpcMethodsTests.Percent>(1)).Should().Throw<HttpRequestException>().WithMessage("*does not fit*")
            .WithInnerException<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task A_duplicate_member_in_the_result_is_a_typed_failure()
    {
        _transport.Reply = """{"jsonrpc":"2.0","result":{"a":1,"a":2},"id":ID}""";

        await _client.Invoking(c => c.CallAsync("a")).Should().ThrowAsync<HttpRequestException>().WithMessage("*'a' twice*");
    }

    [Theory]
    [InlineData(200, """{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"},"id":null}""", -32700)]
    [InlineData(200, """{"jsonrpc":"2.0","error":{"code":17,"message":"no","data":[1.0]},"id":ID}""", 17)]
    [InlineData(503, """{"jsonrpc":"2.0","error":{"code":-32000,"message":"stopping"},"id":null}""", -32000)]
    [InlineData(200, """{"jsonrpc":"2.0","error":{"data":{"a":1,"a":2},"message":"no","code":5.0},"id":ID}""", 5)]
    [InlineData(405, """{"error":{"code":-32000,"message":"POST only"}}""", -32000)]
    public async Task An_error_of_the_server_is_a_JsonRpcException(int status, string reply, int code)
    {
        (_transport.Status, _transport.Reply) = (status, reply);

        var thrown = (await _client.Invoking(c => c.CallAsync<int>("a")).Should().ThrowAsync<JsonRpcException>()).Which;

        ((int)thrown.StatusCode!, thrown.Code).Should().Be((status, code));
        if (code == 17)
            thrown.ErrorData!.ToJsonString().Should().Be("[1.0]");
    }

    [Theory]
    [InlineData(500, "<html>")]
    [InlineData(404, "{}")]
    [InlineData(302, "")]
    public async Task A_status_without_an_error_is_a_typed_failure(int status, string reply)
    {
        (_transport.Status, _transport.Reply) = (status, reply);

        (await _client.Invoking(c => c.CallAsync<int>("a")).Should().ThrowAsync<HttpRequestException>()).Which.StatusCode.Should().Be((System.Net.HttpStatusCode)status);
        await _client.Invoking(c => c.NotifyAsync("a")).Should().ThrowAsync<HttpRequestException>();
    }

    [Theory]
    [InlineData(200, "")]
    [InlineData(202, "")]
    [InlineData(204, "")]
    [InlineData(200, "anything")]
    public async Task Any_success_is_fine_for_a_notification(int status, string reply)
    {
        (_transport.Status, _transport.Reply) = (status, reply);

        await _client.NotifyAsync("a");
    }

    [Fact]
    public async Task An_error_in_answer_to_a_notification_is_thrown()
    {
        _transport.Reply = """{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}""";

        await _client.Invoking(c => c.NotifyAsync("a")).Should().ThrowAsync<JsonRpcException>();
    }

    [Fact]
    public async Task A_batch_with_missing_repeated_reordered_and_strange_answers_completes_every_task()
    {
        var batch = _client.CreateBatch();
        var first = batch.CallAsync<int>("first");
        var missing = batch.CallAsync<int>("missing");
        batch.Notify("note");
        var repeated = batch.CallAsync<int>("repeated");
        var failed = batch.CallAsync<int>("failed");
        var broken = batch.CallAsync<int>("broken");
        _transport.Reply = """
            [{"jsonrpc":"2.0","error":{"code":5,"message":"five"},"id":5},{"jsonrpc":"2.0","result":4,"id":4},7,{"jsonrpc":"2.0","result":4,"id":4},
             {"jsonrpc":"2.0","result":99,"id":99},{"jsonrpc":"2.0","result":1,"id":"2"},{"jsonrpc":"2.0","result":1,"id":1},{"jsonrpc":"1.0","result":6,"id":6},
             {"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}]
            """;

        await batch.SendAsync();

        _transport.Sent.Should().Equal("""
            [{"jsonrpc":"2.0","method":"first","id":1},{"jsonrpc":"2.0","method":"missing","id":2},{"jsonrpc":"2.0","method":"note"},{"jsonrpc":"2.0","method":"repeated","id":4},{"jsonrpc":"2.0","method":"failed","id":5},{"jsonrpc":"2.0","method":"broken","id":6}]
            """);
        (await first).Should().Be(1);
        (await FluentActions.Awaiting(() => missing).Should().ThrowAsync<JsonRpcException>()).Which.Code
            .Should().Be(-32600, "an error with id null is the only explanation of the missing answer");
        await FluentActions.Awaiting(() => repeated).Should().ThrowAsync<HttpRequestException>().WithMessage("*2 responses to the call with id 4*");
        (await FluentActions.Awaiting(() => failed).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(5);
        await FluentActions.Awaiting(() => broken).Should().ThrowAsync<HttpRequestException>();
    }

    [Fact]
    public async Task A_call_of_a_batch_without_any_answer_is_a_typed_failure()
    {
        var batch = _client.CreateBatch();
        var call = batch.CallAsync<int>("a");
        _transport.Reply = """[{"jsonrpc":"2.0","result":1,"id":99}]""";

        await batch.SendAsync();

        await FluentActions.Awaiting(() => call).Should().ThrowAsync<HttpRequestException>().WithMessage("*no response to the call with id 1*");
    }

    [Fact]
    public async Task An_error_in_answer_to_a_notification_of_a_batch_is_thrown()
    {
        var batch = _client.CreateBatch();
        batch.Notify("a");
        _transport.Reply = """ [{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}]""";

        (await batch.Awaiting(b => b.SendAsync()).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(-32600);
    }

    [Fact]
    public async Task Cancelling_reaches_the_transport_and_comes_back_as_cancellation()
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        var batch = _client.CreateBatch();
        var inBatch = batch.CallAsync<int>("a");

        foreach (var call in new Func<Task>[]
        {
            () => _client.CallAsync("a", null, cancellation.Token),
            () => _client.CallAsync<int[], int>("a", [1], cancellation.Token),
            () => _client.NotifyAsync("a", null, cancellation.Token),
            () => _client.CommandAsync(1, cancellation.Token),
            () => batch.SendAsync(cancellation.Token),
        })
            (await call.Should().ThrowAsync<TaskCanceledException>()).Which.CancellationToken.Should().Be(cancellation.Token);
        inBatch.IsCanceled.Should().BeTrue();
    }

    [Fact]
    public async Task A_result_type_without_a_contract_is_refused_before_anything_is_sent()
    {
        await _client.Invoking(c => c.CallAsync<(int, int)>("pay")).Should().ThrowAsync<NotSupportedException>();
        _client.Invoking(c => c.Call<(int, int)>("pay")).Should().Throw<NotSupportedException>();
        _client.Invoking(c => c.Command<(int, int)>("pay")).Should().Throw<NotSupportedException>();

        _transport.Sent.Should().BeEmpty();
    }

    [Fact]
    public async Task A_token_in_place_of_the_parameters_is_an_ArgumentException_that_says_so()
    {
        using var cancellation = new CancellationTokenSource();

        await _client.Invoking(c => c.CallAsync("a", cancellation.Token)).Should().ThrowAsync<ArgumentException>().WithMessage("*cancellationToken: token*");
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","result":1,"id":1}""")]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("null")]
    public async Task A_batch_answered_by_something_else_fails_whole_and_every_task_with_it(string reply)
    {
        _transport.Reply = reply;
        var batch = _client.CreateBatch();
        var call = batch.CallAsync<int>("a");

        await batch.Awaiting(b => b.SendAsync()).Should().ThrowAsync<HttpRequestException>();

        await FluentActions.Awaiting(() => call).Should().ThrowAsync<HttpRequestException>();
    }

    [Fact]
    public async Task A_batch_is_sent_once_and_not_empty()
    {
        (_transport.Status, _transport.Reply) = (204, "");
        var batch = _client.CreateBatch();
        await batch.Awaiting(b => b.SendAsync()).Should().ThrowAsync<InvalidOperationException>();
        FluentActions.Invoking(() => { _ = batch.CallAsync("a", 5); }).Should().Throw<ArgumentException>();
        batch.Count.Should().Be(0);
        batch.Notify("a");
        await batch.SendAsync();

        await batch.Awaiting(b => b.SendAsync()).Should().ThrowAsync<InvalidOperationException>();
        batch.Invoking(b => b.Notify("b")).Should().Throw<InvalidOperationException>();
        _transport.Sent.Should().Equal("""[{"jsonrpc":"2.0","method":"a"}]""");
    }

    [Fact]
    public void Ids_are_counted_for_each_client_and_never_twice()
    {
        _transport.Reply = """{"jsonrpc":"2.0","result":null,"id":ID}""";

        Parallel.For(0, 500, _ => _client.Call("a"));

        _transport.Sent.Distinct().Should().HaveCount(500);
    }

    /// <summary>Answers as the test decides; ID stands for the id that was sent.</summary>
    private sealed class ScriptedTransport : ClientTransport
    {
        public List<string> Sent { get; } = [];

        public string Reply { get; set; } = "";

        public int Status { get; set; } = 200;

        public override void Send(HttpExchange exchange, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var sent = Encoding.UTF8.GetString(exchange.RequestBody.Span);
            lock (Sent)
                Sent.Add(sent);
            var id = sent.LastIndexOf("\"id\":", StringComparison.Ordinal) is var at and >= 0 ? sent[(at + 5)..].TrimEnd('}', ']') : "";
            exchange.StatusCode = Status;
            exchange.ResponseBody.Write(Encoding.UTF8.GetBytes(Reply.Replace("ID", id, StringComparison.Ordinal)));
        }

        public override ValueTask SendAsync(HttpExchange exchange, CancellationToken cancellationToken)
        {
            Send(exchange, cancellationToken);
            return default;
        }
    }
}
