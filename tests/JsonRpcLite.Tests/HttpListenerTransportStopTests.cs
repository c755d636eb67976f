using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>What each connection of a server on HttpListener gets while it stops: its right answer, a 503, or an end; and never what could be taken for an answer.</summary>
public sealed class HttpListenerTransportStopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<JsonRpcFailure> _failures = [];

    [Fact]
    public async Task Whoever_is_in_the_middle_of_something_while_the_server_stops_gets_its_answer_or_a_503()
    {
        var clock = new ManualClock();
        using var entered = new SemaphoreSlim(0);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = MakeServer(0, async (JsonNode? command) =>
        {
            entered.Release();
            if (command!.GetValue<int>() == 1)
                await gate.Task;
            return command;
        }, new() { OnUnhandledException = _failures.Enqueue, TimeProvider = clock });
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
        // Two calls more behind those that have only begun: when they are answered, the others were taken up.
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
        clock.Advance(TimeSpan.FromSeconds(11));
        var ended = await stalledBody.ReceiveAsync();
        clock.Advance(TimeSpan.FromSeconds(11));
        await stopping.WaitAsync(Patience);

        (finished!.Status, finished.Text).Should().Be((200, "3"));
        (lateHead!.Status, lateHead.IsLast).Should().Be((503, true));
        (lateCall!.Status, lateCall.IsLast).Should().Be((503, true));
        (answered!.Status, answered.Text).Should().Be((200, "1"));
        ended!.Status.Should().BeOneOf(408, 503);
        _failures.Should().BeEmpty();
    }

    [Fact]
    public async Task The_empty_200_that_HttpListener_sends_to_half_a_head_when_it_stops_is_no_answer_to_a_client()
    {
        var server = MakeServer(0, x => x, new() { OnUnhandledException = _failures.Enqueue });
        using var middle = new TcpListener(IPAddress.Loopback, 0);
        middle.Start();
        using var client = MakeClient(((IPEndPoint)middle.LocalEndpoint).Port);
        var calling = client.CommandAsync(1);
        using var patience = new CancellationTokenSource(Patience);
        using var accepted = await middle.AcceptSocketAsync(patience.Token);
        var request = new byte[4096];
        await accepted.ReceiveAsync(request, patience.Token);

        // The network is slow: when the server stops, it has seen only the beginning.
        using var slow = await RawConnection.OpenAsync(server.Address.Port);
        await slow.SendAsync("POST / HTTP/1.1\r\nHost: local");
        for (var i = 0; i < 3; i++)
            (await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("1"))).Status.Should().Be(200);
        await server.StopAsync().WaitAsync(Patience);
        var sent = await slow.ReceiveToEndAsync();
        await accepted.SendAsync(System.Text.Encoding.Latin1.GetBytes(sent), patience.Token);
        accepted.Shutdown(SocketShutdown.Send);

        // This is HttpListener's own doing, and the day it is gone the README can forget it.
        sent.Should().StartWith("HTTP/1.1 200 ").And.EndWith("\r\n\r\n0\r\n\r\n", "it is empty");
        var thrown = (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<HttpRequestException>()).Which;
        thrown.Message.Should().Contain("the body is empty").And.Contain(client.Address.ToString());
        thrown.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_client_whose_idle_connection_the_stop_has_spoiled_is_refused_and_not_answered()
    {
        var server = MakeServer(0, x => x);
        using var client = MakeClient(server.Address);
        foreach (var _ in Enumerable.Range(0, 8))
            (await client.CommandAsync(1))!.GetValue<int>().Should().Be(1);
        client.Command(1)!.GetValue<int>().Should().Be(1);

        await server.StopAsync().WaitAsync(Patience);

        (await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
        client.Invoking(c => c.Command(1)).Should().Throw<HttpRequestException>().Which.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
    }

    [Fact]
    public async Task Ten_restarts_under_load_end_every_call_exactly_right_or_with_a_clear_failure()
    {
        int port;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }
        var options = () => new JsonRpcServerOptions { OnUnhandledException = _failures.Enqueue };
        var right = 0;
        var wrong = new ConcurrentQueue<string>();
        using var over = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var server = MakeServer(port, (JsonNode? x) => new JsonObject { ["echo"] = x }, options());
        using var client = MakeClient(port, new() { Timeout = TimeSpan.FromSeconds(20) });
        var callers = Enumerable.Range(0, 16).Select(caller => Task.Factory.StartNew(() => CallAsync(caller), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()).ToArray();

        for (var restart = 0; restart < 10; restart++)
        {
            var before = Volatile.Read(ref right);
            while (Volatile.Read(ref right) < before + 100)
                await Task.Delay(5, over.Token);
            await server.StopAsync().WaitAsync(Patience);
            server = MakeServer(port, (JsonNode? x) => new JsonObject { ["echo"] = x }, options());
        }
        await over.CancelAsync();
        await Task.WhenAll(callers).WaitAsync(Patience);
        await server.StopAsync().WaitAsync(Patience);

        wrong.Should().BeEmpty();
        _failures.Select(f => f.ToString()).Should().BeEmpty();

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
                    // Nobody listens, or the connection ended; now and then the empty 200.
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

    private static async Task EnterAsync(SemaphoreSlim entered) => (await entered.WaitAsync(Patience)).Should().BeTrue("the call must begin");
}
