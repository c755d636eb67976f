using System.Globalization;
using JsonRpcLite.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;

namespace JsonRpcLite.AspNetCore.Tests;

/// <summary>
/// Three applications behind YARP, restarted one by one under the calls of 64 callers: once each, and in .ci/long five times each and for 200,000 calls (RESTART_ROUNDS, RESTART_CALLS).
/// </summary>
public sealed class YarpTests
{
    private static readonly int Rounds = Setting("RESTART_ROUNDS", 1);
    private static readonly int Calls = Setting("RESTART_CALLS", 1000);

    [Fact]
    public async Task Applications_that_are_told_to_end_lose_no_call()
    {
        await using var callers = await RestartAsync(async server => (await server.EndAsync()).Should().Be(0));

        callers.Failed.Should().BeEmpty();
        callers.Wrong.Should().BeEmpty();
    }

    [Fact]
    public async Task Calls_of_applications_that_are_killed_fail_clearly_and_none_is_wrong()
    {
        await using var callers = await RestartAsync(server =>
        {
            server.Kill();
            return Task.CompletedTask;
        });

        callers.Wrong.Should().BeEmpty();
        callers.Failed.Should().AllSatisfy(failure => failure.Should().BeAssignableTo<HttpRequestException>("it says what went wrong: {0}", failure.Message));
    }

    private static async Task<SteadyCallers> RestartAsync(Func<WebServerProcess, Task> end)
    {
        var servers = new List<WebServerProcess>();
        for (var i = 0; i < 3; i++)
            servers.Add(await WebServerProcess.StartAsync());
        await using var proxy = await StartProxyAsync(servers.Select(s => s.Address));
        using var client = proxy.MakeClient();
        try
        {
            for (var i = 0; i < 3; i++)
                await WaitForServerAsync(proxy, i);
            var callers = new SteadyCallers(64, async n => await client.CallAsync<int>("echo", new { number = n }));
            for (var round = 0; round < Rounds; round++)
            {
                for (var i = 0; i < 3; i++)
                {
                    var before = callers.Good;
                    var port = servers[i].Address.Port;
                    await end(servers[i]);
                    servers[i].Dispose();
                    servers[i] = await WebServerProcess.StartAsync(port);
                    await WaitForServerAsync(proxy, i);
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

    /// <summary>YARP as its documentation teaches it: it looks at each server five times a second, and takes two failures for the end.</summary>
    private static Task<App> StartProxyAsync(IEnumerable<Uri> servers)
    {
        var cluster = new ClusterConfig
        {
            ClusterId = "servers",
            LoadBalancingPolicy = "RoundRobin",
            Destinations = servers.Select((server, i) => (server, i)).ToDictionary(s => $"server{s.i}", s => new DestinationConfig { Address = s.server.ToString() }),
            HealthCheck = new HealthCheckConfig
            {
                Active = new ActiveHealthCheckConfig { Enabled = true, Interval = TimeSpan.FromMilliseconds(200), Timeout = TimeSpan.FromSeconds(1), Policy = "ConsecutiveFailures", Path = "/health/ready" },
            },
            Metadata = new Dictionary<string, string> { ["ConsecutiveFailuresHealthPolicy.Threshold"] = "2" },
        };
        return App.StartAsync(
            builder => builder.Services.AddReverseProxy().LoadFromMemory([new RouteConfig { RouteId = "all", ClusterId = "servers", Match = new RouteMatch { Path = "{**all}" } }], [cluster]),
            app => app.MapReverseProxy());
    }

    private static async Task WaitForServerAsync(App proxy, int index)
    {
        var lookup = proxy.Application.Services.GetRequiredService<IProxyStateLookup>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!lookup.TryGetCluster("servers", out var cluster) || !cluster.DestinationsState.AvailableDestinations.Any(d => d.DestinationId == $"server{index}" && d.Health.Active == Yarp.ReverseProxy.Model.DestinationHealth.Healthy))
            await Task.Delay(20, patience.Token);
    }

    private static int Setting(string name, int usual) => Environment.GetEnvironmentVariable(name) is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : usual;
}
