using System.Runtime.CompilerServices;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>Streams through the proxies that docs/streaming.md names: each item arrives before the next is made, and a client that disconnects ends the method.</summary>
public class StreamsBehindProxiesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [BalancerFact]
    public async Task Items_arrive_live_through_HAProxy_and_leaving_ends_the_method()
    {
        var parts = new Counter();
        // HAProxy notices that its client has disconnected when it has something to send.
        await using var server = JsonRpc.MakeServer(0, parts.Methods, new() { Transport = new SocketTransport(), Protocol = { StreamHeartbeat = TimeSpan.FromSeconds(1) } });
        using var balancer = new Balancer([server.Address]);
        balancer.WaitForServer(0);

        await parts.ShouldStreamAsync(balancer.Address);
        await parts.ShouldEndWhenLeftAsync(balancer.Address);
    }

    [NginxTheory]
    [InlineData("", 1)]
    [InlineData("", 0)]
    [InlineData("proxy_http_version 1.1; proxy_set_header Connection '';", 1)]
    [InlineData("proxy_http_version 1.1; proxy_set_header Connection '';", 0)]
    public async Task Items_arrive_live_through_nginx_and_leaving_ends_the_method(string settings, int eventLoops)
    {
        var parts = new Counter();
        await using var server = JsonRpc.MakeServer(0, parts.Methods, new() { Transport = new SocketTransport { EventLoops = eventLoops } });
        using var nginx = new Nginx(server.Address, settings);

        await parts.ShouldStreamAsync(nginx.Address);
        await parts.ShouldEndWhenLeftAsync(nginx.Address);
    }

    [NginxTheory]
    [InlineData("", false)]
    [InlineData("proxy_http_version 1.1;", true)]
    public async Task Behind_nginx_HttpListener_streams_to_HTTP_1_1_alone_and_else_gives_the_list(string settings, bool isLive)
    {
        var parts = new Counter();
        await using var server = JsonRpc.MakeServer(0, parts.Methods);
        using var nginx = new Nginx(server.Address, settings);

        if (isLive)
        {
            await parts.ShouldStreamAsync(nginx.Address);
            return;
        }
        parts.Seen.Release(5);
        using var client = JsonRpc.MakeClient(nginx.Address);
        (await client.CallStreamAsync<int>("count", new { to = 5 }).ToListAsync()).Should().Equal(1, 2, 3, 4, 5);
    }

    private sealed class Counter
    {
        private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SemaphoreSlim Seen { get; } = new(0);

        public JsonRpcMethods Methods => new JsonRpcMethods()
            .Add("count", (int to, CancellationToken token) => CountAsync(to, token))
            .Add("wait", (CancellationToken token) => WaitAsync(token));

        public async Task ShouldStreamAsync(Uri address)
        {
            using var client = JsonRpc.MakeClient(address, new() { Timeout = Patience });
            var items = new List<int>();
            await foreach (var item in client.CallStreamAsync<int>("count", new { to = 5 }))
            {
                items.Add(item);
                Seen.Release();
            }
            items.Should().Equal(1, 2, 3, 4, 5);
        }

        public async Task ShouldEndWhenLeftAsync(Uri address)
        {
            using var client = JsonRpc.MakeClient(address, new() { Timeout = Patience });
            (await client.CallStreamAsync<int>("wait").FirstAsync()).Should().Be(1);

            await _left.Task.WaitAsync(Patience);
        }

        private async IAsyncEnumerable<int> CountAsync(int to, [EnumeratorCancellation] CancellationToken token)
        {
            for (var i = 1; i <= to; i++)
            {
                yield return i;
                (await Seen.WaitAsync(Patience, token)).Should().BeTrue("the item was seen at the other end");
            }
        }

        private async IAsyncEnumerable<int> WaitAsync([EnumeratorCancellation] CancellationToken token)
        {
            try
            {
                yield return 1;
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                _left.TrySetResult();
            }
        }
    }
}
