using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class HelpfulErrorsOnHttpListener() : HelpfulErrorTests(new HttpListenerHost());

public sealed class HelpfulErrorsInMemory() : HelpfulErrorTests(new InMemoryHost());

public sealed class HelpfulErrorsOnSockets() : HelpfulErrorTests(new SocketHost());

public sealed class HelpfulErrorsOnPortableSockets() : HelpfulErrorTests(new PortableSocketHost());

public sealed class HelpfulErrorsOnAspNetCore() : HelpfulErrorTests(new AspNetCoreHost());

/// <summary>An error says where and why: to the caller as far as the caller may know it, and otherwise to the hook.</summary>
public abstract class HelpfulErrorTests : HostTests
{
    private protected HelpfulErrorTests(Host host)
        : base(host)
    {
    }

    [Theory]
    [InlineData("""{"owner":"a","lines":[{"item":"tea"}]}""", "'qty' is missing at '$.lines[0]'")]
    [InlineData("""{"owner":"a","lines":[{"item":"tea","qty":"x"}]}""", "the value at '$.lines[0].qty' does not fit")]
    [InlineData("""{"owner":"a","lines":[{"item":"tea","qty":1},{}]}""", "'item', 'qty' are missing at '$.lines[1]'")]
    [InlineData("""{"lines":[]}""", "'owner' is missing (names are case-sensitive)")]
    [InlineData("""{"owner":null,"lines":[]}""", "'$.owner'")]
    [InlineData("""{"owner":"a","lines":[],"notes":{"a.b":{"qty":1}}}""", "'item' is missing at '$.notes['a.b']'")]
    public async Task Every_way_to_register_reports_the_path_inside_an_object(string cart, string reason)
    {
        var methods = new JsonRpcMethods()
            .Add("add", (Cart cart) => 1)
            .Add("later", (Cart cart, CancellationToken _) => Task.FromResult(1))
            .AddHandler<Cart, int>("whole", _ => 1);
        var server = Serve(methods);
        var plain = Start(options => JsonRpc.MakeServer(0, (Cart _) => 1, options));

        foreach (var (method, parameters) in new[] { ("add", $"[{cart}]"), ("later", $$"""{"cart":{{cart}} }"""), ("whole", cart) })
        {
            var message = await MessageAsync(server, method, parameters);
            message.Should().StartWith("Invalid params: ").And.Contain(reason).And.NotContain("System.");
            message.Contains("in 'cart' ", StringComparison.Ordinal).Should().Be(method != "whole");
        }
        (await plain.ExchangeAsync(RawRequest.Post(cart))).Text.Should().Contain(reason);
        Failures.Should().BeEmpty();
    }

    [Theory]
    [InlineData("text", "7", "a string")]
    [InlineData("text", "null", "a string")]
    [InlineData("count", "2.5", "a whole number from -2147483648 to 2147483647")]
    [InlineData("count", "3000000000", "a whole number from -2147483648 to 2147483647")]
    [InlineData("size", "\"x\"", "a whole number from 0 to 255, or null")]
    [InlineData("price", "\"1\"", "a number from -79228162514264337593543950335 to 79228162514264337593543950335")]
    [InlineData("isNew", "1", "true or false")]
    [InlineData("color", "\"purple\"", "one of 'red', 'darkGreen'")]
    [InlineData("when", "\"soon\"", "a date and time as a string, such as '2026-01-31T12:00:00Z'")]
    [InlineData("key", "\"x\"", "a UUID as a string")]
    [InlineData("line", "[]", "an object")]
    [InlineData("numbers", "1", "an array")]
    [InlineData("line", """{"item":1,"qty":1}""", "a string")]
    [InlineData("names", """{"a":"x"}""", "a whole number from -2147483648 to 2147483647")]
    public async Task A_value_that_does_not_fit_is_told_what_it_must_be(string name, string value, string expected)
    {
        var server = Serve(new JsonRpcMethods()
            .Add("text", (string text) => 1).Add("count", (int count) => 1).Add("size", (byte? size) => 1).Add("price", (decimal price) => 1).Add("isNew", (bool isNew) => 1)
            .Add("color", (Color color) => 1).Add("when", (DateTime when) => 1).Add("key", (Guid key) => 1).Add("line", (Line line) => 1)
            .Add("numbers", (int[] numbers) => 1).Add("names", (Dictionary<string, int> names) => 1));

        (await MessageAsync(server, name, $"[{value}]")).Should().Contain($"'{name}'").And.EndWith($" does not fit: it must be {expected}.");
    }

