using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class RetryOnHttpClient() : RetryTests(() => new HttpClientTransport());

public sealed class RetryOnSockets() : RetryTests(() => new SocketClientTransport { ConnectTimeout = TimeSpan.FromDays(1) });

public sealed class RetryOnPortableSockets() : RetryTests(() => new SocketClientTransport { ConnectTimeout = TimeSpan.FromDays(1), UseEventLoops = false });

/// <summary>What a client sends again, and what it does not, counted at a server with scripted replies.</summary>
public abstract partial class RetryTests(Func<ClientTransport> makeTransport) : IDisposable
{
    private const string OurRefusal = """{"jsonrpc":"2.0","error":{"code":-32000,"message":"full","data":{"notRun":true}},"id":null}""";
    private const string SomeRefusal = """{"jsonrpc":"2.0","error":{"code":-32000,"message":"full"},"id":null}""";

    private readonly ScriptedServer _server = new();
    private readonly WaitingClock _clock = new();

    public enum Kind
    {
        Unmarked,
        Idempotent,
        Safe,
        Keyed,
        Notification,
        Batch,
        IdempotentBatch,
    }

    public static TheoryData<string, Kind, int> Table
    {
        get
        {
            var table = new TheoryData<string, Kind, int>();
            void Row(string reply, int unmarked, int marked, int? notification = null, int? batch = null)
            {
                table.Add(reply, Kind.Unmarked, unmarked);
                foreach (var kind in new[] { Kind.Idempotent, Kind.Safe, Kind.Keyed })
                    table.Add(reply, kind, marked);
                table.Add(reply, Kind.Notification, notification ?? unmarked);
                table.Add(reply, Kind.Batch, batch ?? unmarked);
                table.Add(reply, Kind.IdempotentBatch, batch ?? marked);
            }
            Row("503 notRun", 3, 3);
            Row("429 notRun", 3, 3);
            Row("503", 1, 3);
            Row("429", 1, 3);
            Row("503 of another", 1, 3);
            Row("502", 1, 3);
            Row("504", 1, 3);
            Row("500", 1, 1);
            Row("400", 1, 1);
            Row("401", 1, 1);
            Row("404", 1, 1);
            Row("lost", 1, 3);
            Row("reset", 1, 3);
            Row("cut", 1, 3);
            Row("no http", 1, 3);
            Row("too large", 1, 1);
            // An empty reply is the answer to a notification.
            Row("empty", 1, 3);
            Row("no json", 1, 3);
            // The caller of a batch checks the outcome of each call.
            Row("-32005 notRun", 3, 3, notification: 1, batch: 1);
            Row("-32005", 1, 3, notification: 1, batch: 1);
            Row("-32601", 1, 1);
            Row("-32603", 1, 1);
            Row("-32001", 1, 1);
            Row("-32021", 1, 1);
            Row("-32022", 1, 1);
            Row("misfit", 1, 1);
            Row("-32020", 1, 3, batch: 1);
            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task A_call_is_sent_as_often_as_its_kind_and_the_failure_allow(string reply, Kind kind, int times)
    {
        for (var i = 0; i < 5; i++)
            Script(reply);
        using var client = MakeClient();

        var failure = await FailureOfAsync(() => CallAsync(client, kind));

        _server.Requests.Should().HaveCount(times);
        if (kind is not (Kind.Notification or Kind.Batch or Kind.IdempotentBatch))
            failure.Should().NotBeNull();
        if (failure is not null && failure is not TimeoutException)
            CallFailure.Attempts(failure).Should().Be(times);
        PreviousAttempts().Should().Equal(Enumerable.Range(0, times).Select(i => i == 0 ? null : i.ToString(CultureInfo.InvariantCulture)));
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task By_default_a_call_is_sent_once(string reply, Kind kind, int times)
    {
        _ = times;
        for (var i = 0; i < 5; i++)
            Script(reply);
        using var client = MakeClient(o => o.Retry = null);

        await FailureOfAsync(() => CallAsync(client, kind));

        _server.Requests.Should().HaveCount(1);
        PreviousAttempts().Should().Equal([null]);
    }

    [Theory]
    [InlineData("503 notRun", false)]
    [InlineData("-32005 notRun", false)]
    [InlineData("503", true)]
    [InlineData("lost", true)]
    [InlineData("cut", true)]
    [InlineData("no json", true)]
    [InlineData("-32601", true)]
    [InlineData("400", true)]
    public async Task The_exception_says_whether_it_may_have_run(string reply, bool mayHaveRun)
    {
        Script(reply);
        using var client = MakeClient(o => o.Retry = null);

        var failure = await FailureOfAsync(() => CallAsync(client, Kind.Unmarked));

        CallFailure.MayHaveRun(failure!).Should().Be(mayHaveRun);
        CallFailure.Attempts(failure!).Should().Be(1);
    }

    [Theory]
    [InlineData("lost", "503 notRun", true)]
    [InlineData("502", "-32005 notRun", true)]
    [InlineData("503 notRun", "503 notRun", false)]
    public async Task The_exception_covers_all_attempts(string first, string others, bool mayHaveRun)
    {
        Script(first);
        Script(others);
        Script(others);
        using var client = MakeClient();

        var failure = await FailureOfAsync(() => CallAsync(client, Kind.Idempotent));

        _server.Requests.Should().HaveCount(3);
        CallFailure.MayHaveRun(failure!).Should().Be(mayHaveRun);
    }

    [Theory]
    [InlineData("lost", true)]
    [InlineData("503 notRun", false)]
    public async Task The_exception_of_a_plain_call_covers_all_attempts_too(string first, bool mayHaveRun)
    {
        foreach (var calling in new Func<JsonRpcClient, Task>[] { client => client.CommandAsync(1), client => client.CommandAsync<int, int>(1), client => Task.Run(
            () => client.Command(1)) })
        {
            Script(first);
            Script("503 notRun");
            Script("503 notRun");
            using var client = MakeClient();

            var failure = await FailureOfAsync(() => calling(client.With(new() { IdempotencyKey = "one" })));

            CallFailure.MayHaveRun(failure!).Should().Be(mayHaveRun);
            CallFailure.Attempts(failure!).Should().Be(3);
        }
    }

    [Theory]
    [InlineData("lost", "[-32005 notRun]", 2, true)]
    [InlineData("503 notRun", "[-32005 notRun]", 2, false)]
    [InlineData("lost", "[]", 2, true)]
    [InlineData("lost", "[misfit]", 2, true)]
    [InlineData("lost", "503 notRun", 3, true)]
    [InlineData("503 notRun", "503 notRun", 3, false)]
    public async Task The_exception_of_a_call_in_a_batch_covers_all_attempts_too(string first, string others, int attempts, bool mayHaveRun)
    {
        Script(first);
        Script(others);
        Script(others);
        using var client = MakeClient();
        var batch = client.With(new() { Idempotency = JsonRpcIdempotency.Idempotent }).CreateBatch();
        var call = batch.CallAsync<int>("add", new[] { 1, 2 });
        // It runs at the moment when the call fails.
        var asking = call.ContinueWith(failed => CallFailure.MayHaveRun(failed.Exception!.InnerException!), TaskContinuationOptions.ExecuteSynchronously);

        await FailureOfAsync(() => batch.SendAsync());

        (await asking).Should().Be(mayHaveRun);
        CallFailure.Attempts(call.Exception!.InnerException!).Should().Be(attempts);
    }

    [Fact]
    public async Task An_exception_of_another_call_does_not_show_that_this_one_has_not_run()
    {
        _server.Then(Result(), Ending.Keep);
        using var client = MakeClient(o => o.Use(async (call, next, token) =>
        {
            await next(call, token);
            throw new JsonRpcException(JsonRpcErrorCodes.TooManyCalls, "Too many calls", new JsonObject { ["notRun"] = true });
        }));

        var failure = await FailureOfAsync(() => CallAsync(client, Kind.Unmarked));

        failure.Should().BeOfType<JsonRpcException>();
        CallFailure.MayHaveRun(failure!).Should().BeTrue();
    }

    [Fact]
    public async Task An_attempt_that_could_not_connect_does_not_take_back_one_that_was_lost()
    {
        Script("lost");
        var unreachable = new Uri($"http://127.0.0.1:{UnusedPort()}/");
        using var client = MakeClient(o => o.Use((call, next, token) =>
        {
            if (call.Attempt > 0)
                call.Exchange.Address = unreachable;
            return next(call, token);
        }));

        var failure = await FailureOfAsync(() => CallAsync(client, Kind.Idempotent));

        failure.Should().BeOfType<HttpRequestException>().Which.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
        CallFailure.MayHaveRun(failure!).Should().BeTrue();
    }

    [Theory]
    [InlineData(Kind.Unmarked)]
    [InlineData(Kind.Notification)]
    [InlineData(Kind.Batch)]
    [InlineData(Kind.Idempotent)]
    public async Task A_call_of_any_kind_that_cannot_connect_is_retried(Kind kind)
    {
        using var client = MakeClient(port: UnusedPort());

        var failure = await FailureOfAsync(() => CallAsync(client, kind));

        failure.Should().BeOfType<HttpRequestException>().Which.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
        CallFailure.MayHaveRun(failure!).Should().BeFalse();
        CallFailure.Attempts(failure!).Should().Be(3);
        _clock.Waits.Should().HaveCount(2);
    }

    [Fact]
    public void A_synchronous_call_is_retried_on_its_own_thread()
    {
        Script("502");
        Script("502");
        _server.Then(Result(), Ending.Keep);
        var threads = new List<int>();
        using var client = MakeClient(o => o.Use((call, next, token) =>
        {
            threads.Add(Environment.CurrentManagedThreadId);
            return next(call, token);
        }));

        client.With(new() { Idempotency = JsonRpcIdempotency.Idempotent }).Call<int>("add", new[] { 1, 2 }).Should().Be(3);

        threads.Should().Equal(Enumerable.Repeat(Environment.CurrentManagedThreadId, 3));
        _clock.Waits.Should().HaveCount(2);
    }

    [Fact]
    public async Task Each_attempt_passes_the_middleware()
    {
        Script("lost");
        _server.Then(Result(), Ending.Keep);
        var token = 0;
        using var client = MakeClient(o => o.Use((call, next, cancellation) =>
        {
            call.Exchange.RequestHeaders["Authorization"] = $"Bearer {++token}";
            return next(call, cancellation);
        }));

        (await client.With(new() { Idempotency = JsonRpcIdempotency.Safe }).CallAsync<int>("add", new[] { 1, 2 })).Should().Be(3);

        _server.Requests.Select(request => Field(request, "Authorization")).Should().Equal("Bearer 1", "Bearer 2");
    }

    [Fact]
    public async Task An_exception_of_middleware_itself_is_not_retried()
    {
        using var client = MakeClient(o => o.Use((_, _, _) => throw new HttpRequestException(HttpRequestError.ConnectionError, "no token")));

        var failure = await FailureOfAsync(() => CallAsync(client, Kind.Idempotent));

        failure.Should().BeOfType<HttpRequestException>().Which.Message.Should().Be("no token");
        _clock.Waits.Should().BeEmpty();
    }

    [Fact]
    public async Task The_key_is_the_same_for_all_attempts_and_new_for_each_call()
    {
        Script("lost");
        Script("lost");
        _server.Then(Result(), Ending.Keep).Then(Result(2), Ending.Keep);
        using var client = MakeClient(o => o.Retry!.IdempotencyKeys = true);

        await client.CallAsync<int>("add", new[] { 1, 2 });
        await client.CallAsync<int>("add", new[] { 1, 2 });

        var keys = _server.Requests.Select(request => Field(request, "Idempotency-Key")).ToList();
        keys.Should().HaveCount(4).And.OnlyContain(key => Quoted().IsMatch(key!));
        keys.Distinct().Should().HaveCount(2);
        keys.Take(3).Distinct().Should().ContainSingle();
    }

    [Fact]
    public async Task Only_unmarked_calls_get_a_key()
    {
        _server.Then(Result(), Ending.Keep).Then(Result(), Ending.Keep).Then(Result(2), Ending.Keep);
        using var client = MakeClient(o => o.Retry!.IdempotencyKeys = true);

        await client.With(new() { Idempotency = JsonRpcIdempotency.Idempotent }).CallAsync<int>("add", new[] { 1, 2 });
        await client.NotifyAsync("add", new[] { 1, 2 });
        await client.With(new() { IdempotencyKey = "a \"b\" \\" }).CallAsync<int>("add", new[] { 1, 2 });

        _server.Requests.Select(request => Field(request, "Idempotency-Key")).Should().Equal(null, null, "\"a \\\"b\\\" \\\\\"");
    }

    [Fact]
    public async Task One_time_out_covers_all_attempts_and_each_sends_the_remaining_time()
    {
        Script("503 notRun", "Retry-After: 4\r\n");
        Script("503 notRun", "Retry-After: 4\r\n");
        Script("503 notRun", "Retry-After: 4\r\n");
        using var client = MakeClient(o =>
        {
            o.Timeout = TimeSpan.FromSeconds(10);
            o.Retry!.MaxAttempts = 5;
        });

        var failure = await FailureOfAsync(() => CallAsync(client, Kind.Unmarked));

        // The third wait would end after the time-out, so it does not begin.
        failure.Should().BeOfType<JsonRpcException>().Which.Code.Should().Be(-32000);
        var sent = _server.Requests.Select(request => int.Parse(Field(request, "JsonRpc-Timeout-Ms")!, CultureInfo.InvariantCulture)).ToList();
        sent.Should().HaveCount(3);
        sent[0].Should().Be(10_000);
        sent[1].Should().BeInRange(10_000 - 4800, 10_000 - 4000);
        sent[2].Should().BeInRange(10_000 - 2 * 4800, 10_000 - 2 * 4000);
    }

    [Fact]
    public async Task The_time_out_of_a_call_overrides_that_of_the_client()
    {
        _server.Then(Result(), Ending.Keep).Then(Result(2), Ending.Keep);
        using var client = MakeClient();

        await client.With(new() { Timeout = TimeSpan.FromMilliseconds(1234.5) }).CallAsync<int>("add", new[] { 1, 2 });
        await client.With(new() { Timeout = Timeout.InfiniteTimeSpan }).CallAsync<int>("add", new[] { 1, 2 });

        _server.Requests.Select(request => Field(request, "JsonRpc-Timeout-Ms")).Should().Equal("1235", null);
    }

    [Theory]
    [InlineData("Retry-After: 2", 2)]
    [InlineData("Retry-After:   2  ", 2)]
    [InlineData("Retry-After: Fri, 02 Jan 2026 03:04:08 GMT", 3)]
    [InlineData("Retry-After: Friday, 02-Jan-26 03:04:08 GMT", 3)]
    [InlineData("Retry-After: Fri Jan  2 03:04:08 2026", 3)]
    [InlineData("Retry-After: 0", 0.1)]
    [InlineData("Retry-After: Fri, 02 Jan 2026 03:04:00 GMT", 0.1)]
    [InlineData("Retry-After: -5", 0.1)]
    [InlineData("Retry-After: soon", 0.1)]
    [InlineData("Retry-After: 1.5", 0.1)]
    [InlineData("X-Other: 1", 0.1)]
    public async Task The_client_waits_as_long_as_the_server_asks(string field, double seconds)
    {
        Script("503 notRun", $"{field}\r\n");
        _server.Then(Result(), Ending.Keep);
        using var client = MakeClient();

        (await client.CallAsync<int>("add", new[] { 1, 2 })).Should().Be(3);

        var wait = _clock.Waits.Should().ContainSingle().Which.TotalSeconds;
        wait.Should().BeInRange(seconds > 0.1 ? seconds : 0.08, seconds * 1.2001);
    }

    [Fact]
    public async Task The_client_waits_as_the_server_asks_even_if_its_own_wait_would_be_longer()
    {
        for (var i = 0; i < 40; i++)
        {
            _server.Then(
                ScriptedServer.Ok("""{"jsonrpc":"2.0","error":{"code":-32005,"message":"Too many calls","data":{"retryAfterMs":95,"notRun":true}},"id":1}"""), Ending.Keep);
            _server.Then(Result(), Ending.Close);
            using var client = MakeClient(o => o.Retry!.Random = new Random(i));
            await client.CallAsync<int>("add", new[] { 1, 2 });
        }

        _clock.Waits.Should().HaveCount(40).And.OnlyContain(wait => wait >= TimeSpan.FromMilliseconds(95));
    }

    [Theory]
    [InlineData("Retry-After: 11")]
    [InlineData("Retry-After: 99999999999999999999")]
    [InlineData("Retry-After: Fri, 02 Jan 2026 03:05:08 GMT")]
    public async Task The_client_does_not_wait_longer_than_allowed(string field)
    {
        Script("503 notRun", $"{field}\r\n");
        using var client = MakeClient();

        (await FailureOfAsync(() => CallAsync(client, Kind.Unmarked))).Should().BeOfType<JsonRpcException>();

        _clock.Waits.Should().BeEmpty();
    }

    [Fact]
    public async Task The_waits_grow_and_have_a_random_part()
    {
        for (var i = 0; i < 5; i++)
            Script("503 notRun");
        using var client = MakeClient(o =>
        {
            o.Retry!.MaxAttempts = 5;
            o.Retry.MaxBackoff = TimeSpan.FromMilliseconds(300);
            o.Retry.Random = new Random(1);
        });
        var random = new Random(1);

        await FailureOfAsync(() => CallAsync(client, Kind.Unmarked));

        _clock.Waits.Select(wait => wait.TotalMilliseconds).Should()
            .Equal(new[] { 100, 200, 300, 300 }.Select(wait => Math.Floor(wait * (0.8 + 0.4 * random.NextDouble()))), (a, b) => Math.Abs(a - b) <= 1);
    }

    [Fact]
    public async Task The_budget_limits_the_number_of_retries()
    {
        for (var i = 0; i < 30; i++)
            Script("502");
        using var client = MakeClient(o => o.Retry!.MaxAttempts = 5);

        await FailureOfAsync(() => CallAsync(client, Kind.Idempotent));
        await FailureOfAsync(() => CallAsync(client, Kind.Idempotent));
        await FailureOfAsync(() => CallAsync(client, Kind.Unmarked));

        // Ten tokens: after the fifth failure five are left, which is no more than half. Then each call has its first attempt alone.
        _server.Requests.Should().HaveCount(5 + 1 + 1);
    }

    [Fact]
    public async Task Successes_fill_the_budget_again()
    {
        for (var i = 0; i < 5; i++)
            Script("502");
        for (var i = 0; i < 20; i++)
            _server.Then(Result(i + 2), Ending.Keep);
        for (var i = 0; i < 2; i++)
            Script("502");
        _server.Then(Result(), Ending.Keep);
        using var client = MakeClient(o => o.Retry!.MaxAttempts = 5);

        await FailureOfAsync(() => CallAsync(client, Kind.Idempotent));
        for (var i = 0; i < 20; i++)
            await client.CallAsync<int>("add", new[] { 1, 2 });
        _server.Requests.Should().HaveCount(25);
        // Seven of ten: the first failure leaves six, which allows one more attempt, and the second five, which allows none.
        var failure = await FailureOfAsync(() => CallAsync(client, Kind.Idempotent));

        failure.Should().NotBeNull();
        _server.Requests.Should().HaveCount(27);
    }

    [Fact]
    public async Task A_call_that_could_not_be_sent_needs_no_budget()
    {
        for (var i = 0; i < 5; i++)
            Script("502");
        using var client = MakeClient(o => o.Retry!.MaxAttempts = 5);
        await FailureOfAsync(() => CallAsync(client, Kind.Idempotent));
        _server.Dispose();

        var failure = await FailureOfAsync(() => CallAsync(client, Kind.Idempotent));

        CallFailure.Attempts(failure!).Should().Be(5);
    }

    [Fact]
    public async Task A_caller_can_cancel_while_the_client_waits()
    {
        Script("503 notRun");
        using var client = MakeClient(o => o.TimeProvider = new ManualClock());
        using var end = new CancellationTokenSource();

        var calling = client.CallAsync<int>("add", new[] { 1, 2 }, end.Token);
        await _server.HasAnsweredAsync();
        await end.CancelAsync();

        (await FailureOfAsync(() => calling)).Should().BeOfType<TaskCanceledException>().Which.CancellationToken.Should().Be(end.Token);
    }

    [Fact]
    public async Task Addresses_in_turn_skip_a_dead_one()
    {
        var asked = 0;
        await using var server = JsonRpc.MakeServer(0, new JsonRpcMethods().Add("add", (int a, int b) =>
        {
            Interlocked.Increment(ref asked);
            return a + b;
        }));
        using var client = MakeClient(o => o.UseAddresses(new($"http://127.0.0.1:{UnusedPort()}/"), server.Address));

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 25; i++)
                (await client.CallAsync<int>("add", new[] { 1, 2 })).Should().Be(3);
        })));

        asked.Should().Be(200);
        // Each attempt at the dead address is followed by a wait: one for each caller that began before the address was known to be dead.
        _clock.Waits.Count.Should().BeInRange(1, 8);
    }

    [Fact]
    public async Task An_address_that_could_not_be_reached_is_tried_again_by_one_call_after_ten_seconds()
    {
        await using var server = JsonRpc.MakeServer(0, new JsonRpcMethods().Add("add", (int a, int b) => a + b));
        var clock = new ManualClock();
        using var client = MakeClient(o =>
        {
            (o.Retry, o.TimeProvider) = (null, clock);
            o.UseAddresses(new($"http://127.0.0.1:{UnusedPort()}/"), server.Address);
        });

        var failures = new List<int>();
        foreach (var time in new[] { 0, 9.9, 0.1, 10 })
        {
            clock.Advance(TimeSpan.FromSeconds(time));
            failures.Add(0);
            for (var i = 0; i < 6; i++)
                failures[^1] += await FailureOfAsync(() => CallAsync(client, Kind.Unmarked)) is null ? 0 : 1;
        }

        failures.Should().Equal(1, 0, 1, 1);
    }

    [Fact]
    public async Task An_address_that_is_back_is_used_again()
    {
        var port = UnusedPort();
        var clock = new ManualClock();
        await using var server = JsonRpc.MakeServer(0, new JsonRpcMethods().Add("add", (int a, int b) => a + b));
        using var client = MakeClient(o =>
        {
            o.TimeProvider = clock;
            o.Timeout = Timeout.InfiniteTimeSpan;
            o.UseAddresses(new($"http://127.0.0.1:{port}/"), server.Address);
        });
        var first = CallAsync(client, Kind.Unmarked);
        // The test cannot see the moment when its wait before the second attempt begins.
        clock.AdvanceUntil(first);
        await first;

        var asked = 0;
        await using var back = JsonRpc.MakeServer(port, new JsonRpcMethods().Add("add", (int a, int b) =>
        {
            asked++;
            return a + b;
        }));
        clock.Advance(TimeSpan.FromSeconds(11));
        for (var i = 0; i < 6; i++)
            await CallAsync(client, Kind.Unmarked);

        asked.Should().Be(3);
    }

    [Fact]
    public async Task A_call_that_failed_at_one_address_moves_on_to_the_next()
    {
        using var busy = new ScriptedServer();
        busy.Then(Refusal("502", "<p>no</p>", ""), Ending.Keep);
        _server.Then(Result(), Ending.Keep);
        using var client = MakeClient(o => o.UseAddresses(new($"http://127.0.0.1:{busy.Port}/one"), new Uri($"http://127.0.0.1:{_server.Port}/two?x")));

        await CallAsync(client, Kind.Idempotent);

        busy.Requests.Should().ContainSingle().Which.Should().StartWith("POST /one ");
        _server.Requests.Should().ContainSingle().Which.Should().StartWith("POST /two?x ");
    }

    [Theory]
    [InlineData("ftp://localhost/")]
    [InlineData("http://ann:secret@localhost/")]
    [InlineData(null)]
    public void An_invalid_address_is_refused(string? address)
    {
        var giving = () => new JsonRpcClientOptions().UseAddresses(address is null ? [] : [new Uri(address)]);

        giving.Should().Throw<ArgumentException>().Which.Message.Should().NotContain("secret");
    }

    [Fact]
    public async Task Options_of_calls_are_joined()
    {
        for (var i = 0; i < 3; i++)
            _server.Then(Result(i + 1), Ending.Keep);
        using var client = MakeClient();
        var keyed = client.With(new() { IdempotencyKey = "one", Timeout = TimeSpan.FromSeconds(5) });

        await keyed.With(new() { Timeout = TimeSpan.FromSeconds(7) }).CallAsync<int>("add", new[] { 1, 2 });
        await keyed.With(new() { IdempotencyKey = "two", Idempotency = JsonRpcIdempotency.Idempotent }).CallAsync<int>("add", new[] { 1, 2 });
        await keyed.CallAsync<int>("add", new[] { 1, 2 });

        _server.Requests.Select(request => (Field(request, "Idempotency-Key"), Field(request, "JsonRpc-Timeout-Ms"))).Should()
            .Equal(("\"one\"", "7000"), ("\"two\"", "5000"), ("\"one\"", "5000"));
    }

    [Fact]
    public async Task The_idempotency_of_a_call_stays_when_more_options_follow()
    {
        Script("502");
        _server.Then(Result(), Ending.Keep);
        using var client = MakeClient();

        var call = client.With(new() { Idempotency = JsonRpcIdempotency.Idempotent }).With(new() { Timeout = TimeSpan.FromSeconds(7) }).CallAsync<int>("add", new[] { 1, 2 });

        (await call).Should().Be(3);
        _server.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_stream_is_opened_again_but_not_resumed()
    {
        Script("502");
        _server.Then("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n:ok\r\n");
        Script("502");
        using var client = MakeClient();

        var failure = await FailureOfAsync(async () =>
        {
            await foreach (var _ in client.With(new() { Idempotency = JsonRpcIdempotency.Safe }).CallStreamAsync<int>("count"))
            {
            }
        });

        failure.Should().BeAssignableTo<HttpRequestException>().Which.HttpRequestError.Should().Be(HttpRequestError.ResponseEnded);
        _server.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_stream_takes_no_key()
    {
        using var client = MakeClient();

        var reading = async () =>
        {
            await foreach (var _ in client.With(new() { IdempotencyKey = "a" }).CallStreamAsync<int>("count"))
            {
            }
        };

        await reading.Should().ThrowAsync<NotSupportedException>();
    }

    [Fact]
    public async Task Options_in_place_of_parameters_are_an_error()
    {
        using var client = MakeClient();

        var calling = () => client.CallAsync("add", new JsonRpcCallOptions());

        (await calling.Should().ThrowAsync<ArgumentException>()).WithMessage("*With*");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("\u00e4")]
    public void A_key_is_printable_ASCII(string key)
    {
        var making = () => new JsonRpcCallOptions { IdempotencyKey = key };

        making.Should().Throw<ArgumentException>();
    }

    public void Dispose()
    {
        _server.Dispose();
        GC.SuppressFinalize(this);
    }

    private static string Result(int id = 1) => ScriptedServer.Ok($$"""{"jsonrpc":"2.0","result":3,"id":{{id}}}""");

    private static async Task<Exception?> FailureOfAsync(Func<Task> action)
    {
        try
        {
            await action();
            return null;
        }
        catch (Exception e) when (e is JsonRpcException or HttpRequestException or OperationCanceledException)
        {
            return e;
        }
    }

    private static async Task CallAsync(JsonRpcClient client, Kind kind)
    {
        var options = kind switch
        {
            Kind.Idempotent or Kind.IdempotentBatch => new JsonRpcCallOptions { Idempotency = JsonRpcIdempotency.Idempotent },
            Kind.Safe => new() { Idempotency = JsonRpcIdempotency.Safe },
            Kind.Keyed => new() { IdempotencyKey = "one" },
            _ => new(),
        };
        switch (kind)
        {
            case Kind.Notification:
                await client.NotifyAsync("add", new[] { 1, 2 });
                break;
            case Kind.Batch or Kind.IdempotentBatch:
                var batch = client.With(options).CreateBatch();
                _ = batch.CallAsync<int>("add", new[] { 1, 2 });
                await batch.SendAsync();
                break;
            default:
                await client.With(options).CallAsync<int>("add", new[] { 1, 2 });
                break;
        }
    }

    private static int UnusedPort()
    {
        using var server = new ScriptedServer();
        return server.Port;
    }

    private static string? Field(string request, string name) =>
        request.Split("\r\n").Skip(1).TakeWhile(line => line.Length > 0).Where(line => line.StartsWith($"{name}: ", StringComparison.OrdinalIgnoreCase))
            .Select(line => line[(name.Length + 2)..]).SingleOrDefault();

    private List<string?> PreviousAttempts() => [.. _server.Requests.Select(request => Field(request, "JsonRpc-Previous-Attempts"))];

    private JsonRpcClient MakeClient(Action<JsonRpcClientOptions>? configure = null, int? port = null)
    {
        var options = new JsonRpcClientOptions { Transport = makeTransport(), TimeProvider = _clock, Retry = new(), MaxResponseBodySize = 1024 };
        configure?.Invoke(options);
        return JsonRpc.MakeClient(port ?? _server.Port, options);
    }

    private void Script(string reply, string fields = "")
    {
        var (text, ending) = reply switch
        {
            "503 notRun" or "429 notRun" => (Refusal(reply[..3], OurRefusal, fields), Ending.Keep),
            "503" or "429" => (Refusal(reply, SomeRefusal, fields), Ending.Keep),
            "503 of another" => (Refusal("503", "<p>busy</p>", fields), Ending.Keep),
            "500" or "502" or "504" or "400" or "401" or "404" => (Refusal(reply, "<p>no</p>", fields), Ending.Keep),
            "lost" => ("", Ending.Close),
            "reset" => ("", Ending.Reset),
            "cut" => ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"json", Ending.Close),
            "no http" => ("SSH-2.0-OpenSSH_9.2\r\n\r\n", Ending.Close),
            "too large" => (ScriptedServer.Ok($"\"{new string('x', 5000)}\""), Ending.Close),
            "[]" => (ScriptedServer.Ok("[]"), Ending.Keep),
            "[misfit]" => (ScriptedServer.Ok("""[{"jsonrpc":"2.0","result":"three","id":1}]"""), Ending.Keep),
            "[-32005 notRun]" => (ScriptedServer.Ok("""[{"jsonrpc":"2.0","error":{"code":-32005,"message":"Too many calls","data":{"notRun":true}},"id":1}]"""), Ending.Keep),
            "empty" => (ScriptedServer.Ok(""), Ending.Keep),
            "no json" => (ScriptedServer.Ok("<p>Hello</p>"), Ending.Keep),
            "misfit" => (ScriptedServer.Ok("""{"jsonrpc":"2.0","result":"three","id":1}"""), Ending.Keep),
            "-32005 notRun" =>
                (ScriptedServer.Ok("""{"jsonrpc":"2.0","error":{"code":-32005,"message":"Too many calls","data":{"retryAfterMs":10,"notRun":true}},"id":1}"""), Ending.Keep),
            "-32005" => (ScriptedServer.Ok("""{"jsonrpc":"2.0","error":{"code":-32005,"message":"Too many calls","data":{"retryAfterMs":10}},"id":1}"""), Ending.Keep),
            _ => (ScriptedServer.Ok($$"""{"jsonrpc":"2.0","error":{"code":{{reply}},"message":"no"},"id":1}"""), Ending.Keep),
        };
        _server.Then(text, ending);
    }

    private static string Refusal(string status, string body, string fields) => $"HTTP/1.1 {status} No\r\n{fields}Content-Length: {body.Length}\r\n\r\n{body}";

    [GeneratedRegex("^\"[0-9a-f-]{36}\"$")]
    private static partial Regex Quoted();

    /// <summary>Ends every wait at once, and records its duration. A wait that is longer than any wait of a retry never ends.</summary>
    private sealed class WaitingClock : TimeProvider
    {
        private readonly Lock _lock = new();
        private TimeSpan _now;

        public List<TimeSpan> Waits { get; } = [];

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            lock (_lock)
                return _now.Ticks;
        }

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(GetTimestamp());

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime < TimeSpan.Zero || dueTime > TimeSpan.FromSeconds(15))
                return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            lock (_lock)
            {
                Waits.Add(dueTime);
                _now += dueTime;
            }
            return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
