using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class MiddlewareOnHttpListener() : MiddlewareTests(new HttpListenerHost());

public sealed class MiddlewareInMemory() : MiddlewareTests(new InMemoryHost());

public sealed class MiddlewareOnSockets() : MiddlewareTests(new SocketHost());

public sealed class MiddlewareOnPortableSockets() : MiddlewareTests(new PortableSocketHost());

public sealed class MiddlewareOnKestrel() : MiddlewareTests(new KestrelHost());

/// <summary>Middleware of a server: around the calls of methods, and around whole exchanges.</summary>
public abstract class MiddlewareTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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
    public async Task An_error_of_a_middleware_is_the_answer_and_what_the_method_wrote_is_gone()
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
    public async Task An_unexpected_exception_of_a_middleware_is_reported_and_its_text_does_not_travel()
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
    public async Task The_method_may_be_called_again_and_begins_its_result_anew(string method)
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
    public async Task A_call_says_its_id_its_place_in_the_batch_and_keeps_items_of_its_own()
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
    public async Task What_is_not_a_call_is_never_seen()
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

        (await CallAsync(server, "\\u0061ny \\\"one\\\"", "[1]")).Should().Be("""{"jsonrpc":"2.0","result":"any \u0022one\u0022([1])","id":1}""".Replace("\\u0022", "\\\"", StringComparison.Ordinal));
        (await CallAsync(server, "rpc.anything", "[1]")).Should().Contain("rpc.anything([1])");
        (await CallAsync(server, "none", "[1]")).Should().Contain("-32601");
        (await CallAsync(server, "\\u0061dd", "[1,2]")).Should().Contain("\"result\":3");
        _log.Should().HaveCount(7, "the fallback has the middleware too, and threw once");
    }

    [Fact]
    public async Task Only_users_that_are_authenticated_and_allowed_may_call_and_a_batch_is_judged_call_by_call()
    {
        var methods = Methods().Add("free", () => "free").RequireUser("add").RequireUser("log", user => user.Identity!.Name == "Ann").RequireUser("log", user => !user.IsInRole("guest"));
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
        var nobody = await server.ExchangeAsync(RawRequest.Post(batch).With("X-User", "nobody"));
        var bob = await server.ExchangeAsync(RawRequest.Post(batch).With("X-User", "Bob"));
        var ann = await server.ExchangeAsync(RawRequest.Post(batch).With("X-User", "Ann"));

        var free = """{"jsonrpc":"2.0","result":"free","id":2}""";
        none.Text.Should().Be($$"""[{"jsonrpc":"2.0","error":{{refused}},"id":1},{{free}},{"jsonrpc":"2.0","error":{{refused}},"id":3}]""");
        nobody.Text.Should().Be(none.Text);
        bob.Text.Should().Be($$"""[{"jsonrpc":"2.0","result":3,"id":1},{{free}},{"jsonrpc":"2.0","error":{{refused}},"id":3}]""");
        ann.Text.Should().NotContain("error");
        _log.Should().Equal("1");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_over_its_time_is_seen_as_what_its_caller_got(bool succeedsLate)
    {
        var entered = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = Serve(new JsonRpcMethods().Add("slow", async (CancellationToken token) =>
        {
            entered.SetResult();
            await (succeedsLate ? gate.Task : gate.Task.WaitAsync(token));
            return 1;
        }).Use(async (call, next, token) =>
        {
            try
            {
                await next(call, token);
                seen.SetResult(null);
            }
            catch (Exception e)
            {
                seen.SetResult(e);
                throw;
            }
        }), o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(5));

        var calling = CallAsync(server, "slow", "[]");
        await entered.Task.WaitAsync(Patience);
        Clock.Advance(TimeSpan.FromSeconds(7));
        (await calling).Should().Contain("-32001");
        gate.TrySetResult();

        (await seen.Task.WaitAsync(Patience)).Should().BeOfType<JsonRpcException>().Which.Code.Should().Be(JsonRpcErrorCodes.TimedOut);
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_middleware_that_never_ends_is_over_its_time_and_keeps_its_permit()
    {
        var entered = new SemaphoreSlim(0);
        var gate = new TaskCompletionSource();
        var server = Serve(Methods().Use(async (call, next, token) =>
        {
            entered.Release();
            await gate.Task;
            await next(call, token);
        }), o => (o.Limits.HandlerTimeout, o.Limits.MaxConcurrentCalls) = (TimeSpan.FromSeconds(5), 1));

        var calling = CallAsync(server, "log", "[1]");
        (await entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(7));
        (await calling).Should().Contain("-32001");
        (await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"""))).Status.Should().Be(503);

        gate.SetResult();
    }

    [Fact]
    public async Task A_middleware_that_throws_without_awaiting_the_method_is_answered_when_the_method_has_ended()
    {
        var (gate, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        var server = Serve(new JsonRpcMethods().Add("slow", async () =>
        {
            await gate.Task;
            return "late";
        }).Use(async (call, next, token) =>
        {
            try
            {
                await next(call, token);
            }
            finally
            {
                left.SetResult();
            }
        }).Use((call, next, token) =>
        {
            _ = next(call, token).AsTask();
            throw new JsonRpcException(7, "No.");
        }));

        var calling = CallAsync(server, "slow", "[]");
        await left.Task.WaitAsync(Patience);
        calling.IsCompleted.Should().BeFalse("its memory is still the method's");
        gate.SetResult();

        (await calling).Should().Contain("\"code\":7").And.NotContain("late");
    }

    [Fact]
    public async Task Two_at_a_time_is_refused_to_a_middleware()
    {
        var gate = new TaskCompletionSource();
        var server = Serve(new JsonRpcMethods().Add("slow", async () =>
        {
            await gate.Task;
            return 1;
        }).Use(async (call, next, token) =>
        {
            var first = next(call, token);
            try
            {
                await next(call, token);
            }
            catch (InvalidOperationException e)
            {
                _log.Enqueue(e.Message);
                gate.SetResult();
            }
            await first;
        }));

        (await CallAsync(server, "slow", "[]")).Should().Contain("\"result\":1");
        _log.Should().ContainSingle().Which.Should().Contain("Await it");
    }

    [Fact]
    public async Task A_method_hears_that_the_server_stops()
    {
        var entered = new TaskCompletionSource();
        var server = Serve(new JsonRpcMethods().Add("long", async (JsonRpcCall call) =>
        {
            var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var registered = call.ServerStopping.Register(stopping.SetResult);
            entered.SetResult();
            await stopping.Task;
            return "ended early";
        }));

        var calling = CallAsync(server, "long", "[]");
        await entered.Task.WaitAsync(Patience);
        var stop = server.Server.StopAsync();

        (await calling.WaitAsync(Patience)).Should().Contain("ended early");
        await stop.WaitAsync(Patience);
    }

    [Fact]
    public async Task Middleware_of_exchanges_stands_around_the_function_and_leaves_health_page_and_405_alone()
    {
        var server = Serve(Echo, o => o.Use(next => async (exchange, token) =>
        {
            exchange.Items["a"] = "shared";
            _log.Enqueue($"{exchange.Method} in");
            await next(exchange, token);
            _log.Enqueue($"{exchange.StatusCode} out, {exchange.Items["a"]}");
        }).Use(next => (exchange, token) =>
        {
            exchange.AddStandingHeader("X-By", (string)exchange.Items["a"]!);
            return next(exchange, token);
        }));

        var called = await server.ExchangeAsync(RawRequest.Post("1"));
        var health = await server.ExchangeAsync(new RawRequest("GET", "/health/live"));
        var page = await server.ExchangeAsync(new RawRequest("GET").With("Accept", "text/html"));
        var other = await server.ExchangeAsync(new RawRequest("DELETE"));

        (called.Text, called["X-By"]).Should().Be(("""{"echo":1}""", "shared"));
        (health.Status, health["X-By"]).Should().Be((200, null));
        (other.Status, other["X-By"]).Should().Be((405, "shared"));
        page.Status.Should().Be(200);
        _log.Should().Equal("POST in", "200 out, shared", "GET in", "200 out, shared", "DELETE in", "405 out, shared");
    }

    [Fact]
    public async Task Middleware_of_exchanges_sees_refusals_of_authentication_but_not_of_the_guard()
    {
        var server = Serve(Echo, o =>
        {
            o.Authenticate = BearerToken.Check("token");
            o.Middleware.Add(next => async (exchange, token) =>
            {
                await next(exchange, token);
                _log.Enqueue($"{exchange.StatusCode}");
            });
        });

        await server.ExchangeAsync(RawRequest.Post("1"));
        await server.ExchangeAsync(RawRequest.Post("1").With("Origin", "https://evil.example"));

        _log.Should().Equal("401");
    }

    [Fact]
    public async Task A_user_that_middleware_sets_is_not_asked_for_again_unless_it_is_anonymous()
    {
        var server = Serve(new JsonRpcMethods().Add("who", (JsonRpcCall call) => call.User?.Identity?.Name), o =>
        {
            o.Authenticate = BearerToken.Check(new Dictionary<string, string> { ["Ann"] = "a" });
            o.Use(next => (exchange, token) =>
            {
                exchange.User = exchange.RequestHeaders["X-User"] is { } name ? new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], name == "nobody" ? null : "test")) : null;
                return next(exchange, token);
            });
        });
        var request = RawRequest.Post("""{"jsonrpc":"2.0","method":"who","id":1}""");

        (await server.ExchangeAsync(request.With("X-User", "Bob"))).Text.Should().Contain("Bob");
        (await server.ExchangeAsync(request.With("X-User", "nobody"))).Status.Should().Be(401);
        (await server.ExchangeAsync(request.With("Authorization", "Bearer a"))).Text.Should().Contain("Ann");
        (await server.ExchangeAsync(request)).Status.Should().Be(401);
    }

    [Theory]
    [InlineData("answers", 418)]
    [InlineData("refuses", 429)]
    [InlineData("throws", 500)]
    [InlineData("foreign", 500)]
    public async Task Middleware_of_exchanges_may_answer_refuse_or_fail(string what, int status)
    {
        var server = Serve(Methods(), o => o.Use(next => async (exchange, token) =>
        {
            switch (what)
            {
                case "answers":
                    exchange.Reply(418, "text/plain", "tea");
                    return;
                case "refuses":
                    throw new HttpRefusalException(429, "Too many.");
                case "throws":
                    throw new FormatException("secret");
                default:
                    await next(new HttpExchange(), token);
                    return;
            }
        }));

        var reply = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"""));

        reply.Status.Should().Be(status);
        reply.Text.Should().NotContain("secret");
        Failures.Should().HaveCount(status == 500 ? 1 : 0);
    }

    [Fact]
    public async Task A_full_server_with_middleware_does_not_say_that_nothing_has_run()
    {
        var entered = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        var server = Serve(new JsonRpcMethods().Add("slow", async () =>
        {
            entered.SetResult();
            await gate.Task;
            return 1;
        }), o =>
        {
            o.Limits.MaxConcurrentCalls = 1;
            o.Use(next => next);
        });

        var first = CallAsync(server, "slow", "[]");
        await entered.Task.WaitAsync(Patience);
        var second = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"slow","id":1}"""));
        gate.SetResult();
        await first;

        (second.Status, second["Retry-After"]).Should().Be((503, "1"));
        second.Text.Should().NotContain("notRun");
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
