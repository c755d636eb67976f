using System.Text.Json.Nodes;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>The life cycle of a server. The tests of the samples cover signals, in separate processes.</summary>
public class JsonRpcServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Running_until_a_signal_ends_by_cancellation_and_by_StopAsync()
    {
        using var cancellation = new CancellationTokenSource();
        await using var cancelled = MakeServer(0, x => x, new() { Transport = new InMemoryTransport() });
        await using var stopped = MakeServer(0, x => x, new() { Transport = new InMemoryTransport() });
        var first = cancelled.RunUntilSignalAsync(cancellation.Token);
        var second = stopped.RunUntilSignalAsync();
        (first.IsCompleted, second.IsCompleted).Should().Be((false, false));

        await cancellation.CancelAsync();
        await stopped.StopAsync();

        await Task.WhenAll(first, second).WaitAsync(Patience);
        (cancelled.Completion.IsCompletedSuccessfully, stopped.Completion.IsCompletedSuccessfully).Should().Be((true, true));
    }

    [Fact]
    public async Task Running_until_a_signal_says_where_the_server_listens_and_that_it_has_stopped()
    {
        using var cancellation = new CancellationTokenSource();
        await using var server = MakeServer(0, x => x, new() { Transport = new InMemoryTransport() });
        var output = new StringWriter { NewLine = "\n" };
        var running = server.RunUntilSignalAsync(output, cancellation.Token);
        output.ToString().Should().Be($"Listening on {server.Address} (Ctrl+C ends it).\n");

        await cancellation.CancelAsync();

        await running.WaitAsync(Patience);
        output.ToString().Should().EndWith("it).\nStopped.\n");
    }

    [Fact]
    public async Task Concurrent_and_repeated_stops_are_one_shutdown()
    {
        var server = MakeServer(0, x => x);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => server.StopAsync()))).WaitAsync(Patience);

        server.Dispose();
        await server.DisposeAsync();
        server.Completion.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public async Task The_token_of_StopAsync_ends_the_wait()
    {
        var entered = new TaskCompletionSource();
        var gate = new TaskCompletionSource<JsonNode?>();
        var server = MakeServer(0, (JsonNode? _) =>
        {
            entered.SetResult();
            return gate.Task;
        });
        using var client = MakeClient(server.Address);
        var calling = client.CommandAsync(1);
        await entered.Task.WaitAsync(Patience);
        using var hurry = new CancellationTokenSource();

        var stopping = server.StopAsync(hurry.Token);
        stopping.IsCompleted.Should().BeFalse();
        await hurry.CancelAsync();
        await stopping.WaitAsync(Patience);

        (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<JsonRpcException>()).Which.StatusCode.Should().Be(System.Net.HttpStatusCode.ServiceUnavailable);
        gate.SetResult(null);
    }

    [Fact]
    public async Task A_transport_that_cannot_say_who_reaches_it_is_not_taken_for_loopback()
    {
        // A third-party transport, which may be bound to every interface whatever the host name is.
        FluentActions.Invoking(() => MakeServer(0, x => x, new() { Transport = new BareTransport(), DetailedErrors = true }))
            .Should().Throw<InvalidOperationException>().WithMessage("*DetailedErrors*loopback*");
        var transport = new BareTransport();
        await using var server = MakeServer(0, x => x, new() { Transport = transport });
        var exchange = new ScriptedExchange(transport.Context, "") { Method = "GET" };
        exchange.RequestHeaders.Add("Accept", "text/html");

        await transport.Context.ServeAsync(exchange, CancellationToken.None);

        exchange.Status.Should().Be(405, "the page is off");
    }
}
