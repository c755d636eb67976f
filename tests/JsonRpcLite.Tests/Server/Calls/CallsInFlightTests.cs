using System.Text.Json.Nodes;

namespace JsonRpcLite.Tests;

/// <summary>Gate, watch, early replies and budget of a server, without a network and with a clock that a test moves.</summary>
public sealed class CallsInFlightTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualClock _clock = new();
    private readonly BareTransport _transport = new();
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private JsonRpcServer? _server;
    private CancellationToken _lastToken;

    public void Dispose() => _server?.StopAsync(new CancellationToken(canceled: true)).GetAwaiter().GetResult();

    [Fact]
    public async Task A_call_that_waits_for_its_body_holds_no_permit()
    {
        Serve(o => o.Limits.MaxConcurrentCalls = 1, Echo);
        var slow = Call();

        var other = Call("1");
        slow.Exchange.Finish("2");

        (await other.Outcome, other.Exchange.Text).Should().Be((ExchangeOutcome.ConnectionKept, "1"));
        (await slow.Outcome, slow.Exchange.Text).Should().Be((ExchangeOutcome.ConnectionKept, "2"));
    }

    [Fact]
    public async Task A_body_that_arrives_when_all_permits_are_taken_is_503_and_says_that_nothing_has_run()
    {
        Serve(o => o.Limits.MaxConcurrentCalls = 1, WaitAtGate);
        var slow = Call();
        var running = Call("1");

        slow.Exchange.Finish("2");
        var outcome = await slow.Outcome.WaitAsync(Patience);
        _gate.SetResult();
        await running.Outcome;

        outcome.Should().Be(ExchangeOutcome.ConnectionEnds);
        slow.Exchange.Status.Should().Be(503);
        slow.Exchange.Fields.Should().Contain("Retry-After: 1");
        slow.Exchange.Text.Should().Be("""{"error":{"code":-32000,"message":"Too many calls are in flight; try again.","data":{"notRun":true}}}""");
        running.Exchange.Status.Should().Be(200);
    }

    [Fact]
    public async Task A_raw_handler_gives_its_permit_back_while_it_waits_for_its_body_and_takes_one_again()
    {
        ServeRaw(o => o.Limits.MaxConcurrentCalls = 1, async (exchange, token) => exchange.Reply(200, "text/plain", (await exchange.ReadBodyAsync(token)).Span));
        var slow = Call();

        var other = Call("other");
        slow.Exchange.Finish("slow");

        (await other.Outcome, other.Exchange.Text).Should().Be((ExchangeOutcome.ConnectionKept, "other"));
        (await slow.Outcome, slow.Exchange.Text).Should().Be((ExchangeOutcome.ConnectionKept, "slow"));
        // Both permits were given back.
        (await Call("third").Outcome).Should().Be(ExchangeOutcome.ConnectionKept);
    }

    [Fact]
    public async Task A_raw_handler_that_gets_no_permit_again_is_503_however_often_it_asks()
    {
        ServeRaw(o => o.Limits.MaxConcurrentCalls = 1, async (exchange, token) =>
        {
            if (exchange.Target == "/gate")
            {
                await _gate.Task;
                return;
            }
            try
            {
                await exchange.ReadBodyAsync(token);
            }
            catch (HttpRefusalException)
            {
                await exchange.ReadBodyAsync(token);
            }
        });
        var slow = Call();
        var running = Call("x", "/gate");

        slow.Exchange.Finish("slow");
        await slow.Outcome.WaitAsync(Patience);
        _gate.SetResult();
        await running.Outcome;

        slow.Exchange.Status.Should().Be(503);
        slow.Exchange.Fields.Should().Contain("Retry-After: 1");
        // The handler has begun, so the reply cannot say that nothing has run.
        slow.Exchange.Text.Should().NotContain("notRun");
        (await Call("next").Outcome).Should().Be(ExchangeOutcome.ConnectionKept);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task As_many_exchanges_as_allowed_enter_and_the_next_is_503(int most)
    {
        Serve(o => o.Limits.MaxConcurrentExchanges = most, Echo);
        var slow = Enumerable.Range(0, most).Select(_ => Call()).ToArray();

        var refused = Call("1");
        await refused.Outcome;
        foreach (var call in slow)
            call.Exchange.Finish("2");
        foreach (var call in slow)
            await call.Outcome.WaitAsync(Patience);
        var later = Call("3");
        await later.Outcome;

        (refused.Exchange.Status, refused.Exchange.IsLast).Should().Be((503, true));
        refused.Exchange.Text.Should().Contain("Too many requests are under way").And.Contain("\"notRun\":true");
        slow.Should().OnlyContain(call => call.Exchange.Status == 200);
        later.Exchange.Status.Should().Be(200);
    }

    [Fact]
    public async Task A_request_that_fails_authentication_holds_no_permit()
    {
        var asked = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Serve(o =>
        {
            o.Limits.MaxConcurrentCalls = 1;
            o.Authenticate = async (exchange, _) => exchange.Target == "/slow" && await asked.Task ? null : Caller;
        }, Echo);
        var asking = Enumerable.Range(0, 5).Select(_ => Call("1", "/slow")).ToArray();

        var other = Call("2");
        await other.Outcome;
        asked.SetResult(true);
        foreach (var call in asking)
            await call.Outcome.WaitAsync(Patience);

        other.Exchange.Status.Should().Be(200);
        asking.Should().OnlyContain(call => call.Exchange.Status == 401);
    }

    [Fact]
    public async Task A_late_call_gets_one_early_reply_and_its_own_is_discarded()
    {
        Serve(o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(2), WaitAtGate);
        var call = Call("1");

        _clock.Advance(TimeSpan.FromSeconds(3));
        await call.Exchange.Sent.WaitAsync(Patience);
        _gate.SetResult();
        var outcome = await call.Outcome.WaitAsync(Patience);

        outcome.Should().Be(ExchangeOutcome.LeftBehind);
        (call.Exchange.Status, call.Exchange.Replies, call.Exchange.IsLast).Should().Be((504, 1, true));
        _lastToken.IsCancellationRequested.Should().BeTrue();
        call.Exchange.TryRest().Should().BeFalse("a handler that came too late may still hold it");
    }

    [Fact]
    public async Task A_function_whose_call_was_refused_while_its_body_arrived_never_runs()
    {
        var isRun = false;
        Serve(_ => { }, (x, _) =>
        {
            isRun = true;
            return Task.FromResult(x);
        });
        var slow = Call();
        for (var second = 0; second < 10; second++)
            _clock.Advance(TimeSpan.FromSeconds(1));
        await slow.Exchange.Sent.WaitAsync(Patience);

        slow.Exchange.Finish("1");

        (await slow.Outcome.WaitAsync(Patience)).Should().Be(ExchangeOutcome.LeftBehind);
        (isRun, slow.Exchange.Status, slow.Exchange.Replies).Should().Be((false, 408, 1));
    }

    [Fact]
    public async Task A_handler_that_continues_without_its_body_counts_above_the_limit_if_necessary()
    {
        var (failed, running) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), 0);
        ServeRaw(o => o.Limits.MaxConcurrentCalls = 1, async (exchange, token) =>
        {
            if (exchange.Target == "/slow")
            {
                await FluentActions.Awaiting(() => exchange.ReadBodyAsync(token).AsTask()).Should().ThrowAsync<HttpRefusalException>();
                failed.SetResult();
            }
            running++;
            await _gate.Task;
        });
        var slow = Call(target: "/slow");
        var first = Call("1");
        slow.Exchange.Break();
        await failed.Task.WaitAsync(Patience);

        var refused = Call("2");
        await refused.Outcome.WaitAsync(Patience);
        _gate.SetResult();
        await Task.WhenAll(slow.Outcome, first.Outcome).WaitAsync(Patience);
        var later = Call("3");
        await later.Outcome.WaitAsync(Patience);

        (refused.Exchange.Status, later.Exchange.Status, running).Should().Be((503, 200, 3));
    }

    [Fact]
    public async Task A_call_whose_client_has_disconnected_is_cancelled_and_sends_nothing()
    {
        Serve(_ => { }, WaitAtGate);
        var call = Call("1");

        call.Exchange.Disconnect().Should().BeTrue();
        _gate.SetResult();

        (await call.Outcome.WaitAsync(Patience)).Should().Be(ExchangeOutcome.LeftBehind);
        call.Exchange.Replies.Should().Be(0);
        _lastToken.IsCancellationRequested.Should().BeTrue();
        call.Exchange.Disconnect().Should().BeFalse();
    }

    [Fact]
    public async Task A_reused_exchange_has_a_token_that_is_not_cancelled_for_the_previous_call()
    {
        Serve(_ => { }, (x, token) =>
        {
            _lastToken = token;
            return Task.FromResult(x);
        });
        var exchange = new ScriptedExchange(_transport.Context, "1");
        using var gone = new CancellationTokenSource();
        await _transport.Context.ServeAsync(exchange, gone.Token);
        exchange.TryRest().Should().BeTrue();
        await _transport.Context.ServeAsync(exchange, CancellationToken.None);

        await gone.CancelAsync();

        _lastToken.IsCancellationRequested.Should().BeFalse();
    }

    [Fact]
    public async Task An_exchange_that_was_not_reset_serves_no_other_request()
    {
        Serve(_ => { }, Echo);
        var exchange = new ScriptedExchange(_transport.Context, "1");
        await _transport.Context.ServeAsync(exchange, CancellationToken.None);

        var again = async () => await _transport.Context.ServeAsync(exchange, CancellationToken.None);

        await again.Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task The_drain_waits_for_exchanges_whose_function_has_not_begun_too()
    {
        Serve(_ => { }, Echo);
        var slow = Call();

        var stopping = _server!.StopAsync();
        stopping.IsCompleted.Should().BeFalse();
        slow.Exchange.Finish("1");
        await stopping.WaitAsync(Patience);

        (await slow.Outcome, slow.Exchange.Status, slow.Exchange.IsLast).Should().Be((ExchangeOutcome.ConnectionEnds, 200, true));
    }

    [Fact]
    public async Task A_body_that_outlasts_the_drain_is_refused_and_may_be_sent_again()
    {
        Serve(o => o.DrainTimeout = TimeSpan.FromSeconds(5), Echo);
        var slow = Call();

        var stopping = _server!.StopAsync();
        // Within the grace period of its body.
        for (var bytes = 0; !slow.Exchange.Sent.IsCompleted && bytes < 100_000; bytes += 1000)
        {
            slow.Exchange.Receive(bytes);
            _clock.Advance(TimeSpan.FromSeconds(0.5));
        }
        await stopping.WaitAsync(Patience);

        slow.Exchange.Status.Should().Be(503);
        slow.Exchange.Fields.Should().Contain("Retry-After: 1");
        slow.Exchange.Text.Should().Contain("-32000").And.Contain("stopping");
        slow.Exchange.Finish("1");
        (await slow.Outcome.WaitAsync(Patience)).Should().Be(ExchangeOutcome.LeftBehind);
    }

    [Fact]
    public async Task Bodies_may_hold_all_of_the_budget_and_one_byte_more_costs_the_slowest()
    {
        const int budget = 64 * 1024;
        Serve(o => (o.Limits.MaxRequestBodySize, o.Limits.MaxRequestBodyMemory) = (budget, budget), Echo);
        var (stalled, coming) = (Call(), Call());
        stalled.Exchange.Receive(budget / 2);
        _clock.Advance(TimeSpan.FromSeconds(2));

        coming.Exchange.Receive(budget / 2);
        (stalled.Exchange.Replies, coming.Exchange.Replies).Should().Be((0, 0), "this is all that they may hold");
        coming.Exchange.Receive(budget / 2 + 1);
        await stalled.Exchange.Sent.WaitAsync(Patience);
        coming.Exchange.Finish("1");
        await coming.Outcome.WaitAsync(Patience);

        stalled.Exchange.Status.Should().Be(408);
        stalled.Exchange.Text.Should().Contain("is the slowest");
        coming.Exchange.Status.Should().Be(200);
    }

    [Fact]
    public async Task One_address_holds_at_most_a_quarter_of_the_budget_unless_by_a_single_body()
    {
        const int quarter = 64 * 1024;
        Serve(o => (o.Limits.MaxRequestBodySize, o.Limits.MaxRequestBodyMemory) = (4 * quarter, 4 * quarter), Echo);
        var single = Call(address: "192.0.2.1");
        var (first, second, other) = (Call(address: "192.0.2.2"), Call(address: "192.0.2.2"), Call(address: "192.0.2.3"));

        single.Exchange.Receive(2 * quarter);
        first.Exchange.Receive(quarter / 2);
        _clock.Advance(TimeSpan.FromSeconds(1));
        other.Exchange.Receive(quarter);
        second.Exchange.Receive(quarter / 2);
        first.Exchange.Replies.Should().Be(0);
        second.Exchange.Receive(quarter / 2 + 1);
        await first.Exchange.Sent.WaitAsync(Patience);

        first.Exchange.Status.Should().Be(408);
        (single.Exchange.Replies, second.Exchange.Replies, other.Exchange.Replies).Should().Be((0, 0, 0));
    }

    [Theory]
    [InlineData("192.0.2.2", "192.0.2.2", true)]
    [InlineData("192.0.2.2", "192.0.2.3", false)]
    [InlineData("2001:db8::1", "2001:db8::ffff:1", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("::ffff:192.0.2.2", "192.0.2.2", true)]
    public async Task One_address_holds_as_much_of_the_budget_as_its_limit_says(string first, string second, bool isOne)
    {
        const int part = 100_000;
        Serve(o => (o.Limits.MaxRequestBodySize, o.Limits.MaxRequestBodyMemory, o.Limits.MaxRequestBodyMemoryPerAddress) = (part, 100 * part, part), Echo);
        var (early, late) = (Call(address: first), Call(address: second));
        early.Exchange.Receive(part / 2);
        _clock.Advance(TimeSpan.FromSeconds(1));
        late.Exchange.Receive(part / 2);
        early.Exchange.Replies.Should().Be(0, "this is all that they may hold");

        late.Exchange.Receive(part / 2 + 1);

        if (isOne)
            await early.Exchange.Sent.WaitAsync(Patience);
        (early.Exchange.Status, late.Exchange.Replies).Should().Be((isOne ? 408 : 0, 0));
    }

    [Fact]
    public async Task The_memory_of_bodies_is_free_again_when_they_have_arrived()
    {
        const int budget = 64 * 1024;
        Serve(o => (o.Limits.MaxRequestBodySize, o.Limits.MaxRequestBodyMemory) = (budget, budget), Echo);
        for (var round = 0; round < 5; round++)
        {
            var call = Call();
            call.Exchange.Receive(budget);
            call.Exchange.Finish("1");

            await call.Outcome.WaitAsync(Patience);

            call.Exchange.Status.Should().Be(200);
        }
    }

    private static System.Security.Claims.ClaimsPrincipal Caller => new(new System.Security.Claims.ClaimsIdentity("test"));

    private static Task<JsonNode?> Echo(JsonNode? value, CancellationToken cancellationToken) => Task.FromResult(value);

    private async Task<JsonNode?> WaitAtGate(JsonNode? value, CancellationToken cancellationToken)
    {
        _lastToken = cancellationToken;
        await _gate.Task;
        return value;
    }

    private void Serve(Action<JsonRpcServerOptions> configure, Func<JsonNode?, CancellationToken, Task<JsonNode?>> function) =>
        _server = JsonRpc.MakeServer(0, function, Options(configure));

    private void ServeRaw(Action<JsonRpcServerOptions> configure, HttpExchangeHandler handler) => _server = JsonRpc.MakeServer(0, handler, Options(configure));

    private JsonRpcServerOptions Options(Action<JsonRpcServerOptions> configure)
    {
        var options = new JsonRpcServerOptions { Transport = _transport, TimeProvider = _clock };
        configure(options);
        return options;
    }

    /// <param name="body">A body that is available at once; <c>null</c> for one that has to be waited for.</param>
    /// <param name="target">The path.</param>
    /// <param name="address">The address of the peer.</param>
    private (ScriptedExchange Exchange, Task<ExchangeOutcome> Outcome) Call(string? body = null, string target = "/", string? address = null)
    {
        var exchange = new ScriptedExchange(_transport.Context, body) { Target = target };
        if (address is not null)
            exchange.RemoteEndPoint = new System.Net.IPEndPoint(System.Net.IPAddress.Parse(address), 1);
        return (exchange, _transport.Context.ServeAsync(exchange, CancellationToken.None).AsTask());
    }
}
