using System.Buffers;
using System.Net;
using System.Net.Sockets;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

public sealed class SlowPeersOnEventLoops() : SlowPeersTests(eventLoops: 2);

public sealed class SlowPeersOnTheThreadPool() : SlowPeersTests(eventLoops: 0);

/// <summary>Clients that hold a connection without using it. The test moves the clock.</summary>
public abstract class SlowPeersTests(int eventLoops) : SocketTests(eventLoops)
{
    [Fact]
    public async Task A_head_that_does_not_end_in_time_is_408()
    {
        var server = Serve();
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        // After a complete request, so that the server has certainly noticed it.
        await connection.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n7POST / HTTP/1.1\r\nHost: local");
        (await connection.ReceiveAsync())!.Status.Should().Be(200);

        var ended = connection.ReceiveToEndAsync();
        Clock.AdvanceUntil(ended);

        (await ended).Should().StartWith("HTTP/1.1 408 ").And.Contain("Connection: close").And.Contain("\"code\":-32000").And.Contain("15 s");
        Failures.Should().BeEmpty();
        await ShouldServeAsync(server);
    }

    [Fact]
    public async Task After_a_large_body_a_connection_may_be_idle_as_long_as_any()
    {
        var transport = new SocketTransport();
        var server = Serve(transport);
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        for (var i = 0; i < 3; i++)
        {
            await connection.SendAsync(RawRequest.Post($"\"{new string('x', 1_000_000)}\""));
            (await connection.ReceiveAsync())!.Status.Should().Be(200);
            SpinWait.SpinUntil(() => transport.ExchangesInUse == 0, TimeSpan.FromSeconds(30)).Should().BeTrue("it holds no buffer");

            for (var second = 0; second < 30; second++)
                Clock.Advance(TimeSpan.FromSeconds(1));
        }
        await connection.SendAsync(RawRequest.Post("7"));

        (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":7}");
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_head_may_take_nearly_all_of_its_time()
    {
        var server = Serve(new SocketTransport { RequestHeadTimeout = TimeSpan.FromSeconds(20) });
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        await connection.SendAsync(RawRequest.Post("1"));
        await connection.ReceiveAsync();

        await connection.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\n");
        Clock.Advance(TimeSpan.FromSeconds(19));
        await connection.SendAsync("Content-Length: 1\r\n\r\n2");

        (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":2}");
    }

    [Fact]
    public async Task A_silent_connection_is_closed_without_a_reply()
    {
        var server = Serve();
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        var ended = connection.ReceiveToEndAsync();
        Clock.AdvanceUntil(ended);

        (await ended).Should().BeEmpty();
    }

    [Fact]
    public async Task A_keep_alive_connection_may_idle_until_its_time_out_and_is_then_closed_without_a_reply()
    {
        var server = Serve();
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        await connection.SendAsync(RawRequest.Post("1"));
        await connection.ReceiveAsync();
        Clock.Advance(TimeSpan.FromSeconds(59));
        await connection.SendAsync(RawRequest.Post("2"));
        (await connection.ReceiveAsync())!.Status.Should().Be(200);
        var ended = connection.ReceiveToEndAsync();
        Clock.AdvanceUntil(ended);

        (await ended).Should().BeEmpty();
    }

    [Fact]
    public async Task An_idle_connection_is_closed_gracefully_and_not_reset()
    {
        var server = Serve();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        await socket.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n7"u8.ToArray());
        var reply = "";
        var buffer = new byte[4096];
        while (!reply.EndsWith("{\"echo\":7}", StringComparison.Ordinal))
            reply += System.Text.Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer));

        var ended = socket.ReceiveAsync(buffer);
        Clock.AdvanceUntil(ended);

