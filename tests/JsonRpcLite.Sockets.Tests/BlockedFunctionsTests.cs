using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>Functions that block or are slow, on event loops: only their own callers wait.</summary>
public sealed class BlockedFunctionsTests() : SocketTests(eventLoops: 1)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [LinuxFact]
    public async Task Thirty_two_blocked_functions_delay_no_other_call_even_with_a_small_thread_pool()
    {
        using var server = await ServerProcess.StartAsync(eventLoops: 1, poolThreads: 8);
        var blocked = new List<RawConnection>();
        for (var i = 0; i < 32; i++)
        {
            blocked.Add(await RawConnection.OpenAsync(server.Address.Port));
            await blocked[^1].SendAsync(RawRequest.Post("{\"sleep\":true}"));
        }

        for (var i = 0; i < 100; i++)
            await server.ShouldServeAsync();
        await ShouldBeAsync("{\"sleeping\":true}", "32");
        await ShouldBeAsync("{\"wake\":true}", "{\"echo\":{\"wake\":true}}");

        foreach (var connection in blocked)
        {
            (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":{\"sleep\":true}}");
            connection.Dispose();
        }

        async Task ShouldBeAsync(string command, string answer) =>
            (await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post(command))).Text.Should().Be(answer);
    }

    [LinuxFact]
    public async Task Connections_are_accepted_and_served_while_no_thread_of_the_pool_is_free()
    {
        using var server = await ServerProcess.StartAsync(eventLoops: 1, poolThreads: 8);
        await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("{\"fill\":true}"));

        // Each opens a connection, and there are more of them than are accepted in a row.
        for (var i = 0; i < 40; i++)
            await server.ShouldServeAsync();

        await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("{\"wake\":true}"));
    }

    [LinuxFact]
    public async Task Requests_that_come_while_a_function_blocks_wait_for_it_and_are_answered_in_their_order()
    {
        using var gate = new ManualResetEventSlim();
        var transport = new SocketTransport();
        var running = 0;
        var most = 0;
        var server = ServeRaw(
            async (exchange, token) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                var body = await exchange.ReadBodyAsync(token);
                if (body.Span.SequenceEqual("0"u8))
                    gate.Wait(Patience, CancellationToken.None);
                exchange.Reply(200, "text/plain", body.Span);
                Interlocked.Decrement(ref running);
            },
            transport);
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        await connection.SendAsync(Requests(0, 3));
        SpinWait.SpinUntil(() => transport.RunningLoops!.HandOvers > 0, Patience).Should().BeTrue();
        for (var i = 3; i < 50; i++)
            await connection.SendAsync(Requests(i, 1));
        await ShouldServeOthersAsync(server);
        gate.Set();

        for (var i = 0; i < 50; i++)
            (await connection.ReceiveAsync())!.Text.Should().Be(i.ToString(CultureInfo.InvariantCulture));
        most.Should().BeLessThanOrEqualTo(2, "one of this connection at a time, and one of the other");
    }

    [LinuxFact]
    public async Task Threads_for_blocked_functions_end_when_they_are_no_longer_needed()
    {
        var transport = new SocketTransport { SpareThreadTime = TimeSpan.FromMilliseconds(50) };

        await BlockAsync(transport, 12);

        SpinWait.SpinUntil(() => transport.RunningLoops!.Threads.Count == 1, Patience).Should().BeTrue("one is enough for a loop on which nothing blocks");
    }

    [LinuxFact]
    public async Task No_more_than_a_few_spare_threads_are_kept()
    {
        var transport = new SocketTransport { SpareThreadTime = TimeSpan.FromHours(1) };

        await BlockAsync(transport, 2 * LoopThreads.MaxSpares);

        SpinWait.SpinUntil(() => transport.RunningLoops!.Threads.Count <= 1 + LoopThreads.MaxSpares, Patience).Should().BeTrue();
    }

    [LinuxFact]
    public async Task All_threads_end_with_the_server()
    {
        var transport = new SocketTransport();
        var server = Serve(transport);
        await ShouldServeAsync(server);
        var threads = transport.RunningLoops!.Threads;
        threads.Count.Should().BeGreaterThan(0);

        await server.StopAsync(new CancellationToken(canceled: true));

        SpinWait.SpinUntil(() => threads.Count == 0, Patience).Should().BeTrue();
    }

    [LinuxFact]
    public async Task Functions_that_are_usually_slow_are_all_answered()
    {
        // Each takes longer than the watchdog waits. What the loop learns from that changes nothing for the callers.
        var transport = new SocketTransport();
        var server = ServeRaw(
            async (exchange, token) =>
            {
                var body = await exchange.ReadBodyAsync(token);
                Thread.Sleep(3);
                exchange.Reply(200, "text/plain", body.Span);
            },
            transport);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            using var connection = await RawConnection.OpenAsync(server.Address.Port);
            for (var i = 0; i < 60; i++)
            {
                await connection.SendAsync(Requests(i, 1));
                (await connection.ReceiveAsync())!.Text.Should().Be(i.ToString(CultureInfo.InvariantCulture));
            }
        })));

        transport.RunningLoops!.HandOvers.Should().BeGreaterThan(0);
        Failures.Should().BeEmpty();
    }

    [LinuxFact]
    public async Task A_client_that_pipelines_many_requests_does_not_starve_the_others()
    {
        const int many = 400;
        var order = new ConcurrentQueue<string>();
        RawConnection? other = null;
        // On a Unix domain socket, the bytes have arrived, and their event was raised, when the send returns.
        var endPoint = new UnixDomainSocketEndPoint($"\0{Path.GetRandomFileName()}");
        var transport = new SocketTransport { EndPoint = endPoint };
        ServeRaw(
            (exchange, _) =>
            {
                order.Enqueue(exchange.Path);
                // Sent during the first one's dispatch: the other one's request is there together with all of these.
                if (exchange.Path == "/first")
                    other!.SendAsync(RawRequest.Get("/other")).GetAwaiter().GetResult();
                return default;
            },
            transport);
        // Without the watchdog, which may find such a long dispatch slow, and let the others run beside it.
        transport.RunningLoops!.Watchdog.BeginToEnd();
        using var pipelining = await RawConnection.OpenAsync(endPoint);
        using var begun = other = await RawConnection.OpenAsync(endPoint);
        await other.SendAsync(RawRequest.Get("/begin"));
        await other.ReceiveAsync();

        await pipelining.SendAsync("GET /first HTTP/1.1\r\nHost: localhost\r\n\r\n" + string.Concat(Enumerable.Repeat("GET /many HTTP/1.1\r\nHost: localhost\r\n\r\n", many)));
        for (var i = 0; i <= many; i++)
            (await pipelining.ReceiveAsync())!.Status.Should().Be(200);
        (await other.ReceiveAsync())!.Status.Should().Be(200);

        order.SkipWhile(p => p != "/first").TakeWhile(p => p != "/other").Count().Should().BeInRange(1, ServerConnection.MaxCallsInRow);
        order.Should().HaveCount(many + 3);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public async Task Values_that_a_function_sets_on_its_thread_do_not_reach_the_next_call(int loops)
    {
        var local = new AsyncLocal<string?>();
        var seen = new ConcurrentQueue<(string?, SynchronizationContext?, bool, ThreadPriority)>();
        var server = Serve(configure: o => o.OnUnhandledException = _ => { });
        using var tainting = JsonRpc.MakeServer(
            0,
            (JsonNode? command) =>
            {
                var thread = Thread.CurrentThread;
                seen.Enqueue((local.Value, SynchronizationContext.Current, thread.IsBackground, thread.Priority));
                local.Value = "left behind";
                SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
                (thread.IsBackground, thread.Priority) = (false, ThreadPriority.BelowNormal);
                return command?.DeepClone();
            },
            new() { Transport = new SocketTransport { EventLoops = loops } });
        using var keepAlive = await RawConnection.OpenAsync(tainting.Address.Port);

        for (var i = 0; i < 5; i++)
        {
            // The body arrives separately: the function then continues where it awaited it.
            await keepAlive.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
            await keepAlive.ReceiveUntilAsync("100 Continue\r\n\r\n");
            await keepAlive.SendAsync("1");
            await keepAlive.ReceiveAsync();
            // Two at once: the second runs in the same dispatch as the first.
            await keepAlive.SendAsync(Requests(1, 2));
            await keepAlive.ReceiveAsync();
            await keepAlive.ReceiveAsync();
            await RawConnection.ExchangeAsync(tainting.Address.Port, RawRequest.Post("1"));
        }

        seen.Should().HaveCount(20);
        seen.Should().OnlyContain(s => s.Item1 == null && s.Item2 == null && s.Item3 && s.Item4 == ThreadPriority.Normal);
        await ShouldServeAsync(server);
    }

    [LinuxFact]
    public async Task A_batch_does_not_wait_for_threads_of_the_pool_that_it_does_not_need()
    {
        using var gate = new ManualResetEventSlim();
        // Many more than the pool has threads, or adds meanwhile.
        var sleepers = Array.Empty<Task>();
        var methods = new JsonRpcMethods().Add("one", () => 1).Add("fill", () =>
        {
            sleepers = [.. Enumerable.Range(0, 200).Select(_ => Task.Run(() => gate.Wait(Patience)))];
            return 2;
        });
        using var server = JsonRpc.MakeServer(0, methods, new() { Transport = new SocketTransport { EventLoops = 1 }, Protocol = { MaxBatchParallelism = 4 } });
        try
        {
            // The test blocks, because it must not need the pool itself.
            using var connection = new TcpClient("127.0.0.1", server.Address.Port) { ReceiveTimeout = (int)Patience.TotalMilliseconds / 2 };
            Exchange(connection, """{"jsonrpc":"2.0","method":"fill","id":1}""").Should().Contain("\"result\":2");

            var reply = Exchange(connection, """[{"jsonrpc":"2.0","method":"one","id":1},{"jsonrpc":"2.0","method":"one","id":2},{"jsonrpc":"2.0","method":"one","id":3}]""");

            reply.Should().EndWith("""[{"jsonrpc":"2.0","result":1,"id":1},{"jsonrpc":"2.0","result":1,"id":2},{"jsonrpc":"2.0","result":1,"id":3}]""");
            gate.IsSet.Should().BeFalse();
        }
        finally
        {
            gate.Set();
        }
        await Task.WhenAll(sleepers).WaitAsync(Patience);

        string Exchange(TcpClient connection, string body)
        {
            connection.Client.Send(Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: {server.Address.Authority}\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
            var reply = new byte[4096];
            return Encoding.ASCII.GetString(reply, 0, connection.Client.Receive(reply));
        }
    }

    [LinuxFact]
    public async Task A_reply_that_its_client_does_not_read_delays_no_other_call()
    {
        var server = ServeRaw((exchange, _) =>
        {
            if (exchange.Path == "/large")
                exchange.ResponseBody.Write(new byte[15_000_000]);
            return default;
        });
        using var slow = await RawConnection.OpenAsync(server.Address.Port);
        await slow.SendAsync(RawRequest.Get("/large"));
        await slow.ReceiveUntilAsync("\r\n\r\n");

        await ShouldServeOthersAsync(server);

        (await slow.ReceiveCountAsync(15_000_000)).Should().Be(15_000_000);
    }

    [LinuxFact]
    public async Task A_blocked_function_delays_no_other_call_under_TLS_too()
    {
        using var gate = new ManualResetEventSlim();
        using var certificate = TestCertificate.Make();
        var transport = new SocketTransport { TlsOptions = new SslServerAuthenticationOptions { ServerCertificate = certificate } };
        var server = ServeRaw(
            (exchange, _) =>
            {
                if (exchange.Path == "/blocks")
                    gate.Wait(Patience, CancellationToken.None);
                exchange.Reply(200, "text/plain", Encoding.UTF8.GetBytes(Thread.CurrentThread.Name ?? ""));
                return default;
            },
            transport);
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, presented, _, _) => presented!.Thumbprint == certificate.Thumbprint };
        using var client = new HttpClient(handler) { BaseAddress = server.Address };

        var blocked = client.GetStringAsync("/blocks");
        SpinWait.SpinUntil(() => transport.RunningLoops!.HandOvers > 0, Patience).Should().BeTrue();
        (await client.GetStringAsync("/free")).Should().Be("JsonRpcLite event loop");
        gate.Set();

        await blocked;
    }

    /// <summary>Lets a number of functions block at a time, and continues them.</summary>
    private async Task BlockAsync(SocketTransport transport, int count)
    {
        using var gate = new ManualResetEventSlim();
        using var blocked = new CountdownEvent(count);
        var server = ServeRaw(
            (_, _) =>
            {
                blocked.Signal();
                gate.Wait(Patience, CancellationToken.None);
                return default;
            },
            transport);
        var connections = new List<RawConnection>();
        for (var i = 0; i < count; i++)
        {
            connections.Add(await RawConnection.OpenAsync(server.Address.Port));
            await connections[^1].SendAsync(RawRequest.Get("/"));
        }
        blocked.Wait(Patience).Should().BeTrue();
        transport.RunningLoops!.Threads.Count.Should().BeGreaterThanOrEqualTo(count);

        gate.Set();
        foreach (var connection in connections)
        {
            (await connection.ReceiveAsync())!.Status.Should().Be(200);
            connection.Dispose();
        }
    }

    private static async Task ShouldServeOthersAsync(JsonRpcServer server) =>
        (await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Get("/"))).Status.Should().Be(200);

    private static string Requests(int first, int count) =>
        string.Concat(
            Enumerable.Range(first, count).Select(i => $"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {i.ToString(CultureInfo.InvariantCulture).Length}\r\n\r\n{i}"));
}
