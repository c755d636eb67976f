using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class IdempotencyOnHttpListener() : IdempotencyTests(new HttpListenerHost());

public sealed class IdempotencyInMemory() : IdempotencyTests(new InMemoryHost());

public sealed class IdempotencyOnSockets() : IdempotencyTests(new SocketHost());

public sealed class IdempotencyOnPortableSockets() : IdempotencyTests(new PortableSocketHost());

public sealed class IdempotencyOnAspNetCore() : IdempotencyTests(new AspNetCoreHost());

/// <summary>A call with a key runs once, whatever happens to its caller.</summary>
public abstract class IdempotencyTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _runs = [];
    private readonly SemaphoreSlim _entered = new(0);
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private protected IdempotencyTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task A_repetition_gets_the_result_of_the_first_with_its_own_id()
    {
        var server = Serve(Methods());

        var first = await CallAsync(server, "place", "[1]", "a", id: 1);
        var second = await CallAsync(server, "place", "[1]", "a", id: 2);
        var third = await CallAsync(server, "place", "[1]", "b", id: 3);
        var without = await CallAsync(server, "place", "[1]", key: null, id: 4);

        first.Text.Should().Be("""{"jsonrpc":"2.0","result":{"order":1,"run":1},"id":1}""");
        second.Text.Should().Be("""{"jsonrpc":"2.0","result":{"order":1,"run":1},"id":2}""");
        third.Text.Should().Be("""{"jsonrpc":"2.0","result":{"order":1,"run":2},"id":3}""");
        without.Text.Should().Be("""{"jsonrpc":"2.0","result":{"order":1,"run":3},"id":4}""");
        new[] { first, second, third, without }.Select(reply => reply["Idempotent-Replayed"]).Should().Equal(null, "true", null, null);
    }

    [Fact]
    public async Task An_error_of_the_methods_own_is_kept_with_its_data()
    {
        var server = Serve(Methods());

        var first = await CallAsync(server, "refuse", "[1]", "a", id: 1);
        var second = await CallAsync(server, "refuse", "[1]", "a", id: 2);

        first.Text.Should().Be("""{"jsonrpc":"2.0","error":{"code":7,"message":"Sold out","data":{"left":0}},"id":1}""");
        second.Text.Should().Be(first.Text.Replace("\"id\":1", "\"id\":2", StringComparison.Ordinal));
        second["Idempotent-Replayed"].Should().Be("true");
        _runs.Should().HaveCount(1);
    }

    [Fact]
    public async Task An_unexpected_exception_is_not_kept()
    {
        var server = Serve(Methods());

        var first = await CallAsync(server, "fail", "[1]", "a");
        var second = await CallAsync(server, "fail", "[1]", "a");

        first.Text.Should().Contain("-32603");
        second.Text.Should().Be("""{"jsonrpc":"2.0","result":2,"id":1}""");
    }

    [Fact]
    public async Task A_reply_over_its_limit_is_not_kept()
    {
        var server = Serve(Methods().Add("large", () =>
        {
            _runs.Enqueue("large");
            return new string('x', _runs.Count == 1 ? 5000 : 1);
        }), o => o.Limits.MaxResponseBodySize = 1024);

        (await CallAsync(server, "large", "[]", "a")).Text.Should().Contain("-32011");
        (await CallAsync(server, "large", "[]", "a")).Text.Should().Contain("\"result\":\"x\"");
    }

    [Fact]
    public async Task A_key_belongs_to_its_parameters_and_its_method()
    {
        var server = Serve(Methods());
        await CallAsync(server, "place", "[1]", "a");

        (await CallAsync(server, "place", "[2]", "a")).Text.Should().Contain("""{"code":-32021,"message":""");
        (await CallAsync(server, "fail", "[2]", "a")).Text.Should().Contain("-32603");
        _runs.Should().HaveCount(2);
    }

    [Fact]
    public async Task Each_user_has_keys_of_their_own()
    {
        var server = Serve(Methods(), WithUsers);

        var ann = await CallAsync(server, "place", "[1]", "a", user: "Ann");
        var bob = await CallAsync(server, "place", "[1]", "a", user: "Bob");
        var anonymous = await CallAsync(server, "place", "[1]", "a");
        var again = await CallAsync(server, "place", "[1]", "a", user: "Ann");
        var otherId = await CallAsync(server, "place", "[1]", "a", user: "Ann", userId: "2");
        // Each part is preceded by its length, so that one part cannot pretend to be two.
        var trick = await CallAsync(server, "place", "[1]", "a", user: "Ann0:");

        new[] { ann, bob, anonymous, again, otherId, trick }.Select(RunOf).Should().Equal(1, 2, 3, 1, 4, 5);
    }

    [Fact]
    public async Task An_authenticated_caller_without_a_name_is_identified_by_id_or_token_or_has_no_keys()
    {
        var server = Serve(Methods(), WithUsers);

        var nameless = await CallAsync(server, "place", "[1]", "a", user: "");
        var seven = await CallAsync(server, "place", "[1]", "a", user: "", userId: "7");
        var eight = await CallAsync(server, "place", "[1]", "a", user: "", userId: "8");
        var token = await CallAsync(server, "place", "[1]", "a", user: "", token: "Bearer x");
        var otherToken = await CallAsync(server, "place", "[1]", "a", user: "", token: "Bearer y");
        var sameToken = await CallAsync(server, "place", "[1]", "a", user: "", token: "Bearer x");

        nameless.Text.Should().Contain("-32600");
        new[] { seven, eight, token, otherToken, sameToken }.Select(RunOf).Should().Equal(1, 2, 3, 4, 3);
    }

    [Fact]
    public async Task A_hundred_concurrent_calls_run_once()
    {
        var server = Serve(Methods());

        var calls = Enumerable.Range(0, 100).Select(i => CallAsync(server, "wait", "[1]", "a", id: i)).ToList();
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        var early = await Task.WhenAny(calls).WaitAsync(Patience);
        _gate.SetResult();
        var replies = await Task.WhenAll(calls).WaitAsync(Patience);
        var later = await CallAsync(server, "wait", "[1]", "a");

        (await early).Text.Should().Contain("-32020").And.Contain("\"retryAfterMs\":500");
        _runs.Should().HaveCount(1);
        replies.Count(reply => reply.Text.Contains("\"result\":\"done 1\"", StringComparison.Ordinal)).Should().BeGreaterThan(0);
        replies.Should().OnlyContain(reply => reply.Text.Contains("\"result\":\"done 1\"", StringComparison.Ordinal) || reply.Text.Contains("-32020", StringComparison.Ordinal));
        later.Text.Should().Contain("\"result\":\"done 1\"");
    }

    [Fact]
    public async Task A_repetition_waits_for_a_call_that_timed_out_for_its_caller()
    {
        var server = Serve(Methods(), o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(10));

        var first = CallAsync(server, "wait", "[1]", "a");
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(20));
        (await first).Text.Should().Contain("-32001");
        (await CallAsync(server, "wait", "[1]", "a")).Text.Should().Contain("-32020");
        _gate.SetResult();

        await EventuallyAsync(async () => (await CallAsync(server, "wait", "[1]", "a")).Text.Contains("\"result\":\"done 1\"", StringComparison.Ordinal));
        _runs.Should().HaveCount(1);
    }

    [Fact]
    public async Task A_repetition_waits_for_a_call_whose_caller_has_disconnected()
    {
        var server = Serve(Methods());
        using var client = server.MakeClient();
        using var leaving = new CancellationTokenSource();

        var first = client.With(new() { IdempotencyKey = "a" }).CallAsync<string>("wait", new[] { 1 }, leaving.Token);
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        await leaving.CancelAsync();
        await first.Invoking(call => call).Should().ThrowAsync<OperationCanceledException>();
        (await CallAsync(server, "wait", "[1]", "a")).Text.Should().Contain("-32020");
        _gate.SetResult();

        await EventuallyAsync(async () => (await CallAsync(server, "wait", "[1]", "a")).Text.Contains("\"result\":\"done 1\"", StringComparison.Ordinal));
        _runs.Should().HaveCount(1);
    }

    [Fact]
    public async Task The_outcome_of_a_call_that_obeyed_its_cancellation_is_unknown()
    {
        var server = Serve(Methods(), o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(10));

        var first = CallAsync(server, "obey", "[1]", "a");
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(20));
        (await first).Text.Should().Contain("-32001");

        await EventuallyAsync(async () => (await CallAsync(server, "obey", "[1]", "a")).Text.Contains("-32022", StringComparison.Ordinal));
        _runs.Should().HaveCount(1);
    }

    [Fact]
    public async Task An_error_that_comes_after_its_caller_has_disconnected_is_kept()
    {
        var server = Serve(Methods().Add("refuseLater", async Task<int> () =>
        {
            _runs.Enqueue("refuseLater");
            _entered.Release();
            await _gate.Task.WaitAsync(Patience);
            throw new JsonRpcException(7, "Sold out");
        }), o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(10));

        var first = CallAsync(server, "refuseLater", "[]", "a");
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(20));
        (await first).Text.Should().Contain("-32001");
        _gate.SetResult();

        await EventuallyAsync(async () => (await CallAsync(server, "refuseLater", "[]", "a")).Text.Contains("Sold out", StringComparison.Ordinal));
        _runs.Should().HaveCount(1);
    }

    [Fact]
    public async Task A_middleware_that_gives_up_does_not_free_the_key_of_a_method_that_runs()
    {
        var givesUp = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = Serve(Methods().Use(async (call, next, token) =>
        {
            var running = next(call, token).AsTask();
            await Task.WhenAny(running, givesUp.Task);
            if (!running.IsCompleted)
                throw new TimeoutException("It takes too long.");
            await running;
        }));

        var first = CallAsync(server, "wait", "[1]", "a");
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        givesUp.SetResult();
        (await CallAsync(server, "wait", "[1]", "a")).Text.Should().Contain("-32020");
        _gate.SetResult();
        await first;

        (await CallAsync(server, "wait", "[1]", "a")).Text.Should().Contain("\"result\":\"done 1\"");
        _runs.Should().HaveCount(1);
    }

    [Fact]
    public async Task A_full_store_does_not_affect_the_other_calls_of_a_batch()
    {
        var server = Serve(Methods(new MemoryIdempotencyStore(Clock) { MaxKeys = 10 }));
        // Unauthenticated callers hold at most nine tenths.
        for (var i = 0; i < 8; i++)
            await CallAsync(server, "place", "[1]", $"k{i}");

        var reply = await server.ExchangeAsync(RawRequest.Post(
            """[{"jsonrpc":"2.0","method":"place","params":[1],"id":1},{"jsonrpc":"2.0","method":"place","params":[1],"id":2}]""").With("Idempotency-Key", "\"b\""));

        reply.Status.Should().Be(200);
        reply.Text.Should().Contain("\"run\":9").And.Contain("is full");
    }

    [Fact]
    public async Task Servers_that_share_a_store_separate_their_keys_by_scope()
    {
        var store = new MemoryIdempotencyStore(Clock);
        var one = Serve(Methods(store, new IdempotencyOptions { Scope = "one" }));
        var two = Serve(Methods(store, new IdempotencyOptions { Scope = "two" }));
        var twin = Serve(Methods(store, new IdempotencyOptions { Scope = "one" }));

        RunOf(await CallAsync(one, "place", "[1]", "a")).Should().Be(1);
        RunOf(await CallAsync(two, "place", "[1]", "a")).Should().Be(2);
        RunOf(await CallAsync(twin, "place", "[1]", "a")).Should().Be(1);
    }

    [Theory]
    [InlineData(600, "-32020")]
    [InlineData(2, "-32022")]
    public async Task A_call_that_runs_longer_than_keys_are_kept_keeps_its_own(int lease, string meanwhile)
    {
        var store = new MemoryIdempotencyStore(Clock) { Retention = TimeSpan.FromSeconds(1) };
        var server = Serve(Methods(store, new IdempotencyOptions { Lease = TimeSpan.FromSeconds(lease) }), o => o.Limits.HandlerTimeout = Timeout.InfiniteTimeSpan);

        var first = CallAsync(server, "wait", "[1]", "a");
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(5));
        (await CallAsync(server, "wait", "[1]", "a")).Text.Should().Contain(meanwhile);
        _gate.SetResult();

        (await first).Text.Should().Contain("done 1");
        (await CallAsync(server, "wait", "[1]", "a")).Text.Should().Contain("done 1");
        _runs.Should().HaveCount(1);
    }

    [Fact]
    public async Task An_error_of_another_server_that_is_passed_on_does_not_say_that_nothing_has_run()
    {
        var other = new JsonObject { ["retryAfterMs"] = 5, ["notRun"] = true };
        var methods = Serve(new JsonRpcMethods().Add("relay", int () => throw new JsonRpcException(-32005, "Too many calls", other)));
        var plain = Serve(_ => throw new JsonRpcException(-32005, "Too many calls", other));

        (await CallAsync(methods, "relay", "[]", key: null)).Text.Should().Contain("\"data\":{\"retryAfterMs\":5}");
        (await plain.ExchangeAsync(RawRequest.Post("1"))).Text.Should().Contain("\"data\":{\"retryAfterMs\":5}");
    }

    [Fact]
    public async Task A_server_that_stops_hands_the_call_over_to_the_next()
    {
        var store = new MemoryIdempotencyStore(Clock);
        var server = Serve(Methods(store));
        var next = Serve(Methods(store));

        var first = CallAsync(server, "wait", "[1]", "a");
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        // The server gives it no time to end.
        await server.Server.StopAsync(new CancellationToken(canceled: true));
        await first.ContinueWith(static _ => { }, TaskScheduler.Default).WaitAsync(Patience);
        (await CallAsync(next, "wait", "[1]", "a")).Text.Should().Contain("-32020");
        _gate.SetResult();

        await EventuallyAsync(async () => (await CallAsync(next, "wait", "[1]", "a")).Text.Contains("\"result\":\"done 1\"", StringComparison.Ordinal));
        _runs.Should().HaveCount(1);
    }

    [Fact]
    public async Task After_its_lease_the_outcome_of_a_call_is_unknown_and_it_does_not_run_again()
    {
        var server = Serve(Methods(options: new IdempotencyOptions { Lease = TimeSpan.FromSeconds(30), RetryAfter = TimeSpan.FromSeconds(2) }),
            o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(10));

        var first = CallAsync(server, "wait", "[1]", "a");
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        (await CallAsync(server, "wait", "[1]", "a")).Text.Should().Contain("-32020").And.Contain("\"retryAfterMs\":2000");
        Clock.Advance(TimeSpan.FromSeconds(31));
        await first;
        (await CallAsync(server, "wait", "[1]", "a")).Text.Should().Contain("-32022");
        _gate.SetResult();

        await EventuallyAsync(async () => (await CallAsync(server, "wait", "[1]", "a")).Text.Contains("\"result\":\"done 1\"", StringComparison.Ordinal));
        _runs.Should().HaveCount(1);
    }

    [Fact]
    public async Task A_full_store_refuses_new_keys_and_keeps_the_old()
    {
        var server = Serve(Methods(new MemoryIdempotencyStore(Clock) { MaxKeys = 10 }));
        for (var i = 0; i < 9; i++)
            await CallAsync(server, "place", "[1]", $"k{i}");

        var refused = await CallAsync(server, "place", "[1]", "one more");
        var replayed = await CallAsync(server, "place", "[1]", "k0");

        refused.Status.Should().Be(503);
        refused.Text.Should().Contain("-32000").And.Contain("is full");
        RunOf(replayed).Should().Be(1);
        _runs.Should().HaveCount(9);
        Clock.Advance(TimeSpan.FromHours(24));
        RunOf(await CallAsync(server, "place", "[1]", "one more")).Should().Be(10);
    }

    [Fact]
    public async Task A_key_is_forgotten_after_its_time()
    {
        var server = Serve(Methods());

        RunOf(await CallAsync(server, "place", "[1]", "a")).Should().Be(1);
        Clock.Advance(TimeSpan.FromHours(23.9));
        RunOf(await CallAsync(server, "place", "[1]", "a")).Should().Be(1);
        Clock.Advance(TimeSpan.FromHours(0.2));
        RunOf(await CallAsync(server, "place", "[1]", "a")).Should().Be(2);
    }

    [Theory]
    [InlineData("\"a\"", true)]
    [InlineData("a", true)]
    [InlineData("8e03978e-40d5-43dd-bc93-6894a57f9324", true)]
    [InlineData("\"a b, \\\"c\\\" \\\\\"", true)]
    [InlineData("\"\"", false)]
    [InlineData("\"a", false)]
    [InlineData("a\"", false)]
    [InlineData("\"a\\x\"", false)]
    [InlineData("\"a\\\"", false)]
    [InlineData("\"a\"; v=1", false)]
    [InlineData("\"a\", \"b\"", false)]
    [InlineData("a b", false)]
    public async Task A_key_is_a_string_or_a_token(string field, bool isKey)
    {
        var server = Serve(Methods());

        var reply = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"place","params":[1],"id":1}""").With("Idempotency-Key", field));

        if (isKey)
            RunOf(reply).Should().Be(1);
        else
            reply.Text.Should().Contain("-32600").And.Contain("Idempotency-Key");
        _runs.Should().HaveCount(isKey ? 1 : 0);
    }

    [Fact]
    public async Task A_key_with_and_without_quotation_marks_is_the_same()
    {
        var server = Serve(Methods());

        await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"place","params":[1],"id":1}""").With("Idempotency-Key", "a"));
        RunOf(await CallAsync(server, "place", "[1]", "a")).Should().Be(1);
    }

    [Fact]
    public async Task A_key_may_have_255_characters_and_no_more()
    {
        var server = Serve(Methods());

        RunOf(await CallAsync(server, "place", "[1]", new string('k', 255))).Should().Be(1);
        (await CallAsync(server, "place", "[1]", new string('k', 256))).Text.Should().Contain("-32600");
    }

    [Fact]
    public async Task A_method_may_require_a_key()
    {
        var server = Serve(
            Methods(options: new IdempotencyOptions { Required = method => method.Name == "place" }).Add("pay", [JsonRpcMethod(RequiresIdempotencyKey = true)] () => 1));

        (await CallAsync(server, "place", "[1]", key: null)).Text.Should().Contain("-32600").And.Contain("Idempotency-Key");
        (await CallAsync(server, "pay", "[]", key: null)).Text.Should().Contain("-32600");
        (await CallAsync(server, "pay", "[]", "a")).Text.Should().Contain("\"result\":1");
        (await CallAsync(server, "fail", "[1]", key: null)).Text.Should().Contain("-32603");
        (await CallAsync(server, "rpc.discover", "[]", key: null)).Text.Should().Contain("\"x-idempotency-key\":\"required\"");
    }

    [Fact]
    public void A_required_key_without_a_store_is_an_error_at_startup()
    {
        var starting = () => Serve(new JsonRpcMethods().Add("pay", [JsonRpcMethod(RequiresIdempotencyKey = true)] () => 1));

        starting.Should().Throw<InvalidOperationException>().WithMessage("*'pay'*UseIdempotency*");
    }

    [Fact]
    public async Task A_plain_function_may_require_a_key()
    {
        var runs = 0;
        var server = Start(options => JsonRpc.MakeServer(0, [JsonRpcMethod(RequiresIdempotencyKey = true)] (int amount) => ++runs, options), o => o.UseIdempotency(
            new MemoryIdempotencyStore(Clock)));

        var without = await server.ExchangeAsync(RawRequest.Post("1"));
        without.Status.Should().Be(400);
        without.Text.Should().Contain("-32600").And.Contain("Idempotency-Key");
        runs.Should().Be(0);
        (await PlainAsync(server, "1", "a")).Text.Should().Be("1");
    }

    [Fact]
    public void A_required_key_of_a_plain_function_without_a_store_is_an_error_at_startup()
    {
        var serving = () => Start(options => JsonRpc.MakeServer(0, [JsonRpcMethod(RequiresIdempotencyKey = true)] (int amount) => amount, options));
        var handling = () => JsonRpc.MakeHandler([JsonRpcMethod(RequiresIdempotencyKey = true)] (int amount) => amount);

        serving.Should().Throw<InvalidOperationException>().WithMessage("*requires an idempotency key*UseIdempotency*");
        handling.Should().Throw<InvalidOperationException>().WithMessage("*requires an idempotency key*UseIdempotency*");
    }

    [Fact]
    public async Task Each_call_of_a_batch_derives_its_key_from_its_index()
    {
        var server = Serve(Methods());
        const string batch =
            """[{"jsonrpc":"2.0","method":"place","params":[1],"id":1},{"jsonrpc":"2.0","method":"place","params":[1],"id":2},{"jsonrpc":"2.0","method":"refuse","params":[1],"id":3}]""";
        var request = RawRequest.Post(batch).With("Idempotency-Key", "\"a\"");

        var first = await server.ExchangeAsync(request);
        var second = await server.ExchangeAsync(request);
        var alone = await CallAsync(server, "place", "[1]", "a");

        second.Text.Should().Be(first.Text).And.Contain("Sold out");
        second["Idempotent-Replayed"].Should().BeNull();
        RunOf(alone).Should().Be(4);
    }

    [Fact]
    public async Task A_safe_method_ignores_its_key()
    {
        var server = Serve(Methods().Add("read", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] () =>
        {
            _runs.Enqueue("read");
            return _runs.Count;
        }));

        (await CallAsync(server, "read", "[]", "a")).Text.Should().Contain("\"result\":1");
        (await CallAsync(server, "read", "[]", "a")).Text.Should().Contain("\"result\":2");
    }

    [Fact]
    public async Task A_notification_runs_once()
    {
        var server = Serve(Methods());
        var notification = RawRequest.Post("""{"jsonrpc":"2.0","method":"place","params":[1]}""").With("Idempotency-Key", "\"a\"");

        (await server.ExchangeAsync(notification)).Status.Should().Be(204);
        (await server.ExchangeAsync(notification)).Status.Should().Be(204);

        _runs.Should().HaveCount(1);
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_sequence_with_a_key_is_answered_as_a_list()
    {
        var server = Serve(Methods().Add("count", CountAsync));
        var request = RawRequest.Post("""{"jsonrpc":"2.0","method":"count","id":1}""").With("Accept", "text/event-stream, application/json").With("Idempotency-Key", "\"a\"");

        var first = await server.ExchangeAsync(request);
        var second = await server.ExchangeAsync(request);

        first.Text.Should().Be("""{"jsonrpc":"2.0","result":[1,2],"id":1}""");
        second.Text.Should().Be(first.Text);
        _runs.Should().HaveCount(1);

        async IAsyncEnumerable<int> CountAsync()
        {
            _runs.Enqueue("count");
            yield return 1;
            await Task.Yield();
            yield return 2;
        }
    }

    [Fact]
    public async Task A_store_that_fails_before_the_call_lets_nothing_run()
    {
        var server = Serve(Methods(new FailingStore(failsToBegin: true)));

        (await CallAsync(server, "place", "[1]", "a")).Text.Should().Contain("-32603");

        _runs.Should().BeEmpty();
        Failures.Should().ContainSingle();
    }

    [Fact]
    public async Task A_store_that_fails_after_the_call_does_not_lose_the_result()
    {
        var server = Serve(Methods(new FailingStore(failsToBegin: false)));

        RunOf(await CallAsync(server, "place", "[1]", "a")).Should().Be(1);

        Failures.Should().ContainSingle().Which.Exception.Message.Should().Contain("not stored").And.Contain("The disk is full.");
    }

    [Fact]
    public async Task A_client_with_keys_calls_once_through_a_lost_reply()
    {
        var losses = 0;
        var server = Serve(Methods(), o => o.Use(next => async (exchange, token) =>
        {
            await next(exchange, token);
            if (losses++ == 0)
                exchange.Reply(502, "text/plain", "lost");
        }));
        using var client = server.MakeClient(new() { Retry = new() { IdempotencyKeys = true, InitialBackoff = TimeSpan.FromMilliseconds(1) } });

        (await client.CallAsync("place", new[] { 1 }))!["run"]!.GetValue<int>().Should().Be(1);

        _runs.Should().HaveCount(1);
        losses.Should().Be(2);
    }

    [Fact]
    public async Task A_plain_function_runs_once_too()
    {
        var server = Serve(command =>
        {
            _runs.Enqueue("run");
            return (int?)command is 0 ? throw new JsonRpcException(7, "Sold out", new { left = 0 }) : new JsonObject { ["run"] = _runs.Count };
        }, o => o.UseIdempotency(new MemoryIdempotencyStore(Clock) { MaxKeys = 10 }));

        var first = await PlainAsync(server, "1", "a");
        var second = await PlainAsync(server, "1", "a");
        var error = await PlainAsync(server, "0", "b");
        var errorAgain = await PlainAsync(server, "0", "b");
        var reused = await PlainAsync(server, "2", "a");
        var invalid = await PlainAsync(server, "1", "");
        var without = await server.ExchangeAsync(RawRequest.Post("1"));
        for (var i = 0; i < 7; i++)
            await PlainAsync(server, "1", $"k{i}");
        var full = await PlainAsync(server, "1", "one more");

        first.Text.Should().Be("""{"run":1}""");
        first["Idempotent-Replayed"].Should().BeNull();
        second.Text.Should().Be(first.Text);
        second["Idempotent-Replayed"].Should().Be("true");
        second["Content-Type"].Should().Be(first["Content-Type"]);
        error.Status.Should().Be(500);
        errorAgain.Status.Should().Be(500);
        errorAgain["Idempotent-Replayed"].Should().Be("true");
        errorAgain.Text.Should().Be(error.Text).And.Contain("Sold out").And.Contain("\"left\":0");
        reused.Status.Should().Be(422);
        reused.Text.Should().Contain("-32021");
        invalid.Status.Should().Be(400);
        without.Text.Should().Be("""{"run":3}""");
        full.Status.Should().Be(503);
        _runs.Should().HaveCount(3 + 7);
    }

    [Fact]
    public async Task A_repetition_waits_for_a_plain_call_that_timed_out_for_its_caller()
    {
        var server = ServeAsync(async (_, _) =>
        {
            _runs.Enqueue("wait");
            _entered.Release();
            await _gate.Task.WaitAsync(Patience, CancellationToken.None);
            return "done";
        }, o =>
        {
            o.Limits.HandlerTimeout = TimeSpan.FromSeconds(10);
            o.UseIdempotency(new MemoryIdempotencyStore(Clock));
        });

        var first = PlainAsync(server, "1", "a");
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(20));
        (await first).Status.Should().Be(504);
        var meanwhile = await PlainAsync(server, "1", "a");
        _gate.SetResult();

        meanwhile.Status.Should().Be(409);
        meanwhile.Text.Should().Contain("-32020").And.Contain("\"retryAfterMs\":500");
        await EventuallyAsync(async () => (await PlainAsync(server, "1", "a")).Text == "\"done\"");
        _runs.Should().HaveCount(1);
    }

    [Fact]
    public void Only_a_server_of_one_function_takes_a_store_among_its_options()
    {
        var methods = () => Serve(new JsonRpcMethods(), o => o.UseIdempotency(new MemoryIdempotencyStore()));
        var raw = () => ServeRaw((_, _) => default, o => o.UseIdempotency(new MemoryIdempotencyStore()));

        methods.Should().Throw<InvalidOperationException>().WithMessage("*JsonRpcMethods.UseIdempotency*");
        raw.Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void A_registry_has_at_most_one_store()
    {
        var adding = () => Methods().UseIdempotency(new MemoryIdempotencyStore());

        adding.Should().Throw<InvalidOperationException>();
    }

    private static Task<RawReply> CallAsync(
        HostedServer server, string method, string parameters, string? key, int id = 1, string? user = null, string? userId = null, string? token = null)
    {
        var request = RawRequest.Post($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":{{id}}}""");
        foreach (var (name, value) in new[] { ("Idempotency-Key", key is null ? null : $"\"{key}\""), ("X-User", user), ("X-Id", userId), ("Authorization", token) })
            request = value is null ? request : request.With(name, value);
        return server.ExchangeAsync(request);
    }

    private static Task<RawReply> PlainAsync(HostedServer server, string body, string key) => server.ExchangeAsync(RawRequest.Post(body).With("Idempotency-Key", $"\"{key}\""));

    private static int RunOf(RawReply reply) =>
        JsonNode.Parse(reply.Body)?["result"]?["run"]?.GetValue<int>() ?? throw new InvalidOperationException($"There is no result: {reply}");

    private static void WithUsers(JsonRpcServerOptions options) => options.Use(next => (exchange, token) =>
    {
        if (exchange.RequestHeaders["X-User"] is { } name)
        {
            var identity = new ClaimsIdentity("test");
            if (name.Length > 0)
                identity.AddClaim(new Claim(ClaimTypes.Name, name));
            if (exchange.RequestHeaders["X-Id"] is { } id)
                identity.AddClaim(new Claim("sub", id));
            exchange.User = new ClaimsPrincipal(identity);
        }
        return next(exchange, token);
    });

    private JsonRpcMethods Methods(IdempotencyStore? store = null, IdempotencyOptions? options = null) => new JsonRpcMethods()
        .UseIdempotency(store ?? new MemoryIdempotencyStore(Clock), options)
        .Add("place", (int order) =>
        {
            _runs.Enqueue("place");
            return new { order, run = _runs.Count };
        })
        .Add("refuse", int (int order) =>
        {
            _runs.Enqueue($"refuse {order}");
            throw new JsonRpcException(7, "Sold out", new { left = 0 });
        })
        .Add("fail", (int order) =>
        {
            _runs.Enqueue($"fail {order}");
            return _runs.Count == 1 || order == 2 ? throw new InvalidOperationException("broken") : _runs.Count;
        })
        .Add("wait", async (int order) =>
        {
            _runs.Enqueue("wait");
            _entered.Release();
            await _gate.Task.WaitAsync(Patience);
            return $"done {order}";
        })
        .Add("obey", async (int order, CancellationToken token) =>
        {
            _runs.Enqueue($"obey {order}");
            _entered.Release();
            await _gate.Task.WaitAsync(Patience, token);
            return _runs.Count;
        });

    private sealed class FailingStore(bool failsToBegin) : IdempotencyStore
    {
        public override ValueTask<IdempotencyEntry> BeginAsync(IdempotencyStoreKey key, ReadOnlyMemory<byte> fingerprint, TimeSpan lease, CancellationToken cancellationToken) =>
            failsToBegin ? throw new IOException("The store is away.") : new(new IdempotencyEntry(IdempotencyState.New, 1));

        public override ValueTask CompleteAsync(IdempotencyStoreKey key, long reservation, ReadOnlyMemory<byte> outcome) => throw new IOException("The disk is full.");

        public override ValueTask AbandonAsync(IdempotencyStoreKey key, long reservation) => throw new IOException("The disk is full.");
    }
}
