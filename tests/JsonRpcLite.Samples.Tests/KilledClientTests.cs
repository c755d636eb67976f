using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace JsonRpcLite.Samples.Tests;

/// <summary>A client that is killed in the middle of a stream: it cannot say so, and the system resets its connection.</summary>
public class KilledClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Only the end of the connection shows it: without heartbeats the server sends nothing.</summary>
    [Fact]
    public Task On_sockets_the_method_ends_without_a_heartbeat() => ShouldEndAsync(new SocketTransport(), heartbeat: Timeout.InfiniteTimeSpan);

    /// <summary>The first heartbeat causes the reset, and the second one fails.</summary>
    [Fact]
    public Task On_HttpListener_heartbeats_end_the_method() => ShouldEndAsync(new HttpListenerTransport(), heartbeat: TimeSpan.FromSeconds(1));

    private static async Task ShouldEndAsync(ServerTransport transport, TimeSpan heartbeat)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = JsonRpc.MakeServer(0, new JsonRpcMethods().Add("quiet", (CancellationToken token) => QuietAsync(ended, token)), new()
        {
            Transport = transport,
            Limits = { MaxConcurrentStreams = 1 },
            Protocol = { StreamHeartbeat = heartbeat },
        });
        using var curl = Command.Start(
            "curl", "-sN", "-H", "Accept: text/event-stream", "-H", "Content-Type: application/json", "-d", """{"jsonrpc":"2.0","method":"quiet","id":1}""", $"{server.Address}");
        curl.WaitForLine("rpc.item");
        using var client = JsonRpc.MakeClient(server.Address);
        (await FluentActions.Awaiting(() => FirstAsync(client)).Should().ThrowAsync<JsonRpcException>()).Which.Code
            .Should().Be(JsonRpcErrorCodes.Refused, "the only permit is taken");
        ended.Task.IsCompleted.Should().BeFalse();

        curl.Signal("KILL");
        await ended.Task.WaitAsync(Patience);

        // The permit is returned a moment after the method has ended.
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                (await FirstAsync(client)).Should().Be(1);
                return;
            }
            catch (JsonRpcException e) when (e.Code == JsonRpcErrorCodes.Refused && clock.Elapsed < Patience)
            {
            }
        }
    }

    private static async Task<int> FirstAsync(JsonRpcClient client) => await client.CallStreamAsync<int>("quiet").FirstAsync().AsTask().WaitAsync(Patience);

    private static async IAsyncEnumerable<int> QuietAsync(TaskCompletionSource ended, [EnumeratorCancellation] CancellationToken token)
    {
        try
        {
            yield return 1;
            await Task.Delay(Timeout.Infinite, token);
        }
        finally
        {
            ended.TrySetResult();
        }
    }
}
