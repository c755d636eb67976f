using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class StopOnHttpListener() : StopTests(new HttpListenerHost());

public sealed class StopOnSockets() : StopOfConnectionsTests(new SocketHost());

public sealed class StopOnPortableSockets() : StopOfConnectionsTests(new PortableSocketHost());

/// <summary>The shutdown of transports that see their connections.</summary>
public abstract class StopOfConnectionsTests : StopTests
{
    private protected StopOfConnectionsTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task Connections_that_wait_for_a_request_or_the_rest_of_its_head_are_closed_without_a_reply()
    {
        var server = Serve(Echo).Server;
        using var idle = await RawConnection.OpenAsync(server.Address.Port);
        await idle.SendAsync(RawRequest.Post("1"));
        await idle.ReceiveAsync();
        using var halfHead = await RawConnection.OpenAsync(server.Address.Port);
        await halfHead.SendAsync("POST / HTTP/1.1\r\nHost: local");
        using var silent = await RawConnection.OpenAsync(server.Address.Port);

        await server.StopAsync().WaitAsync(Patience);

        foreach (var connection in new[] { idle, halfHead, silent })
            (await connection.ReceiveToEndAsync()).Should().BeEmpty();
        await FluentActions.Awaiting(() => RawConnection.OpenAsync(server.Address.Port)).Should().ThrowAsync<SocketException>();
    }

    [Fact]
    public async Task A_client_that_does_not_close_after_its_last_reply_does_not_delay_the_shutdown()
    {
        var server = Serve(Echo).Server;
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        await connection.SendAsync(RawRequest.Post("1").With("Connection", "close"));
        (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":1}");

        // The clock does not move: no deadline of a client can pass.
        await server.StopAsync().WaitAsync(Patience);
    }
}

/// <summary>What each connection of a server gets during a shutdown: its correct answer, a 503, or a close; and never what a client could take for an answer.</summary>
public abstract class StopTests : HostTests
{
    private protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private protected StopTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task A_request_in_progress_during_a_shutdown_gets_its_answer_or_a_503()
    {
        if (!Can(Ability.HasWire))
            return;
        using var entered = new SemaphoreSlim(0);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = ServeAsync(async (command, _) =>
        {
            entered.Release();
            if (command!.GetValue<int>() == 1)
                await gate.Task;
            return command;
        }).Server;
        var port = server.Address.Port;
        var head = $"POST / HTTP/1.1\r\nHost: {server.Address.Authority}\r\nContent-Length: 2\r\n\r\n";
        using var inFlight = await RawConnection.OpenAsync(port);
        using var halfBody = await RawConnection.OpenAsync(port);
        using var stalledBody = await RawConnection.OpenAsync(port);
        using var halfHead = await RawConnection.OpenAsync(port);
        using var idle = await RawConnection.OpenAsync(port);
        await inFlight.SendAsync($"{head} 1");
        await EnterAsync(entered);
        await idle.SendAsync($"{head} 2");
        (await idle.ReceiveAsync())!.Text.Should().Be("2");
        await halfBody.SendAsync($"{head} ");
        await stalledBody.SendAsync($"{head} ");
        await halfHead.SendAsync(head[..30]);
        // Two more calls after those that have only begun: when they are answered, the others have been accepted.
        for (var i = 0; i < 2; i++)
            (await RawConnection.ExchangeAsync(port, RawRequest.Post("2"))).Status.Should().Be(200);

        var stopping = server.StopAsync();
        await halfBody.SendAsync("3");
        await halfHead.SendAsync($"{head[30..]} 4");
        await idle.SendAsync($"{head} 5");
        var finished = await halfBody.ReceiveAsync();
        var lateHead = await halfHead.ReceiveAsync();
        var lateCall = await idle.ReceiveAsync();
        gate.SetResult();
        var answered = await inFlight.ReceiveAsync();
        stopping.IsCompleted.Should().BeFalse("one body is still on its way");
        Clock.Advance(TimeSpan.FromSeconds(11));
        var ended = await stalledBody.ReceiveAsync();
        Clock.Advance(TimeSpan.FromSeconds(11));
        await stopping.WaitAsync(Patience);

        (finished!.Status, finished.Text).Should().Be((200, "3"));
        (lateHead!.Status, lateHead.IsLast).Should().Be((503, true));
        (lateCall!.Status, lateCall.IsLast).Should().Be((503, true));
        (answered!.Status, answered.Text).Should().Be((200, "1"));
        ended!.Status.Should().BeOneOf(408, 503);
        ended.Text.Should().Contain("-32000", "its function has not begun");
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task Ten_restarts_under_load_end_every_call_correctly_or_with_a_clear_failure()
    {
        if (!Can(Ability.HasWire))
            return;
        int port;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }
        var right = 0;
        var wrong = new ConcurrentQueue<string>();
        using var over = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var (server, transport) = Serve();
        using var client = JsonRpc.MakeClient(port, new() { Timeout = TimeSpan.FromSeconds(20), Transport = Host.MakeClientTransport(transport) });
        var callers = Enumerable.Range(0, 16)
            .Select(caller => Task.Factory.StartNew(() => CallAsync(caller), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()).ToArray();

        for (var restart = 0; restart < 10; restart++)
        {
            var before = Volatile.Read(ref right);
            while (Volatile.Read(ref right) < before + 100)
                await Task.Delay(5, over.Token);
            await server.StopAsync().WaitAsync(Patience);
            (server, _) = Serve();
        }
        await over.CancelAsync();
        await Task.WhenAll(callers).WaitAsync(Patience);
        await server.StopAsync().WaitAsync(Patience);

        wrong.Should().BeEmpty();
        Failures.Select(f => f.ToString()).Should().BeEmpty();

        (JsonRpcServer, ServerTransport) Serve()
        {
            var transport = Host.MakeTransport();
            return (JsonRpc.MakeServer(port, Echo, new() { Transport = transport, OnUnhandledException = Report }), transport);
        }

        async Task CallAsync(int caller)
        {
            for (var n = caller * 1_000_000; !over.IsCancellationRequested; n++)
            {
                try
                {
                    var reply = caller % 2 == 0 ? client.Command(n) : await client.CommandAsync(n);
                    if (reply?.ToJsonString() == $$"""{"echo":{{n}}}""")
                        Interlocked.Increment(ref right);
                    else
                        wrong.Enqueue($"{n}: {reply}");
                }
                catch (HttpRequestException e) when (e.HttpRequestError != HttpRequestError.Unknown)
                {
                    // The server no longer listens, or the connection has ended; sometimes the empty 200.
                }
                catch (JsonRpcException e) when (e.StatusCode == HttpStatusCode.ServiceUnavailable)
                {
                    // The server is stopping.
                }
                catch (Exception e)
                {
                    wrong.Enqueue($"{n}: {e}");
                }
            }
        }
    }

    private void Report(JsonRpcFailure failure)
    {
        lock (Failures)
            Failures.Add(failure);
    }

    private static async Task EnterAsync(SemaphoreSlim entered) => (await entered.WaitAsync(Patience)).Should().BeTrue("the call must begin");
}
