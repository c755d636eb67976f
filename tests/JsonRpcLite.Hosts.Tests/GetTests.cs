using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite.TestContracts;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class GetsOnHttpListener() : GetTests(new HttpListenerHost());

public sealed class GetsInMemory() : GetTests(new InMemoryHost());

public sealed class GetsOnSockets() : GetTests(new SocketHost());

public sealed class GetsOnPortableSockets() : GetTests(new PortableSocketHost());

public sealed class GetsOnAspNetCore() : GetTests(new AspNetCoreHost());

/// <summary>Calls by GET: how a target becomes a call, which reply it gets, and what caches may do with it.</summary>
public abstract class GetTests : HostTests
{
    private int _reads;

    private protected GetTests(Host host)
        : base(host)
    {
    }

    [Theory]
    [InlineData("/?method=read&params=%5B4%5D", "8")]
    [InlineData("/any/path?method=read&params=%7B%22n%22%3A4%7D", "8")]
    [InlineData("/?params=%5B4%5D&x=%ZZ&&=&method=read", "8")]
    [InlineData("/?method=r%65ad&params=[4]", "8")]
    [InlineData("/?method=hello&params=%5B%22a+b%2B%F0%9F%98%80%22%5D", "\"a b+😀\"")]
    [InlineData("/?method=nothing", "null")]
    [InlineData("/?method=nothing&params=null", "null")]
    [InlineData("/?method=h%C3%A9llo", "\"é\"")]
    [InlineData("/?method=rows", "[1,2,3]")]
    public async Task A_target_is_a_call_and_its_result_is_the_body(string target, string result)
    {
        var server = Serve(Methods(), AllowGet);

        var reply = await server.ExchangeAsync(RawRequest.Get(target).With("Accept", "text/html, text/event-stream, application/json"));

        (reply.Status, reply.Text).Should().Be((200, result));
        reply["Content-Type"].Should().Be("application/json");
        reply["ETag"].Should().Be(TagOf(result));
        reply["Cache-Control"].Should().Be("private, no-cache");
        reply["Vary"].Should().Contain("Authorization").And.Contain("Origin");
        reply["X-Content-Type-Options"].Should().Be("nosniff");
    }

    [Theory]
    [InlineData("method=read&method=read", 400, -32600)]
    [InlineData("method=read&params=[4]&params=[4]", 400, -32600)]
    [InlineData("method=%", 400, -32600)]
    [InlineData("method=%4", 400, -32600)]
    [InlineData("method=read&params=%5G", 400, -32600)]
    [InlineData("method=%FF", 400, -32600)]
    [InlineData("method=read&params=%5B%22%C3%22%5D", 400, -32600)]
    [InlineData("method=read&params=%5B%22%5Cud800%22%5D", 400, -32700)]
    [InlineData("method=read&params=", 400, -32700)]
    [InlineData("method=read&params=%5B4", 400, -32700)]
    [InlineData("method=read&params=%5B4%5D%5B4%5D", 400, -32700)]
    [InlineData("method=read&params=4", 400, -32600)]
    [InlineData("method=read&params=%5B%22x%22%5D", 400, -32602)]
    [InlineData("method=none", 404, -32601)]
    [InlineData("method=", 404, -32601)]
    [InlineData("method=write&params=[4]", 404, -32601)]
    [InlineData("method=set&params=[4]", 404, -32601)]
    [InlineData("method=refuse&params=[-32003]", 403, -32003)]
    [InlineData("method=refuse&params=[17]", 500, 17)]
    [InlineData("method=crash", 500, -32603)]
    [InlineData("method=large", 500, -32011)]
    [InlineData("method=live", 406, -32004)]
    public async Task A_failure_has_an_error_status_and_is_not_cached(string query, int status, int code)
    {
        var server = Serve(Methods(), options =>
        {
            AllowGet(options);
            options.Limits.MaxResponseBodySize = 2048;
        });

        var reply = await server.ExchangeAsync(RawRequest.Get("/?" + query));

        ShouldFail(reply, status, code);
        _reads.Should().Be(0);
    }

    [Fact]
    public async Task Strict_params_refuse_null()
    {
        var server = Serve(Methods(), options =>
        {
            AllowGet(options);
            options.Protocol.StrictParams = true;
        });

        var reply = await server.ExchangeAsync(RawRequest.Get("/?method=nothing&params=null"));

        ShouldFail(reply, 400, -32600);
    }

    [Fact]
    public async Task A_fallback_is_not_called()
    {
        var server = Serve(Methods().AddFallback((_, _) => throw new InvalidOperationException("It was called.")), AllowGet);

        var reply = await server.ExchangeAsync(RawRequest.Get("/?method=none"));

        ShouldFail(reply, 404, -32601);
    }

