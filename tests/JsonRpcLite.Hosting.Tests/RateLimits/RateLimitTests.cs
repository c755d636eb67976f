using System.Net;
using System.Security.Claims;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.RateLimiting;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosting.Tests;

/// <summary>Rate limits on a registry: who is refused, with which error, and what has run by then.</summary>
public sealed class RateLimitTests : IAsyncDisposable
{
    private readonly InMemoryTransport _transport = new();
    private readonly ManualClock _clock = new();
    private readonly List<JsonRpcFailure> _failures = [];
    private JsonRpcServer? _server;
    private JsonRpcClient? _client;
    private int _runs;

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_call_over_its_limit_gets_error_minus_32005_and_the_time_to_wait()
    {
        var client = Serve(Methods().UseRateLimits(Limits(("one", 4)), _clock));
        for (var i = 0; i < 4; i++)
            await client.CallAsync("one");

        (await SendAsync("""{"jsonrpc":"2.0","method":"one","id":1}""")).Should()
            .Be("""{"jsonrpc":"2.0","error":{"code":-32005,"message":"Too many calls","data":{"retryAfterMs":250,"notRun":true}},"id":1}""");
        var refused = (await client.Invoking(c => c.CallAsync("one")).Should().ThrowAsync<JsonRpcException>()).Which;
        (refused.Code, refused.StatusCode).Should().Be((JsonRpcErrorCodes.TooManyCalls, HttpStatusCode.OK));
        _runs.Should().Be(4);

        _clock.Advance(TimeSpan.FromMilliseconds(250));
        await client.CallAsync("one");
        _failures.Should().BeEmpty();
    }

    [Fact]
    public async Task Each_method_is_counted_separately_even_under_the_star()
    {
        var client = Serve(Methods().UseRateLimits(Limits(("*", 2), ("one", 1)), _clock));

        foreach (var (method, limit) in new[] { ("one", 1), ("two", 2), ("three", 2), ("rpc.discover", 2) })
            (await CountAsync(client, method, 5)).Should().Be(limit, method);
    }

    [Fact]
    public async Task A_method_without_a_limit_has_none()
    {
        var client = Serve(Methods().UseRateLimits(Limits(("one", 1)), _clock));

        (await CountAsync(client, "two", 100)).Should().Be(100);
    }

    [Fact]
    public async Task A_batch_is_limited_call_by_call()
    {
        Serve(Methods().UseRateLimits(Limits(("one", 2)), _clock), o => o.Protocol.MaxBatchParallelism = 1);
        var call = """{"jsonrpc":"2.0","method":"one","id":1}""";

        var reply = JsonNode.Parse(await SendAsync($$"""[{{call}},{{call}},{{call}},{"jsonrpc":"2.0","method":"two","id":2}]"""))!.AsArray();

        reply.Select(r => r!["error"]?["code"]?.GetValue<int>()).Should().Equal(null, null, -32005, null);
        reply[2]!["error"]!["data"]!["notRun"]!.GetValue<bool>().Should().BeTrue("nothing of this call has run");
    }

    [Fact]
    public async Task A_notification_beyond_its_limit_is_dropped_and_fills_no_log()
    {
        var client = Serve(Methods().UseRateLimits(Limits(("one", 1)), _clock));

        for (var i = 0; i < 10; i++)
            await client.NotifyAsync("one");

        _runs.Should().Be(1);
        _failures.Should().BeEmpty();
    }

    [Fact]
    public async Task Refused_calls_and_notifications_are_measured_by_their_code()
    {
        using var probe = new TelemetryProbe();
        var name = probe.Name("one");
        var client = Serve(new JsonRpcMethods().Add(name, () => 1).UseRateLimits(Limits((name, 1)), _clock));

        await CountAsync(client, name, 3);
        await client.NotifyAsync(name);

        object?[] codes = [null, "-32005", "-32005", "-32005"];
        probe.AwaitMeasurements("rpc.server.call.duration", name, 4).Select(m => m["rpc.status_code"]).Should().Equal(codes);
    }

