using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class DeadlinesOnHttpListener() : DeadlineTests(new HttpListenerHost());

public sealed class DeadlinesInMemory() : DeadlineTests(new InMemoryHost());

public sealed class DeadlinesOnSockets() : DeadlineTests(new SocketHost());

public sealed class DeadlinesOnPortableSockets() : DeadlineTests(new PortableSocketHost());

public sealed class DeadlinesOnAspNetCore() : DeadlineTests(new AspNetCoreHost());

/// <summary>The time-out of a client is sent with its call, and ends it on the server too.</summary>
public abstract class DeadlineTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _entered = new(0);

    private protected DeadlineTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task A_call_ends_at_the_deadline_of_its_client()
    {
        var cancelled = new TaskCompletionSource();
        var server = ServeAsync((command, token) =>
        {
            token.Register(cancelled.SetResult);
            return WaitForTokenAsync(command, token);
        });

        var calling = server.ExchangeAsync(RawRequest.Post("1").With("JsonRpc-Timeout-Ms", "2000"));
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(1.9));
        calling.IsCompleted.Should().BeFalse();
        Clock.Advance(TimeSpan.FromSeconds(1));
        var reply = await calling;

        reply.Status.Should().Be(504);
        reply.Text.Should().Contain("-32001").And.Contain("JsonRpc-Timeout-Ms");
        await cancelled.Task.WaitAsync(Patience);
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_JSON_RPC_call_fails_with_its_id_at_the_deadline_of_its_client()
    {
        var methods = new JsonRpcMethods().Add("wait", async (CancellationToken token) => await WaitForTokenAsync(null, token));
        var server = Serve(methods);

        var calling = server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"wait","id":7}""").With("JsonRpc-Timeout-Ms", "2000"));
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(3));
        var reply = await calling;

        reply.Status.Should().Be(200);
        var answer = JsonNode.Parse(reply.Text)!;
        (answer["id"]!.GetValue<int>(), answer["error"]!["code"]!.GetValue<int>()).Should().Be((7, -32001));
    }

    [Fact]
    public async Task A_short_deadline_is_exact_and_the_next_call_has_its_own()
    {
        var server = ServeAsync(async (command, token) => command is null ? await WaitForTokenAsync(command, token) : command);

        var first = server.ExchangeAsync(RawRequest.Post("null").With("JsonRpc-Timeout-Ms", "40"));
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromMilliseconds(30));
        var second = server.ExchangeAsync(RawRequest.Post("null").With("JsonRpc-Timeout-Ms", "40"));
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromMilliseconds(10));
        first.IsCompleted.Should().BeFalse("it has had exactly its time");
        Clock.Advance(TimeSpan.FromMilliseconds(10));
        (await first).Status.Should().Be(504);
        second.IsCompleted.Should().BeFalse("30 ms more are its own");
        Clock.Advance(TimeSpan.FromMilliseconds(40));

        (await second).Status.Should().Be(504);
        (await server.ExchangeAsync(RawRequest.Post("7"))).Text.Should().Be("7");
    }

    [Fact]
    public async Task Many_short_deadlines_set_the_timer_once()
    {
        var clock = new CountingClock(Clock);
        var server = Serve(Echo, o => o.TimeProvider = clock);

        for (var time = 1; time <= 50; time++)
            (await server.ExchangeAsync(RawRequest.Post("1").With("JsonRpc-Timeout-Ms", $"{time}"))).Status.Should().Be(200);
        using var client = server.MakeClient();
        (await client.CommandAsync(1)).Should().NotBeNull();

        clock.Changes.Should().Be(1);
    }

    [Fact]
    public async Task An_allowed_page_may_send_its_time_out()
    {
        var server = Serve(Echo, o => o.AllowedOrigins = ["https://good.example"]);

        var asked = await server.ExchangeAsync(new RawRequest("OPTIONS").With("Origin", "https://good.example")
            .With("Access-Control-Request-Method", "POST").With("Access-Control-Request-Headers", "content-type,jsonrpc-timeout-ms"));

        (asked.Status, asked["Access-Control-Allow-Headers"]).Should().Be((204, "content-type,jsonrpc-timeout-ms"));
    }

    [Theory]
    [InlineData(2, "60000", "longer than 2 s")]
    [InlineData(60, "2000", "JsonRpc-Timeout-Ms")]
    [InlineData(-1, "2000", "JsonRpc-Timeout-Ms")]
    [InlineData(2, "9999999999", "longer than 2 s")]
    public async Task The_shorter_of_the_two_deadlines_applies(int serverSeconds, string clientMilliseconds, string whose)
    {
        var server = ServeAsync(WaitForTokenAsync, o => o.Limits.HandlerTimeout = serverSeconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(serverSeconds));

        var calling = server.ExchangeAsync(RawRequest.Post("1").With("JsonRpc-Timeout-Ms", clientMilliseconds));
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(3));
        var reply = await calling;

        reply.Status.Should().Be(504);
        reply.Text.Should().Contain(whose);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.5")]
    [InlineData("1e3")]
    [InlineData("5s")]
    [InlineData("12345678901")]
    [InlineData("1, 2")]
    public async Task An_invalid_time_out_is_400_and_calls_nothing(string value)
    {
        var called = 0;
        var server = Serve(command =>
        {
            called++;
            return command;
        });

        var reply = await server.ExchangeAsync(RawRequest.Post("1").With("JsonRpc-Timeout-Ms", value));

        reply.Status.Should().Be(400);
        reply.Text.Should().StartWith("""{"error":{"code":-32000,""").And.Contain("JsonRpc-Timeout-Ms");
        called.Should().Be(0);
        (await server.ExchangeAsync(RawRequest.Post("1").With("JsonRpc-Timeout-Ms", "1"))).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_client_sends_its_time_out()
    {
        var sent = new List<string?>();
        var server = ServeRaw((exchange, _) =>
        {
            sent.Add(exchange.RequestHeaders[HeaderFields.TimeoutMs]);
            exchange.Reply(200, "application/json", "1");
            return default;
        });

        foreach (var timeout in new[] { TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(1.5) + TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan })
        {
            using var client = server.MakeClient(new() { Timeout = timeout });
            await client.CommandAsync(1);
        }
        using var own = server.MakeClient(new() { Headers = { [HeaderFields.TimeoutMs] = "12345" } });
        await own.CommandAsync(1);
        if (Can(Ability.HasWire))
            own.Command(1);

        sent.Should().StartWith(["30000", "60002", null, "12345"]).And.HaveCountGreaterThanOrEqualTo(4);
    }

    [Fact]
    public async Task Receiving_the_body_counts_towards_the_deadline_of_the_client()
    {
        if (!Can(Ability.HasWire))
            return;
        var server = Serve(Echo);
        using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);
        await connection.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nJsonRpc-Timeout-Ms: 2000\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n");
        await connection.ReceiveUntilAsync("100 Continue\r\n\r\n");

        // The call may not have begun yet: HttpListener sends 100 by itself.
        var ended = connection.ReceiveToEndAsync();
        Clock.AdvanceUntil(ended);

        (await ended).Should().StartWith("HTTP/1.1 504 ").And.Contain("JsonRpc-Timeout-Ms");
    }

    private async Task<JsonNode?> WaitForTokenAsync(JsonNode? command, CancellationToken token)
    {
        _entered.Release();
        await Task.Delay(Timeout.InfiniteTimeSpan, token);
        return null;
    }

    /// <summary>Counts how often the timer of the server's watch is set: the only one of its timers that repeats.</summary>
    private sealed class CountingClock(TimeProvider inner) : TimeProvider
    {
        private int _changes;

        public int Changes => Volatile.Read(ref _changes);

        public override long TimestampFrequency => inner.TimestampFrequency;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Timer(this, inner.CreateTimer(callback, state, dueTime, period), period);

        private sealed class Timer(CountingClock clock, ITimer inner, TimeSpan period) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan next)
            {
                if (period > TimeSpan.Zero && next == period)
                    Interlocked.Increment(ref clock._changes);
                return inner.Change(dueTime, next);
            }

            public void Dispose() => inner.Dispose();

            public ValueTask DisposeAsync() => inner.DisposeAsync();
        }
    }
}