    [Fact]
    public async Task It_is_off_by_default()
    {
        var server = Serve(Methods());

        var reply = await server.ExchangeAsync(RawRequest.Get("/?method=read&params=[4]"));

        (reply.Status, reply["Allow"], reply["Cache-Control"]).Should().Be((405, "POST, QUERY", "no-store"));
        reply.Text.Should().Contain("Protocol.AllowGet");
        _reads.Should().Be(0);
    }

    [Fact]
    public async Task Every_405_of_a_server_has_the_same_form()
    {
        var server = Serve(Methods());
        var open = Serve(Methods(), AllowGet);

        foreach (var reply in new[]
        {
            await server.ExchangeAsync(RawRequest.Get("/?method=read&params=[4]")),
            await server.ExchangeAsync(RawRequest.Get("/")),
            await open.ExchangeAsync(RawRequest.Get("/")),
            await server.ExchangeAsync(new RawRequest("DELETE")),
            await server.ExchangeAsync(new RawRequest("QUERY", Body: """{"jsonrpc":"2.0","method":"write","id":1}"""u8.ToArray()).With("Content-Type", "application/json")),
        })
        {
            reply.Status.Should().Be(405);
            reply.Text.Should().StartWith("""{"jsonrpc":"2.0","error":{"code":-32000,"message":""").And.EndWith("\"},\"id\":null}");
        }
    }

    [Fact]
    public async Task HEAD_of_a_call_is_405_and_runs_nothing()
    {
        var server = Serve(Methods(), AllowGet);

        var reply = await server.ExchangeAsync(new RawRequest("HEAD", "/?method=read&params=[4]").With("Accept", "text/html"));

        (reply.Status, reply["Allow"], reply.Body.Length).Should().Be((405, "POST, QUERY, GET", 0));
        _reads.Should().Be(0);
    }

    [Fact]
    public async Task A_target_without_a_method_is_the_page_or_nothing()
    {
        var server = Serve(Methods(), AllowGet);

        var page = await server.ExchangeAsync(RawRequest.Get("/?params=[4]").With("Accept", "text/html"));
        var nothing = await server.ExchangeAsync(RawRequest.Get("/?params=[4]"));

        (page.Status, page["Content-Type"]).Should().Be((200, "text/html; charset=utf-8"));
        (nothing.Status, nothing["Allow"]).Should().Be((405, "POST, QUERY"));
        nothing.Text.Should().Contain("?method=");
    }

    [Theory]
    [InlineData("*")]
    [InlineData("{0}")]
    [InlineData("W/{0}")]
    [InlineData("\"a,b\", \"\",W/{0} , \"c\"")]
    public async Task A_matching_ETag_is_304_without_a_body(string have)
    {
        var server = Serve(Methods(), AllowGet);
        var request = RawRequest.Get("/?method=read&params=[4]").With("If-None-Match", string.Format(CultureInfo.InvariantCulture, have, TagOf("8")));

        var reply = await server.ExchangeAsync(request);

        (reply.Status, reply.Body.Length, reply["ETag"], reply["Content-Type"]).Should().Be((304, 0, TagOf("8"), null));
        reply["Cache-Control"].Should().Be("private, no-cache");
        reply["Vary"].Should().Contain("Authorization");
        _reads.Should().Be(1, "the tag is that of the result");
    }

    [Theory]
    [InlineData("\"AAAAAAAAAAAAAAAAAAAAAA\"")]
    [InlineData("8")]
    [InlineData("W/*")]
    [InlineData("\"")]
    public async Task Another_ETag_gets_the_result(string have)
    {
        var server = Serve(Methods(), AllowGet);

        var reply = await server.ExchangeAsync(RawRequest.Get("/?method=read&params=[4]").With("If-None-Match", have));

        (reply.Status, reply.Text).Should().Be((200, "8"));
    }

    [Fact]
    public async Task A_condition_does_not_hide_an_error()
    {
        var server = Serve(Methods(), AllowGet);

        var reply = await server.ExchangeAsync(RawRequest.Get("/?method=crash").With("If-None-Match", "*"));

        ShouldFail(reply, 500, -32603);
    }