    [Fact]
    public async Task Each_user_is_counted_separately_and_unauthenticated_callers_by_address()
    {
        var client = Serve(
            Methods().Use((call, next, token) =>
            {
                call.User = call.Exchange.RequestHeaders["User"] is { } name ? new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, name)], "test")) : null;
                return next(call, token);
            }).UseRateLimits(Limits(("one", 1)), _clock));
        using var alice = Client("alice");
        using var bob = Client("bob");

        (await CountAsync(client, "one", 3), await CountAsync(alice, "one", 3), await CountAsync(bob, "one", 3)).Should().Be((1, 1, 1));
    }

    [Theory]
    [InlineData(false, false, false, true)]
    [InlineData(true, false, false, false)]
    [InlineData(false, true, false, true)]
    [InlineData(false, false, true, false)]
    public async Task The_error_says_that_nothing_has_run_only_if_that_is_true(bool hasBefore, bool hasBehind, bool hasAround, bool isSaid)
    {
        var methods = Methods();
        if (hasBefore)
            methods.Use((call, next, token) => next(call, token));
        methods.UseRateLimits(Limits(("one", 1)), _clock);
        if (hasBehind)
            methods.Use((call, next, token) => next(call, token));
        var client = Serve(methods, o =>
        {
            if (hasAround)
                o.Use(next => (exchange, token) => next(exchange, token));
        });
        await client.CallAsync("one");

        var refused = (await client.Invoking(c => c.CallAsync("one")).Should().ThrowAsync<JsonRpcException>()).Which;

        refused.ErrorData!.ToJsonString().Should().Be(isSaid ? """{"retryAfterMs":1000,"notRun":true}""" : """{"retryAfterMs":1000}""");
    }

    [Fact]
    public async Task Names_that_a_caller_makes_up_share_one_limit()
    {
        var client = Serve(
            Methods().AddFallback((call, _) =>
            {
                call.Result.WriteStringValue(call.Method);
                return default;
            }).UseRateLimits(Limits(("*", 3), ("known", 2)), _clock));
        var passed = 0;

        for (var i = 0; i < 10; i++)
            passed += await CountAsync(client, $"made.up.{i}", 1);

        passed.Should().Be(3);
        (await CountAsync(client, "known", 5)).Should().Be(2);
    }

    [Fact]
    public void A_limit_for_an_unknown_method_is_an_error_at_startup()
    {
        FluentActions.Invoking(() => Serve(Methods().UseRateLimits(Limits(("*", 1), ("onee", 1), ("rpc.discover", 1)))))
            .Should().Throw<InvalidOperationException>().WithMessage("The rate limit of 'onee': the server has no method of this name.");
        FluentActions.Invoking(() => Methods().UseRateLimits(Limits(("one", 0))))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("The rate limit of 'one' must be at least 1; it is 0.*");
    }

    [Fact]
    public async Task A_custom_limiter_gets_each_call_and_its_permit_back()
    {
        await using var limiter = PartitionedRateLimiter.Create<JsonRpcCall, JsonRpcCaller>(call =>
            RateLimitPartition.GetConcurrencyLimiter(JsonRpcCaller.Of(call), _ => new() { PermitLimit = 1 }));
        var (began, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        var client = Serve(Methods().Add("wait", async () =>
        {
            began.SetResult();
            await ended.Task;
        }).UseRateLimiter(limiter));
        var waiting = client.CallAsync("wait");
        await began.Task;

        var refused = (await client.Invoking(c => c.CallAsync("one")).Should().ThrowAsync<JsonRpcException>()).Which;
        ended.SetResult();
        await waiting;
        (await CountAsync(client, "one", 5)).Should().Be(5);
        await client.Invoking(c => c.CallAsync("fail")).Should().ThrowAsync<JsonRpcException>();

        (await CountAsync(client, "one", 5)).Should().Be(5, "a call that fails gives its permit back, too");
        (refused.Code, refused.ErrorData!.ToJsonString()).Should().Be((JsonRpcErrorCodes.TooManyCalls, """{"notRun":true}"""), "the limiter does not say when");
    }

    [Fact]
    public async Task The_wait_that_a_limiter_asks_for_is_sent_to_the_caller()
    {
        await using var limiter = PartitionedRateLimiter.Create<JsonRpcCall, string>(call => RateLimitPartition.GetTokenBucketLimiter(
            call.Method, _ => new() { TokenLimit = 2, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromHours(1), AutoReplenishment = false }));
        var client = Serve(Methods().UseRateLimiter(limiter));

        (await CountAsync(client, "one", 5)).Should().Be(2);
        var refused = (await client.Invoking(c => c.CallAsync("one")).Should().ThrowAsync<JsonRpcException>()).Which;

        refused.ErrorData!["retryAfterMs"]!.GetValue<long>().Should().Be(3_600_000);
    }

    [Fact]
    public async Task A_call_that_waits_for_a_limiter_runs_when_it_gets_a_permit()
    {
        await using var limiter = PartitionedRateLimiter.Create<JsonRpcCall, int>(_ =>
            RateLimitPartition.GetConcurrencyLimiter(0, _ => new() { PermitLimit = 1, QueueLimit = 10 }));
        var (began, ended) = (new TaskCompletionSource(), new TaskCompletionSource());
        var client = Serve(Methods().Add("wait", async () =>
        {
            began.SetResult();
            await ended.Task;
        }).UseRateLimiter(limiter));
        var waiting = client.CallAsync("wait");
        await began.Task;

        var queued = client.CallAsync<int>("one");
        _runs.Should().Be(0);
        ended.SetResult();

        (await queued).Should().Be(1);
        await waiting;
    }

    [Fact]
    public async Task A_plain_function_answers_429_with_Retry_After()
    {
        await using var limiter = PartitionedRateLimiter.Create<HttpExchange, JsonRpcCaller>(exchange => RateLimitPartition.GetTokenBucketLimiter(
            JsonRpcCaller.Of(exchange), _ => new() { TokenLimit = 2, TokensPerPeriod = 1, ReplenishmentPeriod = TimeSpan.FromSeconds(90), AutoReplenishment = false }));
        _server = JsonRpc.MakeServer(0, (JsonNode? x) => x, new JsonRpcServerOptions { Transport = _transport }.UseRateLimiter(limiter));
        using var client = Client();
        await client.CommandAsync(1);
        await client.CommandAsync(2);

        var refused = (await client.Invoking(c => c.CommandAsync(3)).Should().ThrowAsync<JsonRpcException>()).Which;

        (refused.Code, refused.StatusCode, refused.ResponseHeaders!["Retry-After"]).Should().Be((JsonRpcErrorCodes.Refused, HttpStatusCode.TooManyRequests, "90"));
        var health = new HttpExchange { Method = "GET", Target = "/health/live", Address = _server.Address };
        await _transport.CreateClient().SendAsync(health, default);
        health.StatusCode.Should().Be(200, "health checks are not counted");
    }

    private JsonRpcMethods Methods() => new JsonRpcMethods()
        .Add("one", () => Interlocked.Increment(ref _runs)).Add("two", () => 2).Add("three", () => 3)
        .Add("fail", int () => throw new InvalidOperationException("It fails."));

    private static Dictionary<string, JsonRpcRate> Limits(params (string Method, JsonRpcRate Limit)[] limits) => limits.ToDictionary(l => l.Method, l => l.Limit);

    private JsonRpcClient Serve(JsonRpcMethods methods, Action<JsonRpcServerOptions>? configure = null)
    {
        var options = new JsonRpcServerOptions { Transport = _transport, OnUnhandledException = _failures.Add };
        configure?.Invoke(options);
        _server = JsonRpc.MakeServer(0, methods, options);
        return _client = Client();
    }

    private JsonRpcClient Client(string? user = null)
    {
        var options = new JsonRpcClientOptions { Transport = _transport.CreateClient() };
        if (user is not null)
            options.Headers["User"] = user;
        return JsonRpc.MakeClient(_server!.Address, options);
    }

    private async Task<string> SendAsync(string body)
    {
        var exchange = new HttpExchange { Address = _server!.Address, RequestBody = Encoding.UTF8.GetBytes(body) };
        await _transport.CreateClient().SendAsync(exchange, default);
        exchange.StatusCode.Should().Be(200);
        return Encoding.UTF8.GetString(exchange.ResponseBody.WrittenSpan);
    }

    /// <summary>Makes a number of calls, one after another, and returns how many were not refused.</summary>
    private static async Task<int> CountAsync(JsonRpcClient client, string method, int calls)
    {
        var passed = 0;
        for (var i = 0; i < calls; i++)
        {
            try
            {
                await client.CallAsync(method);
                passed++;
            }
            catch (JsonRpcException e) when (e.Code == JsonRpcErrorCodes.TooManyCalls)
            {
            }
        }
        return passed;
    }
}
