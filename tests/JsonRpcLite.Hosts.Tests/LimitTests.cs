using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class LimitOnHttpListener() : LimitTests(new HttpListenerHost());

public sealed class LimitInMemory() : LimitTests(new InMemoryHost());

public sealed class LimitOnSockets() : LimitTests(new SocketHost());

public sealed class LimitOnPortableSockets() : LimitTests(new PortableSocketHost());

public sealed class LimitOnAspNetCore() : LimitTests(new AspNetCoreHost());

/// <summary>
/// What takes exactly its time, or is as long as a client's limit, passes; a moment or a byte more does not. The server's limits of bodies, replies, heads, fields and targets
/// are tested in HttpRulesTests, that of calls in flight in CallsInFlightTests, those of batches in JsonRpcBatchTests, of ids in JsonRpcCallTests, of depth in PlainCallTests, of
/// connections in the tests of the sockets.
/// </summary>
public abstract class LimitTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource<JsonNode?> _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _entered = new(0);

    private protected LimitTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task A_call_that_takes_all_of_its_time_is_answered_and_a_moment_more_is_504()
    {
        var server = ServeAsync(WaitAtGate, o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(2));

        var late = server.ExchangeAsync(RawRequest.Post("1"));
        await EnterAsync();
        Clock.Advance(TimeSpan.FromMilliseconds(200));
        var inTime = server.ExchangeAsync(RawRequest.Post("1"));
        await EnterAsync();
        Clock.Advance(TimeSpan.FromSeconds(2));
        (await late).Status.Should().Be(504);
        inTime.IsCompleted.Should().BeFalse("it has had exactly its time");
        _gate.SetResult(7);

        (await inTime).Text.Should().Be("7");
    }

    [Fact]
    public async Task A_body_that_takes_all_of_its_time_is_read_and_a_moment_more_is_408()
    {
        if (!Can(Ability.HasWire))
            return;
        var server = ServeRaw(async (exchange, token) =>
        {
            var reading = exchange.ReadBodyAsync(token);
            _entered.Release();
            await reading;
        });
        var head = $"POST / HTTP/1.1\r\nHost: {server.Server.Address.Authority}\r\nContent-Length: 10\r\n\r\n";
        using var late = await RawConnection.OpenAsync(server.Server.Address.Port);
        using var inTime = await RawConnection.OpenAsync(server.Server.Address.Port);

        // No byte of either body arrives: each has the grace period, and no more.
        await late.SendAsync(head);
        await EnterAsync();
        Clock.Advance(TimeSpan.FromMilliseconds(500));
        await inTime.SendAsync(head);
        await EnterAsync();
        Clock.Advance(TimeSpan.FromSeconds(5));
        (await late.ReceiveAsync())!.Status.Should().Be(408);
        await inTime.SendAsync("0123456789");

        (await inTime.ReceiveAsync())!.Status.Should().Be(200);
    }

    [Fact]
    public async Task A_client_accepts_a_reply_at_its_limit_and_none_that_is_one_byte_longer()
    {
        var server = Serve(command => new string('x', command!.GetValue<int>()));
        using var client = server.MakeClient(new() { MaxResponseBodySize = 5000 });

        (await client.CommandAsync(4998))!.GetValue<string>().Should().HaveLength(4998);
        var refused = await client.Invoking(c => c.CommandAsync(4999)).Should().ThrowAsync<HttpRequestException>();
        refused.Which.HttpRequestError.Should().Be(HttpRequestError.ConfigurationLimitExceeded);
        (await client.CommandAsync(1))!.GetValue<string>().Should().Be("x");
    }

    private async Task<JsonNode?> WaitAtGate(JsonNode? command, CancellationToken cancellationToken)
    {
        _entered.Release();
        return (await _gate.Task)?.DeepClone();
    }

    private async Task EnterAsync() => (await _entered.WaitAsync(Patience)).Should().BeTrue("the call must begin");
}