    [Theory]
    [InlineData("kept", "private, max-age=60")]
    [InlineData("shared", "public, max-age=60")]
    [InlineData("described", "public, max-age=5")]
    [InlineData("find", "public, max-age=60")]
    [InlineData("count", "private, no-cache")]
    public async Task The_method_sets_how_long_and_by_whom_its_result_is_cached(string method, string control)
    {
        var server = Serve(Methods().AddService<ILibrary>(new Library()), AllowGet);
        var request = RawRequest.Get($"/?method={method}&params={(method == "find" ? "[\"Emma\"]" : "[]")}".Replace("\"", "%22", StringComparison.Ordinal));

        (await server.ExchangeAsync(request))["Cache-Control"].Should().Be(control);
    }

    [Theory]
    [InlineData("Authorization")]
    [InlineData("Cookie")]
    public async Task A_reply_to_an_authenticated_caller_is_private(string field)
    {
        var server = Serve(Methods(), AllowGet);

        var reply = await server.ExchangeAsync(RawRequest.Get("/?method=shared").With(field, "a=b"));

        (reply.Status, reply["Cache-Control"]).Should().Be((200, "private, max-age=60"));
    }

    [Fact]
    public async Task A_server_that_authenticates_is_never_public_and_its_rules_hold()
    {
        var server = Serve(Methods().RequireUser("read", user => user.IsInRole("reader")), options =>
        {
            AllowGet(options);
            options.Authenticate = (exchange, _) =>
                new(exchange.RequestHeaders["X-Key"] is { } key ? new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Role, key)], "key")) : null);
        });

        var unknown = await server.ExchangeAsync(RawRequest.Get("/?method=shared"));
        var known = await server.ExchangeAsync(RawRequest.Get("/?method=shared").With("X-Key", "writer"));
        var forbidden = await server.ExchangeAsync(RawRequest.Get("/?method=read&params=[4]").With("X-Key", "writer"));
        var allowed = await server.ExchangeAsync(RawRequest.Get("/?method=read&params=[4]").With("X-Key", "reader"));

        ShouldFail(unknown, 401, -32000);
        (known.Status, known["Cache-Control"]).Should().Be((200, "private, max-age=60"));
        ShouldFail(forbidden, 403, -32003);
        allowed.Text.Should().Be("8");
    }

    [Theory]
    [InlineData("navigate", "document")]
    [InlineData("no-cors", "image")]
    [InlineData("no-cors", "script")]
    public async Task Another_sites_page_and_its_links_call_nothing(string mode, string destination)
    {
        var server = Serve(Methods(), AllowGet);
        RawRequest From(string site, string target) => RawRequest.Get(target)
            .With("Accept", "text/html").With("Sec-Fetch-Site", site).With("Sec-Fetch-Mode", mode).With("Sec-Fetch-Dest", destination);

        var crossSite = await server.ExchangeAsync(From("cross-site", "/?method=read&params=[4]"));
        var sameSite = await server.ExchangeAsync(From("same-site", "/?method=read&params=[4]"));
        var own = await server.ExchangeAsync(From("same-origin", "/?method=read&params=[4]"));
        var typed = await server.ExchangeAsync(From("none", "/?method=read&params=[4]"));
        var page = await server.ExchangeAsync(From("cross-site", "/?x=1"));

        ShouldFail(crossSite, 403, -32000);
        ShouldFail(sameSite, 403, -32000);
        (own.Text, typed.Text).Should().Be(("8", "8"));
        page.Status.Should().Be(mode == "navigate" ? 200 : 403);
        _reads.Should().Be(2);
    }

    [Fact]
    public async Task A_handler_within_a_handler_answers_no_link_of_another_site()
    {
        var options = new JsonRpcHandlerOptions { Protocol = { AllowGet = true } };
        var server = ServeRaw(JsonRpc.MakeHandler(Methods(), options));
        RawRequest From(string site) => RawRequest.Get("/?method=read&params=[4]")
            .With("Sec-Fetch-Site", site).With("Sec-Fetch-Mode", "navigate").With("Sec-Fetch-Dest", "document");

        var crossSite = await server.ExchangeAsync(From("cross-site"));
        var own = await server.ExchangeAsync(From("same-origin"));

        ShouldFail(crossSite, 403, -32000);
        own.Text.Should().Be("8");
        _reads.Should().Be(1);
    }

    [Fact]
    public async Task An_allowed_page_may_read_the_reply()
    {
        var server = Serve(Methods(), options =>
        {
            AllowGet(options);
            options.AllowedOrigins = ["https://app.example"];
        });

        var preflight = await server.ExchangeAsync(new RawRequest("OPTIONS", "/?method=read").With("Origin", "https://app.example").With("Access-Control-Request-Method", "GET"));
        var allowed = await server.ExchangeAsync(RawRequest.Get("/?method=read&params=[4]").With("Origin", "https://app.example"));
        var foreign = await server.ExchangeAsync(RawRequest.Get("/?method=read&params=[4]").With("Origin", "https://evil.example"));

        (preflight.Status, preflight["Access-Control-Allow-Methods"]).Should().Be((204, "POST, QUERY, GET"));
        (allowed.Text, allowed["Access-Control-Allow-Origin"]).Should().Be(("8", "https://app.example"));
        string.Join(",", allowed.Fields.Where(f => f.Name == "Vary").Select(f => f.Value)).Should().Contain("Authorization").And.Contain("Origin");
        ShouldFail(foreign, 403, -32000);
    }

    [Fact]
    public async Task Middleware_runs_around_a_GET_call()
    {
        var seen = new List<string>();
        var server = Serve(Methods().Use(async (call, next, token) =>
        {
            seen.Add($"{call.Method} {Encoding.UTF8.GetString(call.Parameters.Span)} {Encoding.UTF8.GetString(call.Id.Span)} {call.BatchIndex}");
            await next(call, token);
        }), AllowGet);

        var reply = await server.ExchangeAsync(RawRequest.Get("/?method=read&params=[4]"));

        reply.Text.Should().Be("8");
        seen.Should().Equal("read [4] null -1");
    }

    [Fact]
    public async Task A_call_past_its_deadline_is_504_and_is_not_cached()
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = Serve(new JsonRpcMethods().Add("wait", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] async (CancellationToken token) =>
        {
            began.SetResult();
            await Task.Delay(Timeout.Infinite, token);
        }), AllowGet);

        var replying = server.ExchangeAsync(RawRequest.Get("/?method=wait"));
        await began.Task;
        Clock.Advance(TimeSpan.FromSeconds(101));

        ShouldFail(await replying, 504, -32001);
    }

    [Fact]
    public async Task Too_many_calls_are_503_with_Retry_After()
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = Serve(Methods().Add("wait", async () =>
        {
            began.SetResult();
            await end.Task;
        }), options =>
        {
            AllowGet(options);
            options.Limits.MaxConcurrentCalls = 1;
        });

        var waiting = server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"wait","id":1}"""));
        await began.Task;
        var refused = await server.ExchangeAsync(RawRequest.Get("/?method=read&params=[4]"));
        end.SetResult();

        ShouldFail(refused, 503, -32000);
        refused["Retry-After"].Should().Be("1");
        JsonNode.Parse(refused.Text)!["error"]!["data"]!["notRun"]!.GetValue<bool>().Should().BeTrue();
        (await waiting).Status.Should().Be(200);
    }

    [Fact]
    public async Task The_connection_stays_open_after_a_result_and_after_a_304()
    {
        if (!Can(Ability.HasWire))
            return;
        var server = Serve(Methods(), AllowGet);
        using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);
        var request = RawRequest.Get("/?method=read&params=[4]");

        var replies = new List<int?>();
        foreach (var next in new[] { request, request.With("If-None-Match", "*"), request, request.With("If-None-Match", "*"), request })
        {
            await connection.SendAsync(next);
            replies.Add((await connection.ReceiveAsync(next.Has("If-None-Match")))?.Status);
        }

        replies.Should().Equal(200, 304, 200, 304, 200);
    }

    private static void AllowGet(JsonRpcServerOptions options) => options.Protocol.AllowGet = true;

    private static string TagOf(string body) =>
        $"\"{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(body))[..16]).TrimEnd('=').Replace('+', '-').Replace('/', '_')}\"";

    private static void ShouldFail(RawReply reply, int status, int code)
    {
        reply.Status.Should().Be(status);
        var answer = JsonNode.Parse(reply.Text)!.AsObject();
        answer.Select(member => member.Key).Should().Equal("error");
        answer["error"]!["code"]!.GetValue<int>().Should().Be(code);
        (reply["Cache-Control"], reply["ETag"], reply["Content-Type"]).Should().Be(("no-store", null, "application/json"));
    }

    private JsonRpcMethods Methods() => new JsonRpcMethods()
        .Add("read", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] (int n) =>
        {
            Interlocked.Increment(ref _reads);
            return 2 * n;
        })
        .Add("hello", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] (string name) => name)
        .Add("héllo", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] () => "é")
        .Add("nothing", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] () => { })
        .Add("rows", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] () => RowsAsync())
        .Add("live", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe, StreamOnly = true)] () => RowsAsync())
        .Add("refuse", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] int (int code) => throw new JsonRpcException(code, "No."))
        .Add("crash", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] int () => throw new InvalidOperationException("Secret."))
        .Add("large", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] () => new string('x', 4096))
        .Add("kept", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe, MaxAge = 60)] () => 1)
        .Add("shared", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe, MaxAge = 60, AllowSharedCache = true)] () => 1)
        .Add("described", () => 1).Describe("described", new() { Idempotency = JsonRpcIdempotency.Safe, MaxAge = 5, AllowSharedCache = true })
        .Add("set", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Idempotent)] (int n) => n)
        .Add("write", (int n) => n);

    private static async IAsyncEnumerable<int> RowsAsync()
    {
        await Task.Yield();
        for (var i = 1; i <= 3; i++)
            yield return i;
    }
}