    /// <summary>Where a converter of the user's reads the value, or the value fits and something else does not, a guess would mislead.</summary>
    [Theory]
    [InlineData("code", "1")]
    [InlineData("coded", """{"Code":1}""")]
    [InlineData("maybe", "1")]
    [InlineData("byNumber", """{"x":1}""")]
    public async Task What_a_value_must_be_is_not_guessed(string name, string value)
    {
        var options = new JsonSerializerOptions { Converters = { new CodeConverter() } };
        var server = Serve(new JsonRpcMethods().Add("code", (Code code) => 1).Add("coded", (Coded coded) => 1).Add("maybe", (Code? maybe) => 1)
            .Add("byNumber", (Dictionary<int, int> byNumber) => 1), o => o.SerializerOptions = options);

        (await MessageAsync(server, name, $"[{value}]")).Should().EndWith(" does not fit.");
    }

    [Fact]
    public async Task The_exception_of_a_constructor_is_reported_and_its_id_is_sent()
    {
        var server = Serve(
            new JsonRpcMethods().Add("add", (Title title) => 1).Add("later", (Title title, CancellationToken _) => Task.FromResult(1)).AddHandler<Title, int>("whole", _ => 1));
        var plain = Start(options => JsonRpc.MakeServer(0, (Title _) => 1, options));
        const string empty = """{"text":""}""";

        var replies = new List<string>();
        foreach (var (method, parameters) in new[] { ("add", $"[{empty}]"), ("later", $"[{empty}]"), ("whole", empty) })
            replies.Add((await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}"""))).Text);
        replies.Add((await plain.ExchangeAsync(RawRequest.Post(empty))).Text);

        Failures.Should().HaveCount(4);
        foreach (var (reply, failure) in replies.Zip(Failures))
        {
            reply.Should().Contain("-32602").And.Contain(failure.Id).And.NotContain("must not be empty");
            failure.ToString().Should().Contain("A title must not be empty.");
        }
    }

    [Theory]
    [InlineData("{", "not JSON (line 1")]
    [InlineData("", "empty")]
    [InlineData("[1,2", "not JSON")]
    [InlineData("""{"jsonrpc":"2.0","method":"m","params":["\ud800"],"id":1}""", "surrogate")]
    public async Task A_parse_error_of_JSON_RPC_says_why(string body, string reason)
    {
        var server = Serve(new JsonRpcMethods().Add("m", () => 1));

        var error = JsonNode.Parse((await server.ExchangeAsync(RawRequest.Post(body))).Text)!["error"]!;

        ((int)error["code"]!, (string)error["message"]!).Should().Be((JsonRpcErrorCodes.ParseError, "Parse error"));
        ((string)error["data"]!["reason"]!).Should().Contain(reason);
    }

    [Fact]
    public async Task A_body_that_is_nested_too_deep_says_so_in_JSON_RPC()
    {
        var server = Serve(new JsonRpcMethods().Add("m", () => 1));

        (await server.ExchangeAsync(RawRequest.Post(new string('[', 100) + new string(']', 100)))).Text.Should().Contain("deeper than 64 levels");
    }

    [Fact]
    public async Task A_byte_order_mark_of_UTF8_is_ignored()
    {
        var plain = Serve(Echo);
        var rpc = Serve(new JsonRpcMethods().Add("m", () => 1));

        (await plain.ExchangeAsync(RawRequest.Post("\uFEFF1"))).Text.Should().Be("""{"echo":1}""");
        (await rpc.ExchangeAsync(RawRequest.Post("\uFEFF{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1}"))).Text.Should().Contain("\"result\":1");
        (await rpc.ExchangeAsync(RawRequest.Post("\uFEFF[{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"id\":1}]"))).Text.Should().Contain("\"result\":1");
    }

    [Fact]
    public async Task A_byte_order_mark_before_a_reply_is_ignored()
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.Reply(exchange.Path == "/no" ? 500 : 200, "application/json", exchange.Path switch
            {
                "/no" => "\uFEFF{\"error\":{\"code\":5,\"message\":\"no\"}}",
                _ => "\uFEFF{\"jsonrpc\":\"2.0\",\"result\":7,\"id\":1}",
            });
            return default;
        });
        using var client = server.MakeClient();
        using var no = JsonRpc.MakeClient(new Uri(server.Server.Address, "/no"), new() { Transport = Host.MakeClientTransport(server.Transport) });

        (await client.CallAsync<int>("m")).Should().Be(7);
        client.Command(1)!["result"]!.GetValue<int>().Should().Be(7);
        (await no.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(5);
    }

    public static TheoryData<byte[], string> OtherEncodings
    {
        get
        {
            const string text = """{"a":1}""";
            var data = new TheoryData<byte[], string>();
            foreach (var encoding in new Encoding[] { Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32, new UTF32Encoding(bigEndian: true, byteOrderMark: true) })
            {
                var name = encoding is UTF32Encoding ? "UTF-32" : "UTF-16";
                data.Add(encoding.GetBytes(text), name);
                data.Add([.. encoding.GetPreamble(), .. encoding.GetBytes(text)], name);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(OtherEncodings))]
    public async Task Another_encoding_is_named(byte[] body, string name)
    {
        var plain = Serve(Echo);
        var rpc = Serve(new JsonRpcMethods().Add("m", () => 1));

        foreach (var server in new[] { plain, rpc })
            (await server.ExchangeAsync(RawRequest.Post(body))).Text.Should().Contain("-32700").And.Contain($"the body is {name}; JSON must be UTF-8");
    }

    [Fact]
    public async Task The_error_for_an_unknown_name_lists_the_known_ones()
    {
        var server = Serve(new JsonRpcMethods().Add("ord", (Line line) => 1).Add("two", (int first, string second) => 1).Add("none", () => 1).Add("one", (int only) => 1));

        (await MessageAsync(server, "ord", """{"item":"tea","qty":1}""")).Should().Contain("there is no parameter 'item'.").And.Contain("""{"line":{...}}""")
            .And.Contain("AddHandler");
        (await MessageAsync(server, "two", """{"First":1}""")).Should().Contain("'First'").And.Contain("'first', 'second'").And.Contain("case-sensitive");
        (await MessageAsync(server, "none", """{"a":1}""")).Should().Contain("The method takes none.");
        (await MessageAsync(server, "one", """{"a":1}""")).Should().Contain("The method takes one: 'only'.");
    }

    [Fact]
    public async Task The_error_for_null_in_an_optional_parameter_says_to_leave_it_out()
    {
        var server = Serve(new JsonRpcMethods().Add("m", (int a, int b = 2, string c = "x") => a + b));

        (await MessageAsync(server, "m", "[1,null]")).Should().Contain("'b'").And.Contain("Leave it out");
        (await MessageAsync(server, "m", """{"a":1,"c":null}""")).Should().Contain("'c'").And.Contain("Leave it out");
        (await MessageAsync(server, "m", """{"a":null}""")).Should().NotContain("Leave it out");
    }

    [Fact]
    public async Task Error_data_is_written_with_the_servers_options_and_read_with_the_clients()
    {
        var problem = new Problem("sold out", 3);
        var methods = new JsonRpcMethods()
            .Add("now", int () => throw new JsonRpcException(1, "no", problem))
            .Add("later", async Task<int> () =>
            {
                await Task.Yield();
                throw new JsonRpcException(1, "no", problem);
            });
        var rpc = Serve(methods);
        var plain = Serve(_ => throw new JsonRpcException(1, "no", problem));
        var snake = Serve(methods, o => o.SerializerOptions = Snake());
        using var rpcClient = rpc.MakeClient();
        using var plainClient = plain.MakeClient();
        using var snakeClient = snake.MakeClient(new() { SerializerOptions = Snake() });

        foreach (var call in new Func<Task>[] { () => rpcClient.CallAsync("now"), () => rpcClient.CallAsync("later"), () => plainClient.CommandAsync(1),
            () => snakeClient.CallAsync("now") })
            (await FluentActions.Awaiting(call).Should().ThrowAsync<JsonRpcException>()).Which.GetData<Problem>().Should().Be(problem);
        var batch = snakeClient.CreateBatch();
        var inBatch = batch.CallAsync<int>("now");
        await batch.SendAsync();
        (await FluentActions.Awaiting(() => inBatch).Should().ThrowAsync<JsonRpcException>()).Which.GetData<Problem>().Should().Be(problem);
        (await snake.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"now","id":1}"""))).Text.Should().Contain("""{"what_is_wrong":"sold out","how_many":3}""");
        Failures.Should().BeEmpty();

        static JsonSerializerOptions Snake()
        {
            var options = JsonRpcDefaults.CreateSerializerOptions();
            options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            return options;
        }
    }

    [Fact]
    public async Task The_inner_exception_of_an_error_is_reported_and_not_sent()
    {
        var cause = new InvalidOperationException("inner workings");
        var rpc = Serve(new JsonRpcMethods().Add("m", int () => throw new JsonRpcException(1, "no", null, cause))
            .Add("data", int () => throw new JsonRpcException(1, "no", new { a = 1 }, cause)));
        var plain = Serve(_ => throw new JsonRpcException(1, "no", null, cause));

        string[] replies =
        [
            (await rpc.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"m","id":1}"""))).Text,
            (await plain.ExchangeAsync(RawRequest.Post("1"))).Text,
            (await rpc.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"data","id":1}"""))).Text,
        ];

        Failures.Should().HaveCount(3).And.OnlyContain(f => f.Exception.InnerException == cause && f.ToString().Contains("inner workings"));
        replies.Should().OnlyContain(reply => !reply.Contains("inner workings"));
        replies[0].Should().Contain(Failures[0].Id);
        replies[1].Should().Contain(Failures[1].Id);
        replies[2].Should().Contain("""{"a":1}""");
    }

    [Fact]
    public async Task A_failure_shows_its_code_and_data_and_no_meaningless_status()
    {
        var rpc = Serve(new JsonRpcMethods().Add("m", int () => throw new JsonRpcException(17, "no", new { limit = "1 €" })).Add("list", () => new[] { 1, 2 }));
        var plain = Serve(x => x is null ? throw new JsonRpcException(17, "no") : new JsonArray(1, 2));
        using var rpcClient = rpc.MakeClient();
        using var plainClient = plain.MakeClient();

        var inRpc = (await rpcClient.Invoking(c => c.CallAsync("m")).Should().ThrowAsync<JsonRpcException>()).Which;
        var inPlain = (await plainClient.Invoking(c => c.CommandAsync(null)).Should().ThrowAsync<JsonRpcException>()).Which;
        var misfit = (await plainClient.Invoking(c => c.CommandAsync<int>(1)).Should().ThrowAsync<HttpRequestException>()).Which;
        var inner = (await rpcClient.Invoking(c => c.CallAsync<int>("list")).Should().ThrowAsync<HttpRequestException>()).Which;

        inRpc.ToString().Should().StartWith("JsonRpcLite.JsonRpcException: no (code 17, data {\"limit\":\"1 €\"})" + Environment.NewLine);
        inPlain.ToString().Should().StartWith("JsonRpcLite.JsonRpcException: no (code 17, status 500)");
        misfit.Message.Should().EndWith("It sent '[1,2]'.");
        inner.Message.Should().Contain("[1,2]").And.NotContain("200");
    }

    [Fact]
    public async Task Parameter_names_follow_the_naming_policy_and_the_case_sensitivity_of_the_options()
    {
        var snake = JsonRpcDefaults.CreateSerializerOptions();
        snake.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        var anyCase = JsonRpcDefaults.CreateSerializerOptions();
        anyCase.PropertyNameCaseInsensitive = true;
        var methods = new JsonRpcMethods()
            .Add("add", (int userId, int more = 0) => new { userId })
            .Add("later", (int userId, CancellationToken _) => Task.FromResult(new { userId }))
            .Add("named", ([JsonRpcName("theId")] int userId) => new { userId })
            .Describe("add", new() { Parameters = { ["user_id"] = "Who." } });
        var bySnake = Serve(methods, o => o.SerializerOptions = snake);
        var byAnyCase = Serve(methods, o => o.SerializerOptions = anyCase);

        foreach (var method in new[] { "add", "later" })
        {
            (await TextAsync(bySnake, method, """{"user_id":7}""")).Should().Contain("""{"user_id":7}""");
            (await TextAsync(byAnyCase, method, """{"USERID":7}""")).Should().Contain("""{"userId":7}""");
            (await MessageAsync(bySnake, method, """{"userId":7}""")).Should().Contain("'user_id'");
        }
        (await TextAsync(bySnake, "named", """{"theId":7}""")).Should().Contain("""{"user_id":7}""");
        (await TextAsync(bySnake, "rpc.discover", "[]")).Should().Contain("\"name\":\"user_id\",\"description\":\"Who.\"");
    }

    [Fact]
    public async Task Two_parameter_names_that_collide_in_calls_are_refused_at_startup()
    {
        var snake = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
        var anyCase = new JsonSerializerOptions { PropertyNameCaseInsensitive = true };

        Refused(m => m.Add("m", (int userId, int user_id) => 1), snake, "'userId' and 'user_id'");
        Refused(m => m.Add("m", (int a, CancellationToken token, int A) => Task.FromResult(1)), anyCase, "'a' and 'A'");
        Refused(m => m.Add("m", (int Url, string url) => 1), null, "'Url' and 'url'");
        Refused(m => m.Add("m", ([JsonRpcName("b")] int a, int B) => 1), null, "'a' and 'B'");
        Refused(m => m.AddHandler("m", (Alike alike) => 1), snake, "'UserId' and 'User_Id'");
        Refused(m => m.AddHandler("m", (Dictionary<string, List<Alike>> alike) => 1), snake, "'UserId' and 'User_Id'");
        Refused(m => m.Add("m", () => new { inside = new Alike(1, 2) }), snake, "'UserId' and 'User_Id'");

        var fine = Serve(new JsonRpcMethods().Add("m", (int userId, int user_id) => userId - user_id).Add("discards", (int _, int _) => 1)
            .AddHandler("whole", (Alike alike) => alike.UserId), o => o.SerializerOptions = new());
        (await TextAsync(fine, "m", """{"userId":3,"user_id":1}""")).Should().Contain("\"result\":2");
        (await TextAsync(fine, "discards", "[1,2]")).Should().Contain("\"result\":1");

        void Refused(Action<JsonRpcMethods> add, JsonSerializerOptions? options, string names)
        {
            var methods = new JsonRpcMethods();
            add(methods);
            FluentActions.Invoking(() => Serve(methods, o => o.SerializerOptions = options)).Should().Throw<NotSupportedException>().Which.Message.Should().Contain(names)
                .And.MatchRegex(@"\[JsonRpcName\]|\[JsonPropertyName\]");
        }
    }

    /// <summary>An exception has properties that cannot be serialized, and details that a caller should not see; a member of its type is refused whatever its value.</summary>
    [Fact]
    public async Task A_member_that_is_an_exception_is_refused_unless_it_is_ignored()
    {
        FluentActions.Invoking(() => Serve(new JsonRpcMethods().Add("m", () => new Failing(1, null)))).Should().Throw<NotSupportedException>()
            .WithMessage("*Exception*[JsonIgnore]*");
        FluentActions.Invoking(() => Serve(new JsonRpcMethods().AddHandler("m", (Failing f) => 1))).Should().Throw<NotSupportedException>().WithMessage("*Exception*[JsonIgnore]*");

        var server = Serve(new JsonRpcMethods().Add("m", () => new Discreet { Value = 1, Error = new InvalidOperationException("inner workings") }));

        (await TextAsync(server, "m", "[]")).Should().Contain("""{"value":1}""");
    }

    [Fact]
    public async Task A_handler_may_take_the_call_beside_the_parameters()
    {
        var server = Serve(new JsonRpcMethods().AddHandler<Line, string>("m", async (line, call, token) =>
        {
            await Task.Delay(1, token);
            return $"{call.Method} {line.Item} {call.Exchange.Method}";
        }));

        var sync = Serve(new JsonRpcMethods()
            .AddHandler("call", (Line line, JsonRpcCall call, CancellationToken token) => $"{call.Method} {line.Item} {token.CanBeCanceled}")
            .AddHandler("token", (Line line, CancellationToken token) => $"{line.Item} {token.CanBeCanceled}"));

        (await TextAsync(sync, "call", """{"item":"tea","qty":1}""")).Should().Contain("\"call tea True\"");
        (await TextAsync(sync, "token", """{"item":"tea","qty":1}""")).Should().Contain("\"tea True\"");
        (await TextAsync(server, "m", """{"item":"tea","qty":1}""")).Should().Contain("\"m tea POST\"");
        (await MessageAsync(server, "m", """{"item":"tea"}""")).Should().Contain("'qty' is missing");
    }

    [Fact]
    public async Task A_node_that_is_returned_twice_is_reported_with_the_fix()
    {
        var node = JsonValue.Create(1);
        var server = Serve(_ => new JsonObject { ["a"] = node });

        (await server.ExchangeAsync(RawRequest.Post("1"))).Status.Should().Be(200);
        (await server.ExchangeAsync(RawRequest.Post("1"))).Status.Should().Be(500);

        Failures.Should().ContainSingle().Which.ToString().Should().Contain("DeepClone()");
    }

    [Fact]
    public void Describing_an_unknown_parameter_is_refused()
    {
        var methods = new JsonRpcMethods().Add("add", (int a, CancellationToken token) => a).AddHandler<Line, int>("whole", _ => 1)
            .Add("raw", (JsonRpcCall call, CancellationToken _) => default(ValueTask));

        foreach (var (method, parameter) in new[] { ("add", "b"), ("add", "token"), ("whole", "price") })
            FluentActions.Invoking(() => methods.Describe(method, new() { Parameters = { [parameter] = "?" } })).Should().Throw<ArgumentException>()
                .WithMessage($"*'{method}'*'{parameter}'*");
        methods.Describe("add", new() { Parameters = { ["a"] = "A number." } }).Describe("whole", new() { Parameters = { ["qty"] = "How many." } });
    }

    private static async Task<string> TextAsync(HostedServer server, string method, string parameters) =>
        (await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}"""))).Text;

    private static async Task<string> MessageAsync(HostedServer server, string method, string parameters)
    {
        var reply = await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}"""));
        var error = JsonNode.Parse(reply.Text)!["error"]!;
        ((int)error["code"]!).Should().Be(JsonRpcErrorCodes.InvalidParams);
        return (string)error["message"]!;
    }

    private sealed record Cart(string Owner, Line[] Lines, Dictionary<string, Line>? Notes = null);

    private sealed record Line(string Item, int Qty);

    private enum Color
    {
        Red,
        DarkGreen,
    }

    private readonly record struct Code(string Text);

    private sealed record Coded([property: System.Text.Json.Serialization.JsonConverter(typeof(PrefixedConverter))] string Code);

    private sealed class CodeConverter : System.Text.Json.Serialization.JsonConverter<Code>
    {
        public override Code Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.String ? new(reader.GetString()!) : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, Code value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
    }

    private sealed class PrefixedConverter : System.Text.Json.Serialization.JsonConverter<string>
    {
        public override string Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new JsonException();

        public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
    }

    private sealed record Alike(int UserId, int User_Id);

    private sealed record Failing(int Value, Exception? Error);

    private sealed class Discreet
    {
        public int Value { get; init; }

        [System.Text.Json.Serialization.JsonIgnore]
        public Exception? Error { get; init; }
    }

    private sealed record Problem(string WhatIsWrong, int HowMany);

    private sealed record Title
    {
        public Title(string text) => Text = text.Length > 0 ? text : throw new ArgumentException("A title must not be empty.");

        public string Text { get; }
    }
}
