using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class MiddlewareOnHttpListener() : MiddlewareTests(new HttpListenerHost());

public sealed class MiddlewareInMemory() : MiddlewareTests(new InMemoryHost());

public sealed class MiddlewareOnSockets() : MiddlewareTests(new SocketHost());

public sealed class MiddlewareOnPortableSockets() : MiddlewareTests(new PortableSocketHost());

public sealed class MiddlewareOnAspNetCore() : MiddlewareTests(new AspNetCoreHost());

/// <summary>Middleware of a server around the calls of methods: its order, what it sees of a call, and how it changes the result.</summary>
public abstract class MiddlewareTests : HostTests
{
    private readonly ConcurrentQueue<string> _log = [];

    private protected MiddlewareTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task The_middleware_that_is_added_first_is_the_outermost()
    {
        var server = Serve(Methods().Use(Log("a")).Use((info, next) => Around($"b of {info.Name}", next)).Use(Log("c")));

        (await CallAsync(server, "add", "[1,2]")).Should().Be("""{"jsonrpc":"2.0","result":3,"id":1}""");

        _log.Should().Equal("a in", "b of add in", "c in", "c out", "b of add out", "a out");
    }

    [Fact]
    public async Task Methods_that_are_added_later_and_rpc_discover_have_the_middleware_too()
    {
        var server = Serve(new JsonRpcMethods().Use(Log("a")).Add("add", (int a, int b) => a + b));

        await CallAsync(server, "add", "[1,2]");
        (await CallAsync(server, "rpc.discover", "[]")).Should().Contain("openrpc");

        _log.Should().Equal("a in", "a out", "a in", "a out");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_middleware_may_answer_without_the_method(bool waits)
    {
        var server = Serve(Methods().Use(async (call, next, _) =>
        {
            if (waits)
                await Task.Yield();
            call.Result.WriteStringValue("instead");
        }));

        (await CallAsync(server, "log", "[1]")).Should().Be("""{"jsonrpc":"2.0","result":"instead","id":1}""");

        _log.Should().BeEmpty();
    }

    [Fact]
    public async Task A_middleware_that_writes_nothing_answers_null()
    {
        var server = Serve(Methods().Use((_, _, _) => default));

        (await CallAsync(server, "add", "[1,2]")).Should().Be("""{"jsonrpc":"2.0","result":null,"id":1}""");
    }

    [Fact]
    public async Task An_error_of_a_middleware_is_the_answer_and_what_the_method_wrote_is_discarded()
    {
        var server = Serve(Methods().Use(async (call, next, token) =>
        {
            await next(call, token);
            throw new JsonRpcException(7, "No.");
        }));

        (await CallAsync(server, "add", "[1,2]")).Should().Be("""{"jsonrpc":"2.0","error":{"code":7,"message":"No."},"id":1}""");
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task An_unexpected_exception_of_a_middleware_is_reported_and_its_text_is_not_sent()
    {
        var server = Serve(Methods().Use((_, _, _) => throw new FormatException("secret")));

        var text = await CallAsync(server, "add", "[1,2]");

        text.Should().Contain("-32603").And.NotContain("secret");
        Failures.Should().ContainSingle().Which.Exception.Should().BeOfType<FormatException>();
    }

    [Fact]
    public async Task A_middleware_sees_what_the_method_throws_and_may_map_it()
    {
        var server = Serve(new JsonRpcMethods().Add("fail", (int a) => a > 0 ? throw new FileNotFoundException("gone") : a).Use(async (call, next, token) =>
        {
            try
            {
                await next(call, token);
            }
            catch (FileNotFoundException e)
            {
                throw new JsonRpcException(404, e.Message);
            }
        }));

        (await CallAsync(server, "fail", "[1]")).Should().Contain("""{"code":404,"message":"gone"}""");
        Failures.Should().BeEmpty();
    }

    [Theory]
    [InlineData("add")]
    [InlineData("broken")]
    [InlineData("later")]
    public async Task The_method_may_be_called_again_and_its_result_starts_over(string method)
    {
        var failures = 0;
        var methods = Methods()
            .Add("broken", (call, _) =>
            {
                call.Result.WriteStartObject();
                if (Interlocked.Increment(ref failures) == 1)
                    throw new TimeoutException("deadlock victim");
                call.Result.WriteEndObject();
                return default;
            })
            .Add("later", async (int a, int b) =>
            {
                await Task.Yield();
                return a + b;
            });
        var server = Serve(methods.Use(async (call, next, token) =>
        {
            try
            {
                await next(call, token);
            }
            catch (TimeoutException)
            {
                // Once more below.
            }
            await next(call, token);
        }));

        var parameters = method == "broken" ? "[]" : "[1,2]";
        (await CallAsync(server, method, parameters)).Should().Be($$"""{"jsonrpc":"2.0","result":{{(method == "broken" ? "{}" : "3")}},"id":1}""");
    }

    [Fact]
    public async Task A_middleware_sees_the_result_and_may_write_another()
    {
        var server = Serve(Methods().Use(async (call, next, token) =>
        {
            await next(call, token);
            var result = Encoding.UTF8.GetString(call.WrittenResult);
            call.ClearResult();
            call.WrittenResult.IsEmpty.Should().BeTrue();
            call.Result.WriteStringValue($"was {result}");
        }));

        (await CallAsync(server, "add", "[1,2]")).Should().Be("""{"jsonrpc":"2.0","result":"was 3","id":1}""");
        (await CallAsync(server, "add", "[3,4]")).Should().Be("""{"jsonrpc":"2.0","result":"was 7","id":1}""");
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_call_has_its_id_its_index_in_the_batch_and_items_of_its_own()
    {
        var server = Serve(Methods().Use(async (call, next, token) =>
        {
            call.Items.Should().BeEmpty();
            call.Items["id"] = Encoding.UTF8.GetString(call.Id.Span);
            await next(call, token);
            _log.Enqueue($"{call.Items["id"]} at {call.BatchIndex}, notification {call.IsNotification}");
        }));

        await server.ExchangeAsync(RawRequest.Post("""
            [{"jsonrpc":"2.0","method":"add","params":[1,2],"id":"a\u0062"},{"jsonrpc":"2.0","method":"add","params":[1,2]},5,{"jsonrpc":"2.0","method":"none","id":9},{"jsonrpc":"2.0","method":"add","params":[1,2],"id":null}]
            """));
        await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1.50}"""));
        await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"add","params":[1,2]}"""));

        _log.Order(StringComparer.Ordinal).Should().Equal(
            " at -1, notification True",
            " at 1, notification True",
            "\"a\\u0062\" at 0, notification False",
            "1.50 at -1, notification False",
            "null at 4, notification False");
    }

