namespace JsonRpcLite.Tests;

/// <summary>What middleware sees of a call whose caller has disconnected.</summary>
public sealed class MethodPipelineTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_method_that_obeys_its_token_is_seen_as_timed_out_without_a_middleware_that_knows_of_tokens(bool isBatch)
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var seen = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        var memory = new InMemoryTransport();
        var methods = new JsonRpcMethods().Add("wait", async (CancellationToken token) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
        }).Use(async (call, next, token) =>
        {
            try
            {
                await next(call, token);
            }
            catch (Exception e)
            {
                seen.SetResult(e);
                throw;
            }
        });
        using var server = JsonRpc.MakeServer(0, methods, new() { Transport = memory });
        using var client = JsonRpc.MakeClient(server.Address, new() { Transport = memory.CreateClient() });
        using var gone = new CancellationTokenSource();

        var batch = client.CreateBatch();
        var calling = isBatch ? (Task)batch.CallAsync<object>("wait") : client.CallAsync("wait", Array.Empty<int>(), gone.Token);
        var sending = isBatch ? batch.SendAsync(gone.Token) : calling;
        await entered.Task.WaitAsync(Patience);
        await gone.CancelAsync();

        (await seen.Task.WaitAsync(Patience)).Should().BeOfType<JsonRpcException>().Which.Code.Should().Be(JsonRpcErrorCodes.TimedOut);
        await FluentActions.Awaiting(() => sending).Should().ThrowAsync<TaskCanceledException>();
    }

    [Fact]
    public async Task A_time_limit_of_a_middlewares_own_stays_a_cancellation()
    {
        var memory = new InMemoryTransport();
        var methods = new JsonRpcMethods().Add("wait", async (CancellationToken token) => await Task.Delay(Timeout.InfiniteTimeSpan, token)).Use(async (call, next, token) =>
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
            try
            {
                var running = next(call, limit.Token);
                await limit.CancelAsync();
                await running;
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                throw new JsonRpcException(7, "The limit of this method.");
            }
        });
        using var server = JsonRpc.MakeServer(0, methods, new() { Transport = memory });
        using var client = JsonRpc.MakeClient(server.Address, new() { Transport = memory.CreateClient() });

        (await client.Invoking(c => c.CallAsync("wait")).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(7);
    }
}
