using System.Buffers;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class CallsInFlightOnHttpListener() : CallsInFlightTests(new HttpListenerHost());

public sealed class CallsInFlightInMemory() : CallsInFlightTests(new InMemoryHost());

public sealed class CallsInFlightOnSockets() : CallsInFlightTests(new SocketHost());

public sealed class CallsInFlightOnPortableSockets() : CallsInFlightTests(new PortableSocketHost());

public sealed class CallsInFlightOnAspNetCore() : CallsInFlightTests(new AspNetCoreHost());

/// <summary>How many calls may run, for how long, and how they end when the server stops.</summary>
public abstract class CallsInFlightTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource<JsonNode?> _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _entered = new(0);

    private protected CallsInFlightTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task One_call_more_than_allowed_is_503_and_those_before_are_answered()
    {
        var server = ServeAsync(WaitAtGate, o => o.Limits.MaxConcurrentCalls = 3);
        var first = Enumerable.Range(0, 3).Select(_ => server.ExchangeAsync(RawRequest.Post("1"))).ToArray();
        await EnterAsync(3);

        var refused = await server.ExchangeAsync(RawRequest.Post("1"));
        _gate.SetResult("done");
        var answered = await Task.WhenAll(first);
        var later = await server.ExchangeAsync(RawRequest.Post("1"));

        refused.Status.Should().Be(503);
        refused["Retry-After"].Should().Be("1");
        refused.IsLast.Should().BeTrue();
        refused.Text.Should().StartWith("""{"error":{"code":-32000,""");
        answered.Select(r => r.Text).Should().AllBe("\"done\"");
        later.Status.Should().Be(200);
    }

    [Fact]
    public async Task A_call_past_its_deadline_is_504_and_its_token_is_cancelled()
    {
        var cancelled = new TaskCompletionSource();
        var server = ServeAsync(async (_, token) =>
        {
            token.Register(cancelled.SetResult);
            _entered.Release();
            return await _gate.Task;
        }, o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(2));

        var calling = server.ExchangeAsync(RawRequest.Post("1"));
        await EnterAsync(1);
        Clock.Advance(TimeSpan.FromSeconds(1.9));
        calling.IsCompleted.Should().BeFalse();
        Clock.Advance(TimeSpan.FromSeconds(0.5));
        var reply = await calling;

        reply.Status.Should().Be(504);
        reply.Text.Should().Be("""{"error":{"code":-32001,"message":"The call took longer than 2 s."}}""");
        reply.IsLast.Should().BeTrue();
        await cancelled.Task.WaitAsync(Patience);

        _gate.SetResult(null);
        (await server.ExchangeAsync(RawRequest.Post("1"))).Status.Should().Be(200, "the next call has a token of its own");
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_function_that_blocks_its_thread_is_504_too_and_blocks_no_other_call()
    {
        using var gate = new ManualResetEventSlim();
        var server = Serve(command =>
        {
            if (command!.GetValue<int>() != 0)
                return command;
            _entered.Release();
            gate.Wait(Patience).Should().BeTrue();
            return "too late";
        }, o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(2));

        var calling = server.ExchangeAsync(RawRequest.Post("0"));
        await EnterAsync(1);
        var other = await server.ExchangeAsync(RawRequest.Post("1"));
        Clock.Advance(TimeSpan.FromSeconds(3));
        var reply = await calling;
        gate.Set();
        var next = await server.ExchangeAsync(RawRequest.Post("2"));

        other.Text.Should().Be("1");
        reply.Status.Should().Be(504);
        next.Text.Should().Be("2");
    }

    [Fact]
    public async Task A_timed_out_call_keeps_its_permit_until_it_ends()
    {
        var server = ServeAsync(WaitAtGate, o => (o.Limits.MaxConcurrentCalls, o.Limits.HandlerTimeout) = (1, TimeSpan.FromSeconds(2)));

        var calling = server.ExchangeAsync(RawRequest.Post("1"));
        await EnterAsync(1);
        Clock.Advance(TimeSpan.FromSeconds(3));
        var late = await calling;
        var refused = await server.ExchangeAsync(RawRequest.Post("1"));

        (late.Status, refused.Status).Should().Be((504, 503));
    }

    [Fact]
    public async Task A_function_that_obeys_its_token_is_504_and_not_a_failure()
    {
        var server = ServeAsync(async (_, token) =>
        {
            _entered.Release();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return null;
        }, o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(2));

        var calling = server.ExchangeAsync(RawRequest.Post("1"));
        await EnterAsync(1);
        Clock.Advance(TimeSpan.FromSeconds(3));

        (await calling).Status.Should().Be(504);
        await server.Server.StopAsync().WaitAsync(Patience);
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_cancellation_that_is_the_functions_own_is_an_unexpected_exception()
    {
        var server = ServeAsync((_, _) => throw new OperationCanceledException("mine"));

        var reply = await server.ExchangeAsync(RawRequest.Post("1"));

        reply.Status.Should().Be(500);
        Failures.Should().ContainSingle();
    }

    [Fact]
    public async Task A_body_that_stalls_is_408_and_its_function_never_runs()
    {
        if (!Can(Ability.HasWire))
            return;
        var called = false;
        var server = Serve(_ =>
        {
            called = true;
            return null;
        });
        using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);

        await connection.SendAsync($"POST / HTTP/1.1\r\nHost: {server.Server.Address.Authority}\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
        // The deadline of a head that has not been read yet would pass at once.
        await connection.ReceiveUntilAsync("100 Continue\r\n\r\n");
        await connection.SendAsync("12345");
        var receiving = connection.ReceiveAsync();
        // Until the call has started and can be late; each step alone is within the grace period.
        Clock.AdvanceUntil(receiving);
        var reply = await receiving;

        reply!.Status.Should().Be(408);
        reply.IsLast.Should().BeTrue();
        reply.Text.Should().StartWith("""{"error":{"code":-32000,""").And.Contain("240 bytes a second");
        called.Should().BeFalse();
        (await server.ExchangeAsync(RawRequest.Post("1"))).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_functions_time_begins_when_its_body_has_arrived()
    {
        if (!Can(Ability.HasWire))
            return;
        var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = ServeRaw(
            async (exchange, token) =>
            {
                var reading = exchange.ReadBodyAsync(token);
                waiting.SetResult();
                exchange.ResponseBody.Write((await reading).Span);
            },
            o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(2));
        using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);

        await connection.SendAsync($"POST / HTTP/1.1\r\nHost: {server.Server.Address.Authority}\r\nContent-Length: 10\r\n\r\n\"2345");
        await waiting.Task;
        Clock.Advance(TimeSpan.FromSeconds(4));
        await connection.SendAsync("6789\"");

        (await connection.ReceiveAsync())!.Text.Should().Be("\"23456789\"");
    }

    [Fact]
    public async Task A_truncated_body_is_400_and_does_not_affect_the_next_call()
    {
        if (!Can(Ability.HasWire))
            return;
        var server = ServeRaw(async (exchange, token) =>
        {
            if (exchange.Method != "GET")
            {
                await exchange.ReadBodyAsync(token);
                return;
            }
            _entered.Release();
            await _gate.Task;
        });
        using (var connection = await RawConnection.OpenAsync(server.Server.Address.Port))
        {
            await connection.SendAsync($"POST / HTTP/1.1\r\nHost: {server.Server.Address.Authority}\r\nContent-Length: 10\r\n\r\n123");
            connection.ShutdownSend();
            ((await connection.ReceiveAsync())?.Status).Should().Be(Can(Ability.AnswersCutBodies) ? 400 : null);
        }
        using (var connection = await RawConnection.OpenAsync(server.Server.Address.Port))
        {
            await connection.SendAsync($"POST / HTTP/1.1\r\nHost: {server.Server.Address.Authority}\r\nContent-Length: 10\r\n\r\n123");
            connection.Reset();
        }

        // The slow call may get the permit of the truncated one; no clock moves, so it cannot be late.
        var slow = server.ExchangeAsync(RawRequest.Get("/"));
        await EnterAsync(1);
        for (var step = 0; step < 20; step++)
            Clock.Advance(TimeSpan.FromSeconds(1));
        _gate.SetResult(null);
        (await slow).Status.Should().Be(200);
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_token_that_a_handler_cancels_itself_never_looks_like_success()
    {
        var inner = JsonRpc.MakeHandler(async (JsonNode? x, CancellationToken token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return x;
        });
        var server = ServeRaw(async (exchange, token) =>
        {
            using var short_ = CancellationTokenSource.CreateLinkedTokenSource(token);
            short_.CancelAfter(1);
            await inner(exchange, short_.Token);
        });

        var reply = await server.ExchangeAsync(RawRequest.Post("1"));

        reply.Status.Should().Be(504);
        reply.Text.Should().Be("""{"error":{"code":-32001,"message":"The call was cancelled."}}""");
    }

    [Fact]
    public async Task Calls_that_end_just_as_the_drain_time_does_are_answered_correctly_or_503()
    {
        for (var round = 0; round < 25; round++)
        {
            var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var server = ServeAsync(async (x, _) =>
            {
                _entered.Release();
                await gate.Task;
                return x;
            });
            var calls = Enumerable.Range(0, 16).Select(n => server.ExchangeAsync(RawRequest.Post($"{n}"))).ToArray();
            await EnterAsync(calls.Length);

            using var hurry = new CancellationTokenSource();
            var stopping = server.Server.StopAsync(hurry.Token);
            await Task.WhenAll(Task.Run(hurry.Cancel), Task.Run(gate.SetResult));
            await stopping.WaitAsync(Patience);

            var replies = await Task.WhenAll(calls);
            replies.Select((reply, n) => reply.Status == 503 || reply.Status == 200 && reply.Text == $"{n}").Should().OnlyContain(isRight => isRight);
        }
    }

    [Fact]
    public async Task A_client_that_gives_up_in_memory_cancels_the_functions_token()
    {
        if (Can(Ability.HasWire))
            return;
        var cancelled = new TaskCompletionSource();
        var server = ServeAsync(async (x, token) =>
        {
            token.Register(cancelled.SetResult);
            _entered.Release();
            await cancelled.Task;
            return x;
        });
        using var client = server.MakeClient();
        using var cancellation = new CancellationTokenSource();
        var calling = client.CommandAsync(1, cancellation.Token);
        await EnterAsync(1);

        await cancellation.CancelAsync();

        await FluentActions.Awaiting(() => calling).Should().ThrowAsync<TaskCanceledException>();
        await cancelled.Task.WaitAsync(Patience);
    }

    /// <summary>
    /// The answer of a function that ends because it is cancelled may arrive before the client has noticed its own cancellation. A callback between the two, which waits
    /// for the function, causes that if the server registers later than the test, as it nearly always does.
    /// </summary>
    [Fact]
    public async Task A_cancelled_call_in_memory_is_cancelled_whatever_its_function_still_answers()
    {
        if (Can(Ability.HasWire))
            return;
        var left = new SemaphoreSlim(0);
        var server = ServeAsync(async (x, token) =>
        {
            var cancelled = new TaskCompletionSource();
            token.Register(cancelled.SetResult);
            _entered.Release();
            await cancelled.Task;
            left.Release();
            return x;
        });
        using var transport = server.Host.MakeClientTransport(server.Transport);
        for (var i = 0; i < 20; i++)
        {
            using var cancellation = new CancellationTokenSource();
            var exchange = new HttpExchange { Address = new Uri("http://localhost/"), RequestBody = "1"u8.ToArray() };

            var calling = transport.SendAsync(exchange, cancellation.Token).AsTask();
            var hasLeft = false;
            cancellation.Token.Register(() =>
            {
                // Not for ever: in another order the function is cancelled only after this. When it has ended, its answer is on its way; a wrong one gets a moment to arrive, and
                // a correct result does not depend on it.
                hasLeft = left.Wait(TimeSpan.FromMilliseconds(100));
                SpinWait.SpinUntil(() => calling.IsCompleted, TimeSpan.FromMilliseconds(5));
            });
            await EnterAsync(1);
            await OwnThread.Run(cancellation.Cancel);

            await FluentActions.Awaiting(() => calling).Should().ThrowAsync<OperationCanceledException>($"of call {i}");
            (hasLeft || await left.WaitAsync(Patience)).Should().BeTrue("the function is cancelled");
        }
    }

    [Fact]
    public async Task Stopping_lets_calls_in_flight_finish_and_refuses_new_ones()
    {
        var server = ServeAsync(WaitAtGate);
        var calling = server.ExchangeAsync(RawRequest.Post("1"));
        await EnterAsync(1);

        var stopping = server.Server.StopAsync();
        var ready = await server.ExchangeAsync(RawRequest.Get("/health/ready"));
        var live = await server.ExchangeAsync(RawRequest.Get("/health/live"));
        var refused = await server.ExchangeAsync(RawRequest.Post("1"));
        stopping.IsCompleted.Should().BeFalse();
        _gate.SetResult("done");
        await stopping.WaitAsync(Patience);
        var answered = await calling;

        (ready.Status, live.Status).Should().Be((503, 200));
        refused.Status.Should().Be(503);
        refused.Text.Should().Contain("stopping");
        answered.Text.Should().Be("\"done\"");
        server.Server.Completion.IsCompletedSuccessfully.Should().BeTrue();
        var afterwards = () => server.ExchangeAsync(RawRequest.Post("1"));
        await afterwards.Should().ThrowAsync<Exception>("the port is closed");
    }

    [Fact]
    public async Task A_server_behind_a_load_balancer_keeps_serving_for_a_while_after_it_has_reported_not_ready()
    {
        var server = Serve(x => x, o => o.DrainDelay = TimeSpan.FromSeconds(5));
        var before = await server.ExchangeAsync(RawRequest.Post("1"));

        var stopping = server.Server.StopAsync();
        var ready = await server.ExchangeAsync(RawRequest.Get("/health/ready"));
        var live = await server.ExchangeAsync(RawRequest.Get("/health/live"));
        var served = await server.ExchangeAsync(RawRequest.Post("2"));
        Clock.Advance(TimeSpan.FromSeconds(4));
        var stillServed = await server.ExchangeAsync(RawRequest.Post("3"));
        stopping.IsCompleted.Should().BeFalse();
        Clock.Advance(TimeSpan.FromSeconds(2));
        await stopping;

        (before.Status, before.IsLast).Should().Be((200, false));
        (ready.Status, live.Status).Should().Be((503, 200));
        (served.Text, served.IsLast).Should().Be(("2", true));
        (stillServed.Text, stillServed.IsLast).Should().Be(("3", true));
    }

    [Fact]
    public async Task A_cancelled_shutdown_skips_the_drain_delay()
    {
        var server = Serve(x => x, o => o.DrainDelay = TimeSpan.FromDays(1));

        await server.Server.StopAsync(new CancellationToken(canceled: true));

        server.Server.Completion.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public async Task Calls_that_outlast_the_drain_time_are_503_and_never_200()
    {
        var cancelled = new TaskCompletionSource();
        var server = ServeAsync(async (command, token) =>
        {
            token.Register(cancelled.SetResult);
            return await WaitAtGate(command, token);
        }, o => o.DrainTimeout = TimeSpan.FromSeconds(5));
        var calling = server.ExchangeAsync(RawRequest.Post("1"));
        await EnterAsync(1);

        var stopping = server.Server.StopAsync();
        Clock.Advance(TimeSpan.FromSeconds(6));
        await stopping.WaitAsync(Patience);
        var reply = await calling;

        reply.Status.Should().Be(503);
        // It has run: a client must not take it for a refused call, and repeat it.
        reply.Text.Should().StartWith("""{"error":{"code":-32001,""");
        reply["Retry-After"].Should().BeNull();
        await cancelled.Task.WaitAsync(Patience);
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"wait","id":7}""", 503, """{"jsonrpc":"2.0",ERROR,"id":7}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"wait"}""", 503, "")]
    [InlineData("""[{"jsonrpc":"2.0","method":"wait"}]""", 503, "")]
    [InlineData("""[{"jsonrpc":"2.0","method":"wait","id":1},{"jsonrpc":"2.0","method":"echo","params":[2],"id":2}]""", 200,
        """[{"jsonrpc":"2.0",ERROR,"id":1},{"jsonrpc":"2.0",ERROR,"id":2}]""")]
    [InlineData("""[{"jsonrpc":"2.0","method":"echo","params":[2],"id":2},{"jsonrpc":"2.0","method":"wait","id":1}]""", 200,
        """[{"jsonrpc":"2.0","result":2,"id":2},{"jsonrpc":"2.0",ERROR,"id":1}]""")]
    public async Task A_JSON_RPC_call_that_outlasts_the_drain_time_fails_with_its_id_and_loses_no_other_answer(string request, int status, string expected)
    {
        var methods = new JsonRpcMethods().Add("wait", (CancellationToken token) => WaitAtGate(null, token)).Add("echo", (JsonNode? value) => value);
        var server = Serve(methods, o => (o.DrainTimeout, o.Protocol.MaxBatchParallelism) = (TimeSpan.FromSeconds(5), 1));
        var calling = server.ExchangeAsync(RawRequest.Post(request));
        await EnterAsync(1);

        var stopping = server.Server.StopAsync();
        Clock.Advance(TimeSpan.FromSeconds(6));
        await stopping.WaitAsync(Patience);
        var reply = await calling;

        reply.Status.Should().Be(status);
        reply.Text.Should().Be(expected.Replace("ERROR", "\"error\":{\"code\":-32001,\"message\":\"The server stopped before the call was done.\"}", StringComparison.Ordinal));
        reply["Retry-After"].Should().BeNull();
    }

    private async Task<JsonNode?> WaitAtGate(JsonNode? command, CancellationToken cancellationToken)
    {
        _entered.Release();
        return (await _gate.Task)?.DeepClone();
    }

    private async Task EnterAsync(int calls)
    {
        for (var i = 0; i < calls; i++)
            (await _entered.WaitAsync(Patience)).Should().BeTrue("the call must begin");
    }
}
