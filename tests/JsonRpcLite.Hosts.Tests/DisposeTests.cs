using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class DisposeOnHttpListener() : DisposeTests(new HttpListenerHost());

public sealed class DisposeInMemory() : DisposeTests(new InMemoryHost());

public sealed class DisposeOnSockets() : DisposeTests(new SocketHost());

public sealed class DisposeOnPortableSockets() : DisposeTests(new PortableSocketHost());

public sealed class DisposeOnAspNetCore() : DisposeTests(new AspNetCoreHost());

/// <summary>The disposal of servers and clients: repeated, concurrent, and from within a call.</summary>
public abstract class DisposeTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource<JsonNode?> _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _entered = new(0);

    private protected DisposeTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task Concurrent_and_repeated_shutdowns_wait_for_one_drain_that_loses_no_call()
    {
        var hosted = ServeAsync(WaitAtGate);
        var server = hosted.Server;
        var calling = hosted.ExchangeAsync(RawRequest.Post("1"));
        await EnterAsync();
        using var begun = new Barrier(9);

        var ends = Enumerable.Range(0, 9)
            .Select(n => Task.Factory.StartNew(() => EndAsync(n), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()).ToArray();
        ends.Should().NotContain(end => end.IsCompleted, "a call is in flight");
        _gate.SetResult(7);
        await Task.WhenAll(ends).WaitAsync(Patience);

        (await calling).Text.Should().Be("7");
        server.Dispose();
        await server.DisposeAsync();
        await server.StopAsync();
        server.Completion.IsCompletedSuccessfully.Should().BeTrue();
        await hosted.Invoking(h => h.ExchangeAsync(RawRequest.Post("1"))).Should().ThrowAsync<Exception>("the port is closed");
        Failures.Should().BeEmpty();

        async Task EndAsync(int n)
        {
            begun.SignalAndWait(Patience).Should().BeTrue();
            switch (n % 3)
            {
                case 0:
                    server.Dispose();
                    break;
                case 1:
                    await server.DisposeAsync();
                    break;
                default:
                    await server.StopAsync();
                    break;
            }
        }
    }

    [Fact]
    public async Task A_call_may_begin_the_shutdown_of_its_own_server_and_is_answered()
    {
        JsonRpcServer server = null!;
        var hosted = Serve(command =>
        {
            _ = server.StopAsync();
            return command;
        });
        server = hosted.Server;

        var reply = await hosted.ExchangeAsync(RawRequest.Post("7"));

        (reply.Status, reply.Text, reply.IsLast).Should().Be((200, "7", true));
        await server.Completion.WaitAsync(Patience);
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_call_that_waits_for_the_shutdown_of_its_own_server_is_503_after_the_drain_time()
    {
        JsonRpcServer server = null!;
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hosted = ServeAsync(async (command, _) =>
        {
            var stopping = server.StopAsync(CancellationToken.None);
            _entered.Release();
            await stopping;
            ended.SetResult();
            return command;
        });
        server = hosted.Server;

        var calling = hosted.ExchangeAsync(RawRequest.Post("7"));
        await EnterAsync();
        Clock.Advance(TimeSpan.FromSeconds(10));

        (await calling).Status.Should().Be(503);
        await ended.Task.WaitAsync(Patience);
        server.Completion.IsCompletedSuccessfully.Should().BeTrue();
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_call_that_disposes_its_own_server_is_503_after_the_drain_time()
    {
        JsonRpcServer server = null!;
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hosted = Serve(
            command =>
            {
                began.SetResult();
                server.Dispose();
                server.Dispose();
                ended.SetResult();
                return command;
            },
            o => o.Limits.HandlerTimeout = Timeout.InfiniteTimeSpan);
        server = hosted.Server;

        var calling = hosted.ExchangeAsync(RawRequest.Post("7"));
        // The deadline of a head that has not been read yet would pass at once.
        await began.Task.WaitAsync(Patience);
        Clock.AdvanceUntil(calling);

        (await calling).Status.Should().Be(503);
        await ended.Task.WaitAsync(Patience);
        server.Completion.IsCompletedSuccessfully.Should().BeTrue();
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_client_that_is_disposed_concurrently_ends_its_calls_and_affects_no_other_client()
    {
        var server = ServeAsync(WaitAtGate);
        var client = server.MakeClient();
        using var other = server.MakeClient();
        var calling = client.CommandAsync(1);
        var blocked = Task.Factory.StartNew(() => client.Command(1), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        var others = other.CommandAsync(1);
        for (var i = 0; i < 3; i++)
            await EnterAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(client.Dispose))).WaitAsync(Patience);
        client.Dispose();

        foreach (var ended in new[] { calling, blocked })
            await FluentActions.Awaiting(() => ended.WaitAsync(Patience)).Should().ThrowAsync<TaskCanceledException>();
        await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<ObjectDisposedException>();
        _gate.SetResult(7);
        (await others)!.GetValue<int>().Should().Be(7);
    }

    [Fact]
    public async Task A_function_may_dispose_the_client_that_calls_it()
    {
        JsonRpcClient client = null!;
        var server = Serve(command =>
        {
            client.Dispose();
            return command;
        });
        client = server.MakeClient();

        try
        {
            (await client.CommandAsync(7).WaitAsync(Patience))!.GetValue<int>().Should().Be(7);
        }
        catch (TaskCanceledException)
        {
            // Both are correct: the answer may arrive before the client checks whether it was disposed.
        }
        await client.Invoking(c => c.CommandAsync(7)).Should().ThrowAsync<ObjectDisposedException>();
        (await server.ExchangeAsync(RawRequest.Post("7"))).Text.Should().Be("7");
        Failures.Should().BeEmpty();
    }

    private async Task<JsonNode?> WaitAtGate(JsonNode? command, CancellationToken cancellationToken)
    {
        _entered.Release();
        return (await _gate.Task)?.DeepClone();
    }

    private async Task EnterAsync() => (await _entered.WaitAsync(Patience)).Should().BeTrue("the call must begin");
}
