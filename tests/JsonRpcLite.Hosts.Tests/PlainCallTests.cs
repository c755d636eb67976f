using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class PlainCallsOnHttpListener() : PlainCallTests(new HttpListenerHost());

public sealed class PlainCallsInMemory() : PlainCallTests(new InMemoryHost());

public sealed class PlainCallsOnSockets() : PlainCallTests(new SocketHost());

public sealed class PlainCallsOnPortableSockets() : PlainCallTests(new PortableSocketHost());

public sealed class PlainCallsOnAspNetCore() : PlainCallTests(new AspNetCoreHost());

/// <summary>The answers to plain calls, valid or not: the JSON part of the contract.</summary>
public abstract class PlainCallTests : HostTests
{
    private protected PlainCallTests(Host host)
        : base(host)
    {
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/any/path?and=query")]
    public async Task A_post_to_any_path_is_answered_by_the_function(string target)
    {
        var server = Serve(Echo);

        var reply = await server.ExchangeAsync(RawRequest.Post("""{"a":1}""") with { Target = target });

        reply.Status.Should().Be(200);
        reply.Text.Should().Be("""{"echo":{"a":1}}""");
        reply["Content-Type"].Should().Be("application/json");
        reply["Content-Length"].Should().Be("16");
        reply.IsLast.Should().BeFalse("the connection stays open for the next call");
    }

    [Theory]
    [InlineData("""{"n":12345678901234567890,"f":1.0,"s":"😀❤️🐳💡🎉 家"}""")]
    [InlineData("[18446744073709551617,1.0,1e400,-0,0.10,1E+2,9007199254740993]")]
    [InlineData("\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f/<>&'+\u2028\u2029\u007f\u0085\"")]
    [InlineData("\"日本語 שלום \U0001F600 \U0010FFFF\"")]
    [InlineData("null")]
    [InlineData("true")]
    [InlineData("\"\"")]
    [InlineData("{}")]
    [InlineData("[]")]
    public async Task An_echo_gives_back_the_same_bytes(string json)
    {
        var server = Serve(Echo);

        var reply = await server.ExchangeAsync(RawRequest.Post(json));

        reply.Status.Should().Be(200);
        reply.Text.Should().Be($$"""{"echo":{{json}}}""");
        reply["Content-Length"].Should().Be(Encoding.UTF8.GetByteCount(reply.Text).ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Escaped_text_and_emoji_are_answered_unescaped()
    {
        var server = Serve(Echo);

        var reply = await server.ExchangeAsync(RawRequest.Post("""{"s":"\ud83d\ude00 \u5bb6 \u00e9"}"""));

        reply.Text.Should().Be("""{"echo":{"s":"😀 家 é"}}""");
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData(" ", "not JSON")]
    [InlineData("{", "not JSON")]
    [InlineData("[1,]", "not JSON")]
    [InlineData("{'a':1}", "not JSON")]
    [InlineData("01", "not JSON")]
    [InlineData("NaN", "not JSON")]
    [InlineData("+1", "not JSON")]
    [InlineData("1 2", "not JSON")]
    [InlineData("{} x", "not JSON")]
    [InlineData("/* why */ 1", "not JSON")]
    [InlineData("\"a\nb\"", "not JSON")]
    [InlineData("\uFEFF\uFEFF1", "not JSON")]
    [InlineData("\uFEFF", "empty")]
    [InlineData("""{"a":1,"a":2}""", "member 'a' twice")]
    [InlineData("""{"b":[{"a":1,"\u0061":2}]}""", "member 'a' twice")]
    [InlineData("""["\ud800"]""", "surrogate")]
    [InlineData("""["\udc00\ud800"]""", "surrogate")]
    [InlineData("""["\ud800\u0041"]""", "surrogate")]
    [InlineData("""{"\ud800":1}""", "surrogate")]
    public async Task A_body_that_breaks_the_rules_of_JSON_is_400(string body, string reason)
    {
        var called = false;
        var server = Serve(command =>
        {
            called = true;
            return command;
        });

        var reply = await server.ExchangeAsync(RawRequest.Post(body));

        reply.Status.Should().Be(400);
        ErrorOf(reply)["code"]!.GetValue<int>().Should().Be(JsonRpcErrorCodes.ParseError);
        ErrorOf(reply)["message"]!.GetValue<string>().Should().StartWith("Parse error: ").And.Contain(reason);
        called.Should().BeFalse();
        Failures.Should().BeEmpty("invalid input is not a failure of the server");
    }

    [Theory]
    [InlineData(new byte[] { (byte)'"', 0xFF, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xC0, 0xAF, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xED, 0xA0, 0x80, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xF0, 0x9F, 0x98, (byte)'"' })]
    public async Task Invalid_UTF8_is_400_and_never_a_replacement_character(byte[] body)
    {
        var server = Serve(Echo);

        var reply = await server.ExchangeAsync(RawRequest.Post(body));

        reply.Status.Should().Be(400);
        reply.Text.Should().Be("""{"error":{"code":-32700,"message":"Parse error: the body is not valid UTF-8."}}""");
    }

    [Fact]
    public async Task The_deepest_request_passes_and_one_level_more_is_400()
    {
        var server = Serve(Echo);
        var deepest = new string('[', 64) + new string(']', 64);

        var passed = await server.ExchangeAsync(RawRequest.Post(deepest));
        var refused = await server.ExchangeAsync(RawRequest.Post($"[{deepest}]"));

        passed.Text.Should().Be($$"""{"echo":{{deepest}}}""");
        refused.Status.Should().Be(400);
        refused.Text.Should().Contain("deeper than 64 levels");
    }

    [Fact]
    public async Task The_deepest_echo_comes_back_to_the_client()
    {
        var server = Serve(Echo);
        using var client = server.MakeClient();
        var deepest = JsonNode.Parse(new string('[', 64) + new string(']', 64));

        var reply = await client.CommandAsync(deepest);

        JsonNode.DeepEquals(reply!["echo"], deepest).Should().BeTrue();
    }

    [Fact]
    public async Task An_unexpected_exception_is_500_with_an_id_and_nothing_else()
    {
        var server = Serve(_ => throw new InvalidOperationException("the secret of the house"));

        var reply = await server.ExchangeAsync(RawRequest.Post("1"));

        reply.Status.Should().Be(500);
        var failure = Failures.Should().ContainSingle().Subject;
        failure.Exception.Message.Should().Be("the secret of the house");
        reply.Text.Should().Be($"{{\"error\":{{\"code\":-32603,\"message\":\"Internal error\",\"data\":{{\"id\":\"{failure.Id}\"}}}}}}");
    }

    [Theory]
    [InlineData(JsonRpcErrorCodes.ParseError, 400)]
    [InlineData(JsonRpcErrorCodes.InvalidRequest, 400)]
    [InlineData(JsonRpcErrorCodes.InvalidParams, 400)]
    [InlineData(JsonRpcErrorCodes.MethodNotFound, 404)]
    [InlineData(JsonRpcErrorCodes.InternalError, 500)]
    [InlineData(0, 500)]
    [InlineData(200, 500)]
    [InlineData(42, 500)]
    public async Task A_JsonRpcException_is_sent_whole_and_never_with_200(int code, int status)
    {
        var server = Serve(_ => throw new JsonRpcException(code, "nö 😀", new JsonObject { ["n"] = 1 }));
        using var client = server.MakeClient();

        var reply = await server.ExchangeAsync(RawRequest.Post("1"));
        var call = () => client.CommandAsync(1);

        reply.Status.Should().Be(status);
        reply.Text.Should().Be($$$$"""{"error":{"code":{{{{code}}}},"message":"nö 😀","data":{"n":1}}}""");
        var thrown = (await call.Should().ThrowAsync<JsonRpcException>()).Which;
        (thrown.Code, thrown.Message, thrown.ErrorData!.ToJsonString(), thrown.StatusCode).Should().Be((code, "nö 😀", """{"n":1}""", (HttpStatusCode)status));
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_result_that_cannot_be_written_leaves_no_partial_answer()
    {
        var server = Serve(_ => new JsonObject { ["good"] = new string('x', 5000), ["bad"] = double.NaN });

        var reply = await server.ExchangeAsync(RawRequest.Post("1"));

        reply.Status.Should().Be(500);
        ErrorOf(reply)["code"]!.GetValue<int>().Should().Be(JsonRpcErrorCodes.InternalError);
        Failures.Should().ContainSingle();
    }

    [Fact]
    public async Task A_typed_body_that_does_not_fit_is_400_and_names_the_path()
    {
        var server = Start(options => JsonRpc.MakeServer(0, (Point point) => point.X + point.Y, options));

        var replies = new List<RawReply>();
        foreach (var body in new[] { """{"x":1,"y":2}""", """{"x":"1","y":2}""", """{"x":1}""", """{"x":1,"y":2,"z":0,"z":0}""", "[]", "null" })
            replies.Add(await server.ExchangeAsync(RawRequest.Post(body)));

        replies.Select(r => r.Status).Should().Equal(200, 400, 400, 400, 400, 400);
        replies[0].Text.Should().Be("3");
        replies[1].Text.Should().Be(
            """{"error":{"code":-32602,"message":"Invalid params: the value at '$.x' does not fit: it must be a whole number from -2147483648 to 2147483647."}}""");
        replies[2].Text.Should().Be("""{"error":{"code":-32602,"message":"Invalid params: 'y' is missing (names are case-sensitive)."}}""");
        replies[3].Text.Should().Contain("-32700").And.Contain("'z' twice");
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_node_inside_a_type_with_a_duplicate_member_is_400()
    {
        var server = Start(options => JsonRpc.MakeServer(0, (Holder holder) => holder.Node, options));

        var reply = await server.ExchangeAsync(RawRequest.Post("""{"node":{"a":1,"a":2}}"""));

        reply.Status.Should().Be(400);
        ErrorOf(reply)["code"]!.GetValue<int>().Should().Be(JsonRpcErrorCodes.ParseError);
    }

    [Fact]
    public async Task A_null_result_is_the_JSON_null()
    {
        var server = Serve(_ => null);
        using var client = server.MakeClient();

        (await server.ExchangeAsync(RawRequest.Post("1"))).Text.Should().Be("null");
        (await client.CommandAsync(1)).Should().BeNull();
    }

    [Fact]
    public async Task Ten_thousand_calls_of_64_clients_all_succeed()
    {
        var server = ServeAsync(async (command, _) =>
        {
            await Task.Yield();
            return Echo(command);
        });
        var clients = Enumerable.Range(0, 64).Select(_ => server.MakeClient()).ToArray();

        var wrong = await Task.WhenAll(clients.Select((client, number) => Task.Run(async () =>
        {
            var crossed = 0;
            for (var call = 0; call < 157; call++)
            {
                var sent = new JsonObject { ["client"] = number, ["call"] = call, ["text"] = new string((char)('a' + number % 26), call) };
                var reply = await client.CommandAsync(sent);
                crossed += JsonNode.DeepEquals(reply!["echo"], sent) ? 0 : 1;
            }
            return crossed;
        })));

        wrong.Sum().Should().Be(0);
        foreach (var client in clients)
            client.Dispose();
    }

    private static JsonNode ErrorOf(RawReply reply) => JsonNode.Parse(reply.Body)!["error"]!;

    private sealed record Point(int X, int Y);

    private sealed record Holder(JsonNode? Node);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_caller_gets_exception_details_only_in_development(bool isDetailed)
    {
        var plain = Serve(_ => throw new InvalidOperationException("inner workings"), o => o.DetailedErrors = isDetailed);
        var methods = new JsonRpcMethods().Add("m", int () => throw new InvalidOperationException("inner workings"));
        var rpc = Serve(methods, o => o.DetailedErrors = isDetailed);

        var first = await plain.ExchangeAsync(RawRequest.Post("1"));
        var second = await rpc.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"m","id":1}"""));

        (first.Status, second.Status).Should().Be((500, 200));
        foreach (var (reply, failure) in new[] { first, second }.Zip(Failures))
        {
            var data = JsonNode.Parse(reply.Text)!["error"]!["data"]!.AsObject();
            ((string?)data["id"]).Should().Be(failure.Id);
            data.ContainsKey("detail").Should().Be(isDetailed);
            reply.Text.Contains("inner workings", StringComparison.Ordinal).Should().Be(isDetailed);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Only_the_server_decides_whether_it_is_in_development(bool isDetailed)
    {
        var inside = new JsonRpcHandlerOptions { OnUnhandledException = _ => { } };
        var plain = JsonRpc.MakeHandler(JsonNode? (_) => throw new InvalidOperationException("inner workings"), inside);
        var rpc = JsonRpc.MakeHandler(new JsonRpcMethods().Add("m", int () => throw new InvalidOperationException("inner workings")), inside);
        var server = ServeRaw((exchange, token) => exchange.Path == "/rpc" ? rpc(exchange, token) : plain(exchange, token), o => o.DetailedErrors = isDetailed);

        var first = await server.ExchangeAsync(RawRequest.Post("1"));
        var second = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"m","id":1}""") with { Target = "/rpc" });

        foreach (var reply in new[] { first, second })
            (JsonNode.Parse(reply.Text)!["error"]!["data"]!["detail"] is not null).Should().Be(isDetailed);
    }

    [Fact]
    public void Exception_details_for_a_whole_network_are_refused_at_startup()
    {
        if (!Can(Ability.HasWire))
            return;

        FluentActions.Invoking(() => Serve(x => x, o => (o.DetailedErrors, o.HostName) = (true, "*"))).Should().Throw<InvalidOperationException>()
            .WithMessage("*DetailedErrors*loopback*");
    }
}
