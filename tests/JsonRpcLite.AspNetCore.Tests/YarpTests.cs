using JsonRpcLite.Tests;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace JsonRpcLite.AspNetCore.Tests;

/// <summary>Three applications with MapJsonRpc behind YARP; see <see cref="RollingRestart"/>.</summary>
public sealed class YarpTests
{
    [Fact]
    public Task Applications_that_shut_down_lose_no_call() => RestartAsync((restart, echo) => restart.LosesNoCallAsync(echo));

    [Fact]
    public Task Killed_applications_fail_calls_clearly_and_answer_none_wrongly() => RestartAsync((restart, echo) => restart.FailsClearlyAsync(echo));

    private static async Task RestartAsync(Func<RollingRestart, Func<int, Task<int>>, Task> run)
    {
        var servers = await RollingRestart.StartAsync(StartServerAsync);
        await using var proxy = await StartProxyAsync(servers.Select(s => s.Address));
        using var restart = new RollingRestart(servers, StartServerAsync, i => WaitForServerAsync(proxy, i));
        using var client = proxy.MakeClient();

        await restart.WaitForAllAsync();
        await run(restart, async n => await client.CallAsync<int>("echo", new { number = n }));
    }

    private static Task<ServedProcess> StartServerAsync(int port)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var server = Path.Combine(AppContext.BaseDirectory, "../../../../JsonRpcLite.WebServer/bin", output.Parent!.Name, output.Name, "JsonRpcLite.WebServer.dll");
        return ServedProcess.StartAsync("dotnet", server, $"port={port}", "drain-delay=3");
    }

    /// <summary>YARP as in its documentation: it checks each server five times a second, and removes it after two failures.</summary>
    private static Task<App> StartProxyAsync(IEnumerable<Uri> servers)
    {
        var cluster = new ClusterConfig
        {
            ClusterId = "servers",
            LoadBalancingPolicy = "RoundRobin",
            Destinations = servers.Select((server, i) => (server, i)).ToDictionary(s => $"server{s.i}", s => new DestinationConfig { Address = s.server.ToString() }),
            HealthCheck = new HealthCheckConfig
            {
                Active = new ActiveHealthCheckConfig
                {
                    Enabled = true,
                    Interval = TimeSpan.FromMilliseconds(200),
                    Timeout = TimeSpan.FromSeconds(1),
                    Policy = "ConsecutiveFailures",
                    Path = "/health/ready",
                },
            },
            Metadata = new Dictionary<string, string> { ["ConsecutiveFailuresHealthPolicy.Threshold"] = "2" },
        };
        var route = new RouteConfig { RouteId = "all", ClusterId = "servers", Match = new RouteMatch { Path = "{**all}" } };
        return App.StartAsync(
            builder => builder.Services.AddReverseProxy().LoadFromMemory([route], [cluster]),
            app => app.MapReverseProxy());
    }

    private static async Task WaitForServerAsync(App proxy, int index)
    {
        var lookup = proxy.Application.Services.GetRequiredService<IProxyStateLookup>();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        // YARP has no event for a finished health check.
        while (!IsUp())
            await Task.Delay(20, patience.Token);

        bool IsUp() => lookup.TryGetCluster("servers", out var cluster)
            && cluster.DestinationsState.AvailableDestinations.Any(d => d.DestinationId == $"server{index}" && d.Health.Active == DestinationHealth.Healthy);
    }
}
