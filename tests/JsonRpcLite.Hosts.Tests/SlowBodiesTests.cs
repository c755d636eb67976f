using System.Security.Claims;
using System.Text;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class SlowBodiesOnHttpListener() : SlowBodiesTests(new HttpListenerHost());

public sealed class SlowBodiesOnSockets() : SlowBodiesTests(new SocketHost());

public sealed class SlowBodiesOnPortableSockets() : SlowBodiesTests(new PortableSocketHost());

public sealed class SlowBodiesOnAspNetCore() : SlowBodiesTests(new AspNetCoreHost());

/// <summary>The resources that slow clients hold must not block other callers.</summary>
public abstract class SlowBodiesTests : HostTests
{
    private const int SlowPeers = 300;
    private const int Others = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private protected SlowBodiesTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task Three_hundred_bodies_at_300_bytes_a_second_block_no_other_call()
    {
        var server = Serve(x => x);
        var port = server.Server.Address.Port;
        // Rounds of 30 bytes, a tenth of a second each by the server's clock; all of them are within the grace period, so that a busy machine makes no body late.
        const int piece = 30, rounds = 40, length = piece * rounds;
        var slow = new List<RawConnection>();
        for (var i = 0; i < SlowPeers; i++)
        {
            slow.Add(await RawConnection.OpenAsync(port));
            await slow[i].SendAsync($"POST / HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: {length}\r\n\r\n\"{new string('x', piece - 1)}");
        }

        var statuses = new List<int>();
        for (var round = 1; round < rounds; round++)
        {
            statuses.AddRange(await CallAsync(port, Others / rounds + 1));
            var isLast = round == rounds - 1;
            foreach (var connection in slow)
                await connection.SendAsync(isLast ? new string('x', piece - 1) + "\"" : new string('x', piece));
            Clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        statuses.Should().HaveCountGreaterThanOrEqualTo(Others).And.AllBeEquivalentTo(200);
        foreach (var connection in slow)
        {
            (await connection.ReceiveAsync())!.Status.Should().Be(200);
            connection.Dispose();
        }
    }

    [Fact]
    public async Task Three_hundred_requests_that_fail_authentication_block_no_other_call()
    {
        var known = new ClaimsPrincipal(new ClaimsIdentity("test"));
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var asked = new SemaphoreSlim(0);
        var server = Serve(x => x, o => o.Authenticate = async (exchange, _) =>
        {
            if (exchange.RequestHeaders["Authorization"] is not null)
                return known;
            asked.Release();
            await answer.Task;
            return null;
        });
        var port = server.Server.Address.Port;
        var unknown = Enumerable.Range(0, SlowPeers).Select(_ => server.ExchangeAsync(RawRequest.Post("1"))).ToArray();
        for (var i = 0; i < SlowPeers; i++)
            (await asked.WaitAsync(Patience)).Should().BeTrue("each of them is being authenticated");

        var statuses = await CallAsync(port, Others, ("Authorization", "Bearer known"));
        answer.SetResult();

        statuses.Should().AllBeEquivalentTo(200);
        (await Task.WhenAll(unknown)).Should().OnlyContain(reply => reply.Status == 401);
    }

    [Fact]
    public async Task Clients_that_stop_one_byte_short_of_the_largest_body_block_no_other_body()
    {
        const int largest = 256 * 1024, stalledPeers = 4;
        // No more than the four bodies hold: any other body needs a part of it.
        var server = Serve(x => x?.ToString().Length, o => (o.Limits.MaxRequestBodySize, o.Limits.MaxRequestBodyMemory) = (largest, stalledPeers * largest));
        var port = server.Server.Address.Port;
        var stalled = new List<RawConnection>();
        for (var i = 0; i < stalledPeers; i++)
        {
            stalled.Add(await RawConnection.OpenAsync(port));
            await stalled[i].SendAsync($"POST / HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: {largest}\r\n\r\n");
            await stalled[i].SendAsync(new byte[largest - 1]);
        }
        // By the clock of the server they have stalled for a while, and are within their grace period.
        Clock.Advance(TimeSpan.FromSeconds(3));

        for (var i = 0; i < Others / 4; i++)
        {
            using var connection = await RawConnection.OpenAsync(port);
            var body = $"\"{new string('x', 40_000)}\"";
            await connection.SendAsync($"POST / HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Length: {body.Length}\r\n\r\n{body[..20_000]}");
            await connection.SendAsync(body[20_000..]);
            (await connection.ReceiveAsync())!.Text.Should().Be("40000");
        }
        stalled.ForEach(connection => connection.Dispose());
    }

    private async Task<List<int>> CallAsync(int port, int calls, params (string Name, string Value)[] fields)
    {
        var statuses = new List<int>();
        for (var i = 0; i < calls; i++)
        {
            // HttpListener ends each connection after its hundredth reply.
            using var connection = await RawConnection.OpenAsync(port);
            await connection.SendAsync(RawRequest.Post($"{i}") with { Fields = [.. fields] });
            var reply = await connection.ReceiveAsync();
            statuses.Add(reply!.Text == $"{i}" ? reply.Status : -reply.Status);
        }
        return statuses;
    }
}
