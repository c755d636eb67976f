using System.Collections.Concurrent;
using System.Security.Claims;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class ExchangeMiddlewareOnHttpListener() : ExchangeMiddlewareTests(new HttpListenerHost());

public sealed class ExchangeMiddlewareInMemory() : ExchangeMiddlewareTests(new InMemoryHost());

public sealed class ExchangeMiddlewareOnSockets() : ExchangeMiddlewareTests(new SocketHost());

public sealed class ExchangeMiddlewareOnPortableSockets() : ExchangeMiddlewareTests(new PortableSocketHost());

public sealed class ExchangeMiddlewareOnAspNetCore() : ExchangeMiddlewareTests(new AspNetCoreHost());

/// <summary>Middleware of a server around whole HTTP exchanges.</summary>
public abstract class ExchangeMiddlewareTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _log = [];

    private protected ExchangeMiddlewareTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task Exchange_middleware_wraps_the_function_but_not_health_the_page_or_405()
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
    public async Task Exchange_middleware_sees_refusals_by_authentication_but_not_by_the_guard()
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
    public async Task A_user_that_middleware_sets_is_not_authenticated_again_unless_it_is_anonymous()
    {
        var server = Serve(new JsonRpcMethods().Add("who", (JsonRpcCall call) => call.User?.Identity?.Name), o =>
        {
            o.Authenticate = BearerToken.Check(new Dictionary<string, string> { ["Ann"] = "a" });
            o.Use(next => (exchange, token) =>
            {
                exchange.User = exchange.RequestHeaders["X-User"] is { } name
                    ? new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], name == "nobody" ? null : "test")) : null;
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
    public async Task Exchange_middleware_may_answer_refuse_or_fail(string what, int status)
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

    private static async Task<string> CallAsync(HostedServer server, string method, string parameters) =>
        (await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}"""))).Text;
}
