using JsonRpcLite.Tests;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>Three servers behind HAProxy; see <see cref="RollingRestart"/>.</summary>
public sealed class BalancerTests
{
    [BalancerFact]
    public Task Servers_that_shut_down_lose_no_call() => RestartAsync((restart, echo) => restart.LosesNoCallAsync(echo));

    [BalancerFact]
    public Task Killed_servers_fail_calls_clearly_and_answer_none_wrongly() => RestartAsync((restart, echo) => restart.FailsClearlyAsync(echo));

    [BalancerFact]
    public Task Killed_servers_lose_no_call_that_may_run_twice() => RestartAsync(async (restart, echo) => (await restart.KillAsync(echo)).Should().BeEmpty(),
        new JsonRpcRetryOptions { MaxAttempts = 5, InitialBackoff = TimeSpan.FromMilliseconds(100), MaxTokens = 1000 });

    private static async Task RestartAsync(Func<RollingRestart, Func<int, Task<int>>, Task> run, JsonRpcRetryOptions? retry = null)
    {
        var servers = await RollingRestart.StartAsync(StartAsync);
        using var balancer = new Balancer(servers.Select(s => s.Address));
        using var restart = new RollingRestart(servers, StartAsync, i =>
        {
            balancer.WaitForServer(i);
            return Task.CompletedTask;
        });
        using var client = MakeClient(balancer.Address, new() { Transport = new SocketClientTransport(), Retry = retry });
        var calls = client.With(new() { Idempotency = retry is null ? JsonRpcIdempotency.None : JsonRpcIdempotency.Idempotent });

        await restart.WaitForAllAsync();
        await run(restart, async n => (int)(await calls.CommandAsync(n))!["echo"]!);

        static Task<ServedProcess> StartAsync(int port) => ServerProcess.StartAsync(port: port, drainDelaySeconds: 3);
    }
}
