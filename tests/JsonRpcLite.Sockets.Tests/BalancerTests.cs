using System.Globalization;
using JsonRpcLite.Tests;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>
/// Three servers behind HAProxy, restarted one by one under the calls of 64 callers: once each, and in .ci/long five times each and for 200,000 calls (RESTART_ROUNDS, RESTART_CALLS).
/// </summary>
public sealed class BalancerTests
{
    private static readonly int Rounds = Setting("RESTART_ROUNDS", 1);
    private static readonly int Calls = Setting("RESTART_CALLS", 1000);

    [BalancerFact]
    public async Task Servers_that_are_told_to_end_lose_no_call()
    {
        await using var callers = await RestartAsync(async server => (await server.EndAsync()).Should().Be(0));

        callers.Failed.Should().BeEmpty();
        callers.Wrong.Should().BeEmpty();
    }

    [BalancerFact]
    public async Task Calls_of_servers_that_are_killed_fail_clearly_and_none_is_wrong()
    {
        await using var callers = await RestartAsync(server =>
        {
            server.Kill();
            return Task.CompletedTask;
        });

        callers.Wrong.Should().BeEmpty();
        callers.Failed.Should().AllSatisfy(failure => failure.Should().BeAssignableTo<HttpRequestException>("it says what went wrong: {0}", failure.Message));
    }

    private static async Task<SteadyCallers> RestartAsync(Func<ServerProcess, Task> end)
    {
        var servers = new List<ServerProcess>();
        for (var i = 0; i < 3; i++)
            servers.Add(await ServerProcess.StartAsync(drainDelaySeconds: 3));
        using var balancer = new Balancer(servers.Select(s => s.Address));
        using var client = MakeClient(balancer.Address, new() { Transport = new SocketClientTransport() });
        try
        {
            for (var i = 0; i < 3; i++)
                balancer.WaitForServer(i);
            var callers = new SteadyCallers(64, async n => (int)(await client.CommandAsync(n))!["echo"]!);
            for (var round = 0; round < Rounds; round++)
            {
                for (var i = 0; i < 3; i++)
                {
                    var before = callers.Good;
                    var port = servers[i].Address.Port;
                    await end(servers[i]);
                    servers[i].Dispose();
                    servers[i] = await ServerProcess.StartAsync(port: port, drainDelaySeconds: 3);
                    balancer.WaitForServer(i);
                    callers.Good.Should().BeGreaterThan(before, "the others were called meanwhile");
                }
            }
            await callers.ReachAsync(Calls);
            await callers.StopAsync();
            return callers;
        }
        finally
        {
            servers.ForEach(s => s.Dispose());
        }
    }

    private static int Setting(string name, int usual) => Environment.GetEnvironmentVariable(name) is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : usual;
}
