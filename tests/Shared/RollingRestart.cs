using System.Globalization;
using FluentAssertions;

namespace JsonRpcLite.Tests;

/// <summary>
/// Servers behind a proxy that are ended and restarted one by one, under the load of 64 callers: once each, and in .ci/long five times each and for 200,000 calls
/// (RESTART_ROUNDS, RESTART_CALLS).
/// </summary>
/// <param name="servers">The servers, three of them.</param>
/// <param name="start">Starts a server on the port of one that has ended.</param>
/// <param name="waitForServer">Waits until the proxy has noticed that a server, by its index, is up.</param>
internal sealed class RollingRestart(List<ServedProcess> servers, Func<int, Task<ServedProcess>> start, Func<int, Task> waitForServer) : IDisposable
{
    private const int Callers = 64;

    private static readonly int Rounds = Setting("RESTART_ROUNDS", 1);
    private static readonly int Calls = Setting("RESTART_CALLS", 1000);

    public static async Task<List<ServedProcess>> StartAsync(Func<int, Task<ServedProcess>> start) => [await start(0), await start(0), await start(0)];

    /// <summary>Waits until the proxy has noticed that all servers are up.</summary>
    public async Task WaitForAllAsync()
    {
        for (var i = 0; i < servers.Count; i++)
            await waitForServer(i);
    }

    /// <summary>Servers that are ended by SIGTERM: every call is answered correctly.</summary>
    /// <param name="echo">Calls a server that echoes a number.</param>
    public async Task LosesNoCallAsync(Func<int, Task<int>> echo)
    {
        await using var callers = new SteadyCallers(Callers, echo);

        await RunAsync(callers, async server => (await server.EndAsync()).Should().Be(0));

        callers.Failed.Should().BeEmpty();
        callers.Wrong.Should().BeEmpty();
    }

    /// <summary>Servers that are killed: no call is answered wrongly, and those that fail do so clearly.</summary>
    /// <param name="echo">Calls a server that echoes a number.</param>
    public async Task FailsClearlyAsync(Func<int, Task<int>> echo)
    {
        var failed = await KillAsync(echo);

        failed.Where(failure => failure is not HttpRequestException).Should().BeEmpty("each failure says that the connection failed");
    }

    /// <summary>Servers that are killed, one after another: no call is answered wrongly.</summary>
    /// <param name="echo">Calls a server that echoes a number.</param>
    /// <returns>The failures of calls.</returns>
    public async Task<IReadOnlyCollection<Exception>> KillAsync(Func<int, Task<int>> echo)
    {
        await using var callers = new SteadyCallers(Callers, echo);

        await RunAsync(callers, server =>
        {
            server.Kill();
            return Task.CompletedTask;
        });

        callers.Wrong.Should().BeEmpty();
        return callers.Failed;
    }

    public void Dispose() => servers.ForEach(server => server.Dispose());

    private async Task RunAsync(SteadyCallers callers, Func<ServedProcess, Task> end)
    {
        // The first calls are as slow as the start of the programs.
        await callers.ReachAsync(1);
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < servers.Count; i++)
            {
                var before = callers.Good;
                await end(servers[i]);
                servers[i].Dispose();
                servers[i] = await start(servers[i].Address.Port);
                await waitForServer(i);
                // However slow the machine is, the others were called meanwhile, or the server is called now.
                await callers.ReachAsync(before + 1);
            }
        }
        await callers.ReachAsync(Calls);
        await callers.StopAsync();
    }

    private static int Setting(string name, int usual) => Environment.GetEnvironmentVariable(name) is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : usual;
}