        (await ended).Should().Be(0);
    }

    [Fact]
    public async Task A_body_that_comes_too_slowly_is_408_and_its_connection_closed()
    {
        var server = Serve();
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        await connection.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n");
        await connection.ReceiveUntilAsync("100 Continue\r\n\r\n");

        var ended = connection.ReceiveToEndAsync();
        Clock.AdvanceUntil(ended);

        (await ended).Should().StartWith("HTTP/1.1 408 ").And.Contain("slower");
        await ShouldServeAsync(server);
    }

    [Fact]
    public async Task A_reply_that_its_client_does_not_read_ends_in_a_reset_and_ends_its_call()
    {
        var transport = new SocketTransport();
        var server = ServeRaw(
            (exchange, _) =>
            {
                exchange.ResponseBody.Write(new byte[15_000_000]);
                return default;
            },
            transport);
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        await connection.SendAsync(RawRequest.Get("/"));
        await connection.ReceiveUntilAsync("\r\n\r\n");

        var gone = Task.Run(() => SpinWait.SpinUntil(() => transport.OpenConnections == 0, TimeSpan.FromSeconds(60)));
        Clock.AdvanceUntil(gone);

        (await gone).Should().BeTrue();
        (await connection.ReceiveToEndAsync()).Length.Should().BeLessThan(15_000_000);
    }

    [Fact]
    public async Task A_reply_that_is_read_slowly_but_fast_enough_arrives_whole()
    {
        // Far more than the system's buffers hold on both sides: when so much has been read, the server has sent more.
        const int step = 20_000_000;
        var server = ServeRaw(
            (exchange, _) =>
            {
                exchange.ResponseBody.Write(new byte[4 * step]);
                return default;
            },
            configure: o => o.Limits.MaxResponseBodySize = 4 * step);
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        await connection.SendAsync(RawRequest.Get("/"));
        await connection.ReceiveUntilAsync("\r\n\r\n");

        // Each piece has 141 s; all of them together take longer.
        for (var i = 0; i < 4; i++)
        {
            (await connection.ReceiveCountAsync(step)).Should().Be(step);
            Clock.Advance(TimeSpan.FromSeconds(100));
        }
    }

    [Fact]
    public async Task A_lenient_limit_for_replies_is_independent_of_a_strict_one_for_bodies()
    {
        const int step = 20_000_000;
        var server = ServeRaw(
            (exchange, _) =>
            {
                exchange.ResponseBody.Write(new byte[2 * step]);
                return default;
            },
            configure: o =>
            {
                (o.Limits.MaxResponseBodySize, o.Limits.RequestGracePeriod, o.Limits.MinRequestRate) = (2 * step, TimeSpan.FromSeconds(1), 1 << 20);
                (o.Limits.ResponseGracePeriod, o.Limits.MinResponseRate) = (TimeSpan.FromSeconds(1000), 240);
            });
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        await connection.SendAsync(RawRequest.Get("/"));
        await connection.ReceiveUntilAsync("\r\n\r\n");

        for (var second = 0; second < 900; second += 10)
            Clock.Advance(TimeSpan.FromSeconds(10));

        (await connection.ReceiveCountAsync(2 * step)).Should().Be(2 * step);
    }

    [Fact]
    public async Task A_lenient_limit_for_bodies_is_independent_of_a_strict_one_for_replies()
    {
        var server = Serve(configure: o =>
        {
            // The 100 Continue is sent a moment before the server counts the body's time instead of the function's.
            o.Limits.HandlerTimeout = Timeout.InfiniteTimeSpan;
            (o.Limits.RequestGracePeriod, o.Limits.MinRequestRate) = (TimeSpan.FromSeconds(1000), 1);
            (o.Limits.ResponseGracePeriod, o.Limits.MinResponseRate) = (TimeSpan.FromSeconds(1), 1 << 20);
        });
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        await connection.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
        await connection.ReceiveUntilAsync("100 Continue\r\n\r\n");

        for (var second = 0; second < 900; second += 10)
            Clock.Advance(TimeSpan.FromSeconds(10));
        await connection.SendAsync("7");

        (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":7}");
    }

    [Fact]
    public async Task A_connection_whose_client_does_not_close_after_the_last_reply_is_closed_in_the_end()
    {
        var transport = new SocketTransport();
        var server = Serve(transport);
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        await connection.SendAsync(RawRequest.Post("7").With("Connection", "close"));
        (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":7}");
        transport.OpenConnections.Should().Be(1);

        var gone = Task.Run(() => SpinWait.SpinUntil(() => transport.OpenConnections == 0, TimeSpan.FromSeconds(60)));
        Clock.AdvanceUntil(gone);

        (await gone).Should().BeTrue();
    }

    [Fact]
    public async Task An_early_reply_that_is_read_slowly_arrives_whole_although_its_call_has_ended()
    {
        const int large = 2_000_000;
        var entered = new SemaphoreSlim(0);
        var methods = new JsonRpcMethods()
            .Add("large", () => new string('x', large))
            .Add("late", async (CancellationToken token) =>
            {
                entered.Release();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            });
        var server = Serve(methods, o => (o.Limits.HandlerTimeout, o.Protocol.MaxBatchParallelism) = (TimeSpan.FromSeconds(50), 1));
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        var calls = string.Concat(Enumerable.Range(0, 7).Select(i => $$"""{"jsonrpc":"2.0","method":"large","id":{{i}}},"""));
        await connection.SendAsync(RawRequest.Post($"[{calls}{{\"jsonrpc\":\"2.0\",\"method\":\"late\",\"id\":8}}]"));
        (await entered.WaitAsync(TimeSpan.FromSeconds(60))).Should().BeTrue();

        // The call gets an early reply, and then its function ends; the client has read little of the reply by then.
        Clock.Advance(TimeSpan.FromSeconds(60));
        var head = await connection.ReceiveUntilAsync("\r\n\r\n");
        Clock.Advance(TimeSpan.FromSeconds(20));

        head.Should().StartWith("HTTP/1.1 200 ");
        var all = await connection.ReceiveToEndAsync();
        all.Should().EndWith("]").And.Contain("-32001");
        all.Length.Should().BeGreaterThan(7 * large);
    }

    [Fact]
    public async Task A_log_that_blocks_delays_no_other_connection_and_no_deadline()
    {
        using var log = new BlockingLog();
        var transport = new SocketTransport { MaxConnections = 1 };
        var server = Serve(transport, o => o.TrafficLog = log);
        using var inside = await RawConnection.OpenAsync(server.Address.Port);
        SpinWait.SpinUntil(() => transport.OpenConnections == 1, TimeSpan.FromSeconds(30)).Should().BeTrue();
        using var refused = await RawConnection.OpenAsync(server.Address.Port);
        (await log.Blocked.WaitAsync(TimeSpan.FromSeconds(30))).Should().BeTrue();

        // Another connection is accepted besides the two, and the silent one is closed at its deadline.
        using var next = await RawConnection.OpenAsync(server.Address.Port);
        SpinWait.SpinUntil(() => transport.OpenConnections == 3, TimeSpan.FromSeconds(30)).Should().BeTrue();
        var ended = inside.ReceiveToEndAsync();
        Clock.AdvanceUntil(ended);

        (await ended).Should().BeEmpty();
        log.Release();
    }

    private sealed class BlockingLog : StringWriter
    {
        private readonly ManualResetEventSlim _released = new();

        public SemaphoreSlim Blocked { get; } = new(0);

        public void Release() => _released.Set();

        public override void WriteLine(System.Text.StringBuilder? value)
        {
            Blocked.Release();
            _released.Wait(TimeSpan.FromSeconds(60));
        }
    }
}