    [Fact]
    public async Task Middleware_never_sees_a_request_that_is_not_a_call()
    {
        var server = Serve(Methods().Use(Log("a")));

        foreach (var body in new[] { "{", "5", "[]", """{"jsonrpc":"1.0","method":"add","id":1}""", """{"jsonrpc":"2.0","method":"none","id":1}""" })
            await server.ExchangeAsync(RawRequest.Post(body));
        await server.ExchangeAsync(new RawRequest("GET"));

        _log.Should().BeEmpty();
    }

    [Fact]
    public async Task A_notification_has_middleware_and_what_it_throws_is_reported()
    {
        var server = Serve(Methods().Use(async (call, next, token) =>
        {
            await next(call, token);
            call.Result.WriteStringValue("nobody gets this");
            throw new JsonRpcException(7, "No.");
        }).Use((call, next, token) => next(call, token)));

        var reply = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"log","params":[5]}"""));

        (reply.Status, reply.Text).Should().Be((204, ""));
        _log.Should().Equal("5");
        Failures.Should().ContainSingle().Which.Method.Should().Be("log");
    }

    [Fact]
    public async Task The_fallback_answers_names_that_are_not_registered_without_their_escapes()
    {
        var server = Serve(Methods().Use(Log("a")).AddFallback((call, _) =>
        {
            if (call.Method == "none")
                throw new JsonRpcException(JsonRpcErrorCodes.MethodNotFound, "Method not found");
            call.Result.WriteStringValue($"{call.Method}({Encoding.UTF8.GetString(call.Parameters.Span)})");
            return default;
        }));

        (await CallAsync(server, "\\u0061ny \\\"one\\\"", "[1]"))
            .Should().Be("""{"jsonrpc":"2.0","result":"any \u0022one\u0022([1])","id":1}""".Replace("\\u0022", "\\\"", StringComparison.Ordinal));
        (await CallAsync(server, "rpc.anything", "[1]")).Should().Contain("rpc.anything([1])");
        (await CallAsync(server, "none", "[1]")).Should().Contain("-32601");
        (await CallAsync(server, "\\u0061dd", "[1,2]")).Should().Contain("\"result\":3");
        _log.Should().HaveCount(7, "the fallback has the middleware too, and threw once");
    }

    [Fact]
    public async Task Only_authenticated_and_authorized_users_may_call_and_a_batch_is_authorized_call_by_call()
    {
        var methods = Methods().Add("free", () => "free").RequireUser("add").RequireUser("log", user => user.Identity!.Name == "Ann")
            .RequireUser("log", user => !user.IsInRole("guest"));
        var server = Serve(methods, o => o.Use(next => (exchange, token) =>
        {
            exchange.User = exchange.RequestHeaders["X-User"] switch
            {
                null => null,
                "nobody" => new ClaimsPrincipal(new ClaimsIdentity()),
                var name => new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], "test")),
            };
            return next(exchange, token);
        }));
        const string batch = """
            [{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1},{"jsonrpc":"2.0","method":"free","id":2},{"jsonrpc":"2.0","method":"log","params":[1],"id":3}]
            """;
        const string refused = """{"code":-32003,"message":"Not allowed"}""";

        var none = await server.ExchangeAsync(RawRequest.Post(batch));
        var anonymous = await server.ExchangeAsync(RawRequest.Post(batch).With("X-User", "nobody"));
        var bob = await server.ExchangeAsync(RawRequest.Post(batch).With("X-User", "Bob"));
        var ann = await server.ExchangeAsync(RawRequest.Post(batch).With("X-User", "Ann"));

        var free = """{"jsonrpc":"2.0","result":"free","id":2}""";
        none.Text.Should().Be($$"""[{"jsonrpc":"2.0","error":{{refused}},"id":1},{{free}},{"jsonrpc":"2.0","error":{{refused}},"id":3}]""");
        anonymous.Text.Should().Be(none.Text);
        bob.Text.Should().Be($$"""[{"jsonrpc":"2.0","result":3,"id":1},{{free}},{"jsonrpc":"2.0","error":{{refused}},"id":3}]""");
        ann.Text.Should().NotContain("error");
        _log.Should().Equal("1");
    }

    private JsonRpcMethods Methods() => new JsonRpcMethods().Add("add", (int a, int b) => a + b).Add("log", (int n) => _log.Enqueue($"{n}"));

    private JsonRpcMiddleware Log(string name) => async (call, next, token) =>
    {
        _log.Enqueue($"{name} in");
        await next(call, token);
        _log.Enqueue($"{name} out");
    };

    private JsonRpcMethod Around(string name, JsonRpcMethod next) => (call, token) => Log(name)(call, next, token);

    private static async Task<string> CallAsync(HostedServer server, string method, string parameters) =>
        (await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}"""))).Text;
}
