using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class JsonRpcNotificationsOnHttpListener() : JsonRpcNotificationTests(new HttpListenerHost());

public sealed class JsonRpcNotificationsInMemory() : JsonRpcNotificationTests(new InMemoryHost());

public sealed class JsonRpcNotificationsOnSockets() : JsonRpcNotificationTests(new SocketHost());

public sealed class JsonRpcNotificationsOnPortableSockets() : JsonRpcNotificationTests(new PortableSocketHost());

public sealed class JsonRpcNotificationsOnAspNetCore() : JsonRpcNotificationTests(new AspNetCoreHost());

/// <summary>Notifications: they run, and are never answered (JSON-RPC 2.0, 4.1).</summary>
public abstract class JsonRpcNotificationTests : HostTests
{
    private int _runs;

    private protected JsonRpcNotificationTests(Host host)
        : base(host)
    {
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"count"}""", 1, 0)]
    [InlineData("""{"jsonrpc":"2.0","method":"count","params":[5]}""", 1, 0)]
    [InlineData("""{"jsonrpc":"2.0","method":"count","params":["five"]}""", 0, 1)]
    [InlineData("""{"jsonrpc":"2.0","method":"count","params":[1,2,3]}""", 0, 1)]
    [InlineData("""{"jsonrpc":"2.0","method":"count","Id":1}""", 1, 0)]
    [InlineData("""{"jsonrpc":"2.0","method":"unknown"}""", 0, 1)]
    [InlineData("""{"jsonrpc":"2.0","method":"refuse"}""", 1, 1)]
    [InlineData("""{"jsonrpc":"2.0","method":"boom"}""", 1, 1)]
    [InlineData("""{"jsonrpc":"2.0","method":"large"}""", 1, 1)]
    [InlineData("""[{"jsonrpc":"2.0","method":"count"},{"jsonrpc":"2.0","method":"boom"},{"jsonrpc":"2.0","method":"unknown"}]""", 2, 2)]
    public async Task A_notification_runs_is_never_answered_and_its_errors_reach_the_hook(string body, int runs, int failures)
    {
        var server = Serve(Methods(), o => o.Limits.MaxResponseBodySize = 1024);

        var reply = await server.ExchangeAsync(RawRequest.Post(body));

        (reply.Status, reply.Body.Length, reply["Content-Type"]).Should().Be((204, 0, null));
        reply.IsLast.Should().BeFalse();
        _runs.Should().Be(runs);
        Failures.Should().HaveCount(failures);
        Failures.Should().NotContain(f => f.Method == null);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(202)]
    [InlineData(204)]
    public async Task The_status_can_be_chosen_and_the_client_takes_each(int status)
    {
        var server = Serve(Methods(), o => o.Protocol.NotificationStatusCode = status);
        using var client = server.MakeClient();

        var single = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"count"}"""));
        var batch = await server.ExchangeAsync(RawRequest.Post("""[{"jsonrpc":"2.0","method":"count"}]"""));
        await client.NotifyAsync("count");
        var both = client.CreateBatch();
        both.Notify("count");
        both.Notify("count", new[] { 1 });
        await both.SendAsync();

        (single.Status, single.Body.Length, batch.Status, batch.Body.Length).Should().Be((status, 0, status, 0));
        _runs.Should().Be(5);
    }

    [Fact]
    public async Task An_id_of_null_makes_it_a_request()
    {
        var server = Serve(Methods());

        var reply = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"count","id":null}"""));

        reply.Text.Should().Be("""{"jsonrpc":"2.0","result":1,"id":null}""");
    }

    [Fact]
    public async Task A_notification_past_its_deadline_is_not_answered_either()
    {
        var gate = new TaskCompletionSource();
        var entered = new SemaphoreSlim(0);
        var server = Serve(new JsonRpcMethods().Add("wait", async () =>
        {
            entered.Release();
            await gate.Task;
        }), o => (o.Limits.HandlerTimeout, o.Protocol.NotificationStatusCode) = (TimeSpan.FromSeconds(2), 202));

        var calling = server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"wait"}"""));
        await entered.WaitAsync(TimeSpan.FromSeconds(30));
        Clock.Advance(TimeSpan.FromSeconds(3));
        var reply = await calling;
        gate.SetResult();

        (reply.Status, reply.Body.Length).Should().Be((202, 0));
    }

    private JsonRpcMethods Methods() => new JsonRpcMethods()
        .Add("count", (int by = 1) => Interlocked.Increment(ref _runs))
        .Add("refuse", () =>
        {
            _runs++;
            throw new JsonRpcException(1, "no");
        })
        .Add("boom", () =>
        {
            _runs++;
            throw new InvalidOperationException("boom");
        })
        .Add("large", () =>
        {
            _runs++;
            return new string('x', 5000);
        });
}
