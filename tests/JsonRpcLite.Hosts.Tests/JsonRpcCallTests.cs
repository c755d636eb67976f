using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class JsonRpcCallsOnHttpListener() : JsonRpcCallTests(new HttpListenerHost());

public sealed class JsonRpcCallsInMemory() : JsonRpcCallTests(new InMemoryHost());

public sealed class JsonRpcCallsOnSockets() : JsonRpcCallTests(new SocketHost());

public sealed class JsonRpcCallsOnPortableSockets() : JsonRpcCallTests(new PortableSocketHost());

public sealed class JsonRpcCallsOnAspNetCore() : JsonRpcCallTests(new AspNetCoreHost());

/// <summary>Single calls: what is a request, which id comes back, and the answer to each failure.</summary>
public abstract class JsonRpcCallTests : HostTests
{
    private static readonly string ThirtyDigits = new('9', 30);

    private protected JsonRpcCallTests(Host host)
        : base(host)
    {
    }

    public static TheoryData<string> Ids =>
    [
        "1", "-1", "0", "\"\"", "\"é😀\"", "\"\\u00e9\\n\"", "1.5", "1.0", "1e2", "9007199254740993", "18446744073709551616", ThirtyDigits, "null",
        $"\"{new string('x', 1022)}\"",
    ];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task An_id_comes_back_byte_for_byte(string id)
    {
        var server = Serve(Methods());

        var good = await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"echo","params":[1],"id":{{id}}}"""));
        var unknown = await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"nothing","id": {{id}} }"""));
        var invalid = await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"1.0","method":"echo","id":{{id}}}"""));

        good.Text.Should().Be($$"""{"jsonrpc":"2.0","result":1,"id":{{id}}}""");
        unknown.Text.Should().Be($$$"""{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":{{{id}}}}""");
        invalid.Text.Should().Be(InvalidRequest("'jsonrpc' must be the string '2.0'", id));
        new[] { good, unknown, invalid }.Should().OnlyContain(r => r.Status == 200 && r["Content-Type"] == "application/json");
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","id":true}""", "'id' must be a string, a number or null")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","id":{}}""", "'id' must be a string, a number or null")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","id":[1]}""", "'id' must be a string, a number or null")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","id":1,"id":2}""", "the request has 'jsonrpc', 'method', 'params' or 'id' twice")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","params":1}""", "'params' must be an array or an object")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","params":"x"}""", "'params' must be an array or an object")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","params":false}""", "'params' must be an array or an object")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","params":[1],"params":[2]}""", "the request has 'jsonrpc', 'method', 'params' or 'id' twice")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","method":"echo"}""", "the request has 'jsonrpc', 'method', 'params' or 'id' twice")]
    [InlineData("""{"jsonrpc":"2.0","jsonrpc":"2.0","method":"echo"}""", "the request has 'jsonrpc', 'method', 'params' or 'id' twice")]
    [InlineData("""{"jsonrpc":"2.0","method":null}""", "'method' must be a string")]
    [InlineData("""{"jsonrpc":"2.0","method":["echo"]}""", "'method' must be a string")]
    [InlineData("""{"jsonrpc":"2.0"}""", "'method' is missing; it must be the name of a method")]
    [InlineData("""{"method":"echo"}""", "'jsonrpc' is missing; it must be '2.0'")]
    [InlineData("""{"jsonrpc":2.0,"method":"echo"}""", "'jsonrpc' must be the string '2.0'")]
    [InlineData("""{"jsonrpc":"2.00","method":"echo"}""", "'jsonrpc' must be the string '2.0'")]
    [InlineData("""{"jsonrpc":" 2.0","method":"echo"}""", "'jsonrpc' must be the string '2.0'")]
    [InlineData("""{"JSONRPC":"2.0","method":"echo"}""", "'jsonrpc' is missing; it must be '2.0'")]
    [InlineData("""{"jsonrpc":"2.0","Method":"echo"}""", "'method' is missing; it must be the name of a method")]
    [InlineData("""{"jsonrpc":"2.0","m\u0065thod":"echo","method":"echo"}""", "the request has 'jsonrpc', 'method', 'params' or 'id' twice")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","params":[1],"p\u0061rams":[2]}""", "the request has 'jsonrpc', 'method', 'params' or 'id' twice")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","id":1,"\u0069d":2}""", "the request has 'jsonrpc', 'method', 'params' or 'id' twice")]
    [InlineData("{}", "'jsonrpc' is missing; it must be '2.0'")]
    [InlineData("1", "the request is not an object")]
    [InlineData("\"echo\"", "the request is not an object")]
    [InlineData("null", "the request is not an object")]
    [InlineData("true", "the request is not an object")]
    public async Task JSON_that_is_not_a_request_is_an_invalid_request_with_id_null_and_a_reason(string body, string reason)
    {
        var server = Serve(Methods());

        var reply = await server.ExchangeAsync(RawRequest.Post(body));

        reply.Status.Should().Be(200);
        reply.Text.Should().Be(InvalidRequest(reason));
    }

    [Fact]
    public async Task An_id_of_one_kibibyte_passes_and_one_byte_more_is_an_invalid_request()
    {
        var server = Serve(Methods());

        var passed = await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"echo","params":[1],"id":"{{new string('x', 1022)}}"}"""));
        var reply = await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"echo","params":[1],"id":"{{new string('x', 1023)}}"}"""));

        passed.Text.Should().Be($$"""{"jsonrpc":"2.0","result":1,"id":"{{new string('x', 1022)}}"}""");
        reply.Text.Should().Be(InvalidRequest("'id' is longer than 1024 bytes"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[1,]")]
    [InlineData("NaN")]
    [InlineData("01")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","id":1} x""")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","params":[01],"id":1}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","id":1,}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","id":1 /* why */}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","params":["\ud800"],"id":1}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"echo","unknown":"\udc00","id":1}""")]
    [InlineData("""[{"jsonrpc":"2.0","method":"echo","params":[1],"id":1},{]""")]
    public async Task Malformed_JSON_is_a_parse_error_and_nothing_runs(string body)
    {
        var calls = 0;
        var server = Serve(new JsonRpcMethods().Add("echo", (int _) => ++calls));

        var reply = await server.ExchangeAsync(RawRequest.Post(body));

        reply.Status.Should().Be(200);
        reply.Text.Should().StartWith("""{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error","data":{"reason":""").And.EndWith("""},"id":null}""");
        calls.Should().Be(0);
    }

    [Fact]
    public async Task Invalid_UTF8_anywhere_is_a_parse_error()
    {
        var server = Serve(Methods());

        var reply = await server.ExchangeAsync(RawRequest.Post([.. """{"jsonrpc":"2.0","method":"echo","params":["""u8, (byte)'"', 0xff, (byte)'"', .. "],\"id\":1}"u8]));

        reply.Text.Should().StartWith("""{"jsonrpc":"2.0","error":{"code":-32700,""").And.EndWith(""","id":null}""");
    }

    [Fact]
    public async Task Params_nested_too_deep_are_a_parse_error()
    {
        var server = Serve(Methods());
        string Request(int depth) => $$"""{"jsonrpc":"2.0","method":"echo","params":{{new string('[', depth)}}{{new string(']', depth)}},"id":1}""";

        (await server.ExchangeAsync(RawRequest.Post(Request(63)))).Text.Should().Be($$"""{"jsonrpc":"2.0","result":{{new string('[', 62)}}{{new string(']', 62)}},"id":1}""");
        (await server.ExchangeAsync(RawRequest.Post(Request(64)))).Text.Should().Contain("-32700");
    }

    [Theory]
    [InlineData("""{"id":1,"params":{"minuend":42,"subtrahend":23},"method":"subtract","jsonrpc":"2.0"}""", "19")]
    [InlineData("""{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1,"extra":{"id":2,"method":[]},"another":null}""", "19")]
    [InlineData(""" { "jsonrpc" : "2\u002e0" , "m\u0065thod" : "subtr\u0061ct" , "params" : [ 42 , 23 ] , "id" : 1 } """, "19")]
    [InlineData("""{"jsonrpc":"2.0","method":"none","params":null,"id":1}""", "\"none\"")]
    [InlineData("""{"jsonrpc":"2.0","method":"none","params":[],"id":1}""", "\"none\"")]
    [InlineData("""{"jsonrpc":"2.0","method":"none","params":{},"id":1}""", "\"none\"")]
    [InlineData("""{"jsonrpc":"2.0","method":"none","id":1}""", "\"none\"")]
    [InlineData("""{"jsonrpc":"2.0","method":"none","Params":[1],"ID":2,"id":1}""", "\"none\"")]
    [InlineData("""{"jsonrpc":"2.0","method":"名前 😀","id":1}""", "\"found\"")]
    [InlineData("""{"jsonrpc":"2.0","method":"","id":1}""", "\"empty\"")]
    [InlineData("""{"jsonrpc":"2.0","method":"nothing.returned","id":1}""", "null")]
    [InlineData("""{"jsonrpc":"2.0","method":"null.returned","id":1}""", "null")]
    public async Task A_request_is_understood_in_any_member_order_and_formatting(string request, string result)
    {
        var server = Serve(Methods()
            .Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend)
            .Add("none", () => "none")
            .Add("名前 😀", () => "found")
            .Add("", () => "empty")
            .Add("nothing.returned", () => { })
            .Add("null.returned", () => (string?)null));

        var reply = await server.ExchangeAsync(RawRequest.Post(request));

        reply.Text.Should().Be($$"""{"jsonrpc":"2.0","result":{{result}},"id":1}""");
    }

    [Fact]
    public async Task Null_params_are_refused_with_StrictParams()
    {
        var server = Serve(new JsonRpcMethods().Add("none", () => 1), o => o.Protocol.StrictParams = true);

        var none = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"none","params":null,"id":7}"""));
        var absent = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"none","id":7}"""));

        none.Text.Should().Be(InvalidRequest("'params' must be an array or an object", "7"));
        absent.Text.Should().Be("""{"jsonrpc":"2.0","result":1,"id":7}""");
    }

    [Theory]
    [InlineData("GetType")]
    [InlineData("ToString")]
    [InlineData(".ctor")]
    [InlineData("Echo")]
    [InlineData("echo ")]
    [InlineData("rpc.discover.not")]
    [InlineData("rpc.")]
    public async Task Only_registered_names_can_be_reached(string name)
    {
        var server = Serve(Methods());

        var reply = await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"{{name}}","id":1}"""));

        reply.Text.Should().Be("""{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":1}""");
    }

    [Fact]
    public async Task A_name_longer_than_any_registered_is_not_found()
    {
        var server = Serve(Methods().Add(new string('x', 300), () => 1));

        (await CallAsync(server, new string('x', 300))).Should().Contain("\"result\":1");
        (await CallAsync(server, new string('x', 299))).Should().Contain("-32601");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("1.0")]
    [InlineData("\"text 😀\"")]
    [InlineData("""{"a":[1,{"b":null}]}""")]
    public async Task A_thrown_JsonRpcException_is_sent_with_data_of_any_kind(string data)
    {
        var server = Serve(new JsonRpcMethods().Add("fail", object? () => throw new JsonRpcException(17, "nö 😀", JsonNode.Parse(data))));
        using var client = server.MakeClient();

        var reply = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"fail","id":1}"""));
        var thrown = (await client.Invoking(c => c.CallAsync("fail")).Should().ThrowAsync<JsonRpcException>()).Which;

        var dataMember = data == "null" ? "" : $",\"data\":{data}";
        reply.Status.Should().Be(200);
        reply.Text.Should().Be($$$"""{"jsonrpc":"2.0","error":{"code":17,"message":"nö 😀"{{{dataMember}}}},"id":1}""");
        (thrown.Code, thrown.Message).Should().Be((17, "nö 😀"));
        JsonNode.DeepEquals(thrown.ErrorData, JsonNode.Parse(data)).Should().BeTrue();
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task An_unexpected_exception_is_an_internal_error_with_an_id_for_the_log()
    {
        var server = Serve(new JsonRpcMethods().Add("boom", object? () => throw new InvalidOperationException("secret")));

        var reply = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"boom","id":"x"}"""));

        var failure = Failures.Should().ContainSingle().Subject;
        (failure.Method, failure.Exception.Message).Should().Be(("boom", "secret"));
        reply.Status.Should().Be(200);
        reply.Text.Should().Be("{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32603,\"message\":\"Internal error\",\"data\":{\"id\":\"" + failure.Id + "\"}},\"id\":\"x\"}");
    }

    [Fact]
    public async Task A_result_that_fails_halfway_leaves_no_partial_answer()
    {
        var server = Serve(new JsonRpcMethods()
            .Add("nan", () => new object[] { new string('x', 20_000), double.NaN })
            .Add("open", (call, _) =>
            {
                call.Result.WriteStartObject();
                return default;
            })
            .Add("throws", (call, _) =>
            {
                call.Result.WriteStartArray();
                call.Result.WriteStringValue(new string('x', 20_000));
                call.Result.Flush();
                throw new JsonRpcException(5, "five");
            })
            .Add("two", (call, _) =>
            {
                call.Result.WriteNumberValue(1);
                call.Result.WriteNumberValue(2);
                return default;
            }));

        foreach (var method in new[] { "nan", "open", "two" })
            (await CallAsync(server, method)).Should().StartWith("""{"jsonrpc":"2.0","error":{"code":-32603,""").And.EndWith("\"id\":1}");
        (await CallAsync(server, "throws")).Should().Be("""{"jsonrpc":"2.0","error":{"code":5,"message":"five"},"id":1}""");
        Failures.Select(f => f.Method).Should().Equal("nan", "open", "two");
    }

    [Fact]
    public async Task A_method_that_disposes_the_writer_fails_and_the_next_call_succeeds()
    {
        var server = Serve(Methods().Add("dispose", (call, _) =>
        {
            using var writer = call.Result;
            writer.WriteNumberValue(1);
            return default;
        }));

        (await CallAsync(server, "dispose")).Should().StartWith("""{"jsonrpc":"2.0","error":{"code":-32603,""").And.EndWith("\"id\":1}");
        Failures.Single().Exception.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain("'dispose'").And.Contain("disposed its Result");
        (await CallAsync(server, "echo", "[2]")).Should().Be("""{"jsonrpc":"2.0","result":2,"id":1}""");
        var batch = await server.ExchangeAsync(RawRequest.Post("""[{"jsonrpc":"2.0","method":"dispose","id":1},{"jsonrpc":"2.0","method":"echo","params":[2],"id":2}]"""));
        batch.Status.Should().Be(200);
        batch.Text.Should().Contain("""{"jsonrpc":"2.0","result":2,"id":2}""");
    }

    [Fact]
    public async Task An_error_with_a_long_message_keeps_to_the_limit()
    {
        var server = Serve(new JsonRpcMethods()
            .Add("fail", object? () => throw new JsonRpcException(1, new string('m', 5000)))
            .AddHandler("map", (Dictionary<string, int> map) => map.Count), o => o.Limits.MaxResponseBodySize = 1024);

        (await CallAsync(server, "fail")).Should().Contain("-32011");
        var misfit = await CallAsync(server, "map", $$"""{"{{new string('k', 50_000)}}":"x"}""");
        misfit.Should().Contain("-32602");
        misfit.Length.Should().BeLessThan(300);
    }

    [Fact]
    public async Task A_method_name_cannot_forge_a_line_of_a_log()
    {
        var server = Serve(new JsonRpcMethods());

        await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"x\n2026 FAKE\u001b[2J{{new string('y', 5000)}}"}"""));

        var line = Failures.Single().ToString();
        line.Should().NotContain("\n").And.NotContain("\u001b").And.Contain("-32601: Method not found");
        line.Length.Should().BeLessThan(250);
    }

    [Fact]
    public async Task A_reply_at_the_limit_passes_and_one_byte_more_is_reply_too_large()
    {
        var server = Serve(new JsonRpcMethods().Add("text", (int length) => new string('x', length)), o => o.Limits.MaxResponseBodySize = 2000);
        var around = """{"jsonrpc":"2.0","result":"","id":1}""".Length;

        var passed = await CallAsync(server, "text", $"[{2000 - around}]");
        var refused = await CallAsync(server, "text", $"[{2001 - around}]");

        passed.Length.Should().Be(2000);
        refused
            .Should().Be("""{"jsonrpc":"2.0","error":{"code":-32011,"message":"The reply is larger than the limit of 2000 bytes (JsonRpcServerOptions.Limits.MaxResponseBodySize of the server)."},"id":1}""");
    }

    [Fact]
    public async Task An_error_whose_data_is_too_large_or_not_JSON_is_still_an_error()
    {
        var server = Serve(new JsonRpcMethods()
            .Add("large", object? () => throw new JsonRpcException(1, "large", new string('x', 3000)))
            .Add("nan", object? () => throw new JsonRpcException(1, "nan", double.NaN)), o => o.Limits.MaxResponseBodySize = 1024);
        var longId = $"\"{new string('i', 1022)}\"";

        var large = await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"large","id":{{longId}}}"""));
        var nan = await CallAsync(server, "nan");

        large.Status.Should().Be(200);
        large.Text.Should().Contain("-32011").And.EndWith($$""","id":{{longId}}}""");
        nan.Should().Contain("-32603");
    }

    [Fact]
    public async Task A_call_past_its_deadline_is_answered_with_its_id_and_status_200()
    {
        var gate = new TaskCompletionSource();
        var entered = new SemaphoreSlim(0);
        var server = Serve(new JsonRpcMethods().Add("wait", async () =>
        {
            entered.Release();
            await gate.Task;
        }), o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(2));

        var calling = server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"wait","id":"mine"}"""));
        await entered.WaitAsync(TimeSpan.FromSeconds(30));
        Clock.Advance(TimeSpan.FromSeconds(3));
        var reply = await calling;
        gate.SetResult();

        reply.Status.Should().Be(200);
        reply.Text.Should().Be("""{"jsonrpc":"2.0","error":{"code":-32001,"message":"The call took longer than 2 s."},"id":"mine"}""");
    }

    [Fact]
    public async Task A_method_that_obeys_its_token_is_answered_as_timed_out()
    {
        var entered = new SemaphoreSlim(0);
        var server = Serve(new JsonRpcMethods().Add("wait", async (CancellationToken token) =>
        {
            entered.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
        }), o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(2));

        var calling = server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"wait","id":1}"""));
        await entered.WaitAsync(TimeSpan.FromSeconds(30));
        Clock.Advance(TimeSpan.FromSeconds(3));

        (await calling).Text.Should().Contain("-32001");
        await server.Server.StopAsync();
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task Refusals_by_HTTP_rules_are_responses_with_id_null()
    {
        var server = Serve(Methods(), o => o.Limits.MaxRequestBodySize = 100);

        var get = await server.ExchangeAsync(RawRequest.Get("/"));
        var large = await server.ExchangeAsync(RawRequest.Post(new string(' ', 101)));
        var page = await server.ExchangeAsync(RawRequest.Post("1").With("Origin", "https://evil.example"));

        new[] { get.Status, large.Status, page.Status }.Should().Equal(405, 413, 403);
        foreach (var reply in new[] { get, large, page })
            reply.Text.Should().StartWith("""{"jsonrpc":"2.0","error":{"code":-32000,"message":""").And.EndWith("\"id\":null}");
    }

    [Fact]
    public async Task Methods_inside_a_raw_handler_answer_as_they_would_alone()
    {
        var rpc = JsonRpc.MakeHandler(Methods().Add("boom", object? () => throw new InvalidOperationException("secret")));
        var server = ServeRaw((exchange, token) => exchange.Path == "/rpc" ? rpc(exchange, token) : throw new HttpRefusalException(404, "elsewhere"));

        async Task<RawReply> At(string path, RawRequest request) => await server.ExchangeAsync(request with { Target = path });
        var good = await At("/rpc", RawRequest.Post("""{"jsonrpc":"2.0","method":"echo","params":[1],"id":1}"""));
        var batch = await At("/rpc", RawRequest.Post("""[{"jsonrpc":"2.0","method":"echo","params":[1],"id":1},{"jsonrpc":"2.0","method":"echo","params":[2],"id":2}]"""));
        var boom = await At("/rpc", RawRequest.Post("""{"jsonrpc":"2.0","method":"boom","id":1}"""));
        var get = await At("/rpc", RawRequest.Get("/rpc"));
        var lost = await At("/", RawRequest.Get("/"));

        good.Text.Should().Be("""{"jsonrpc":"2.0","result":1,"id":1}""");
        batch.Text.Should().Be("""[{"jsonrpc":"2.0","result":1,"id":1},{"jsonrpc":"2.0","result":2,"id":2}]""");
        boom.Text.Should().Contain(Failures.Should().ContainSingle().Subject.Id);
        (get.Status, get.Text.StartsWith("""{"jsonrpc":"2.0","error":""", StringComparison.Ordinal)).Should().Be((405, true));
        lost.Status.Should().Be(404);
    }

    [Fact]
    public async Task Changing_the_options_after_a_handler_was_made_changes_nothing()
    {
        var options = new JsonRpcHandlerOptions { Discovery = { Title = "Shop" } };
        var rpc = JsonRpc.MakeHandler(Methods(), options);
        (options.Protocol.NotificationStatusCode, options.Protocol.MaxBatchCalls, options.Discovery.Enabled, options.Discovery.Title) = (200, 1, false, "Other");
        options.SerializerOptions = new() { WriteIndented = true };
        var server = ServeRaw(rpc);

        (await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"echo","params":[1]}"""))).Status.Should().Be(204);
        (await server.ExchangeAsync(RawRequest.Post("""[{"jsonrpc":"2.0","method":"echo","params":[1]},{"jsonrpc":"2.0","method":"echo","params":[1]}]"""))).Status
            .Should().Be(204);
        (await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"rpc.discover","id":1}"""))).Text.Should().Contain("\"title\":\"Shop\"");
    }

    [Fact]
    public async Task Inside_a_raw_handler_the_servers_authentication_and_limits_apply()
    {
        var rpc = JsonRpc.MakeHandler(Methods());
        var server = ServeRaw(rpc, o =>
        {
            o.Authenticate = BearerToken.Check("token");
            o.Limits.MaxRequestBodySize = 100;
        });
        var call = RawRequest.Post("""{"jsonrpc":"2.0","method":"echo","params":[1],"id":1}""");

        (await server.ExchangeAsync(call)).Status.Should().Be(401);
        (await server.ExchangeAsync(call.With("Authorization", "Bearer token"))).Status.Should().Be(200);
        (await server.ExchangeAsync(RawRequest.Post($"\"{new string('x', 100)}\"").With("Authorization", "Bearer token"))).Status.Should().Be(413);
    }

    [Fact]
    public async Task Options_of_methods_inside_a_raw_handler_apply_to_these_methods_alone()
    {
        var failures = new List<JsonRpcFailure>();
        var strict = JsonRpc.MakeHandler(Methods().Add("boom", object? () => throw new InvalidOperationException("one")), new()
        {
            Protocol = { StrictParams = true, MaxBatchCalls = 1, NotificationStatusCode = 202 },
            OnUnhandledException = failures.Add,
        });
        var loose = JsonRpc.MakeHandler(new JsonRpcMethods().Add("echo", () => "loose"));
        var server = ServeRaw((exchange, token) => exchange.Path == "/strict" ? strict(exchange, token) : loose(exchange, token));
        const string NullParams = """{"jsonrpc":"2.0","method":"echo","params":null,"id":1}""";
        async Task<RawReply> At(string path, string body) => await server.ExchangeAsync(RawRequest.Post(body) with { Target = path });

        for (var round = 0; round < 3; round++)
        {
            (await At("/strict", NullParams)).Text.Should().Contain("-32600");
            (await At("/loose", NullParams)).Text.Should().Contain("\"loose\"");
        }
        (await At("/strict", $"[{NullParams}]")).Text.Should().StartWith("[").And.Contain("-32600");
        (await At("/strict", $"[{NullParams},{NullParams}]")).Text.Should().Contain("-32010");
        (await At("/strict", """{"jsonrpc":"2.0","method":"boom"}""")).Status.Should().Be(202);
        failures.Should().ContainSingle();
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task After_a_batch_the_deadline_of_a_raw_handler_still_applies()
    {
        var rpc = JsonRpc.MakeHandler(Methods());
        var gate = new TaskCompletionSource();
        var entered = new SemaphoreSlim(0);
        var server = ServeRaw(async (exchange, token) =>
        {
            await rpc(exchange, token);
            entered.Release();
            await gate.Task;
        }, o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(2));

        var calling = server.ExchangeAsync(RawRequest.Post("""[{"jsonrpc":"2.0","method":"echo","params":[1],"id":1}]"""));
        (await entered.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(3));
        var reply = await calling;
        gate.SetResult();

        reply.Status.Should().Be(504);
    }

    [Fact]
    public async Task Sixty_four_clients_at_once_get_each_their_own_answer()
    {
        var server = Serve(new JsonRpcMethods().AddHandler("echo", async (JsonElement parameters) =>
        {
            await Task.Yield();
            return parameters;
        }));
        var wrong = await Task.WhenAll(Enumerable.Range(0, 64).Select(number => Task.Run(async () =>
        {
            using var client = server.MakeClient();
            var crossed = 0;
            for (var call = 0; call < 40; call++)
                crossed += (await client.CallAsync<int[]>("echo", new[] { number, call })).SequenceEqual([number, call]) ? 0 : 1;
            return crossed;
        })));

        wrong.Sum().Should().Be(0);
    }

    private static async Task<string> CallAsync(HostedServer server, string method, string parameters = "[]") =>
        Encoding.UTF8.GetString((await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}"""))).Body);

    private static JsonRpcMethods Methods() => new JsonRpcMethods().Add("echo", (JsonNode? value) => value);
}
