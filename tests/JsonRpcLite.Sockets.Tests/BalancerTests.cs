using System.Collections.Concurrent;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Sockets.Tests;

public sealed class BalancerTests
{
    [BalancerFact]
    public async Task Three_servers_behind_a_balancer_are_restarted_one_by_one_and_no_call_notices()
    {
        var servers = new List<ServerProcess>();
        for (var i = 0; i < 3; i++)
            servers.Add(await ServerProcess.StartAsync(drainDelaySeconds: 2));
        using var balancer = new Balancer(servers.Select(s => s.Address));
        var bad = new ConcurrentQueue<string>();
        var good = 0;
        using var over = new CancellationTokenSource();
        using var client = MakeClient(balancer.Address, new() { Transport = new SocketClientTransport() });
        try
        {
            for (var i = 0; i < 3; i++)
                balancer.WaitForServer(i);
            var callers = Enumerable.Range(0, 8).Select(caller => Task.Run(() => CallAsync(caller))).ToArray();

            for (var i = 0; i < 3; i++)
            {
                var before = Volatile.Read(ref good);
                var port = servers[i].Address.Port;
                (await servers[i].EndAsync()).Should().Be(0);
                servers[i].Dispose();
                servers[i] = await ServerProcess.StartAsync(port: port, drainDelaySeconds: 2);
                balancer.WaitForServer(i);
                Volatile.Read(ref good).Should().BeGreaterThan(before, "the others were called meanwhile");
            }
            await over.CancelAsync();
            await Task.WhenAll(callers);

            bad.Should().BeEmpty();
        }
        finally
        {
            await over.CancelAsync();
            servers.ForEach(s => s.Dispose());
        }

        async Task CallAsync(int caller)
        {
            for (var n = caller * 1_000_000; !over.IsCancellationRequested; n++)
            {
                try
                {
                    var reply = await client.CommandAsync(n);
                    if (reply?.ToJsonString() == $"{{\"echo\":{n}}}")
                        Interlocked.Increment(ref good);
                    else
                        bad.Enqueue($"{n}: {reply}");
                }
                catch (Exception e)
                {
                    bad.Enqueue($"{n}: {e.Message}");
                }
            }
        }
    }
}
