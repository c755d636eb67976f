using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class ClientMiddlewareOnHttpListener() : ClientMiddlewareTests(new HttpListenerHost());

public sealed class ClientMiddlewareInMemory() : ClientMiddlewareTests(new InMemoryHost());

public sealed class ClientMiddlewareOnSockets() : ClientMiddlewareTests(new SocketHost());

public sealed class ClientMiddlewareOnPortableSockets() : ClientMiddlewareTests(new PortableSocketHost());

public sealed class ClientMiddlewareOnAspNetCore() : ClientMiddlewareTests(new AspNetCoreHost());

/// <summary>Client middleware runs around every kind of call, on every transport.</summary>
public abstract class ClientMiddlewareTests : HostTests
{
    private readonly ConcurrentQueue<string> _log = [];

    private protected ClientMiddlewareTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task Every_kind_of_call_goes_through_in_order()
    {
        var server = Serve(Methods());
        using var client = server.MakeClient(new JsonRpcClientOptions().Use(Log("a")).Use(Log("b")));

        (await client.CallAsync<int>("add", new[] { 1, 2 })).Should().Be(3);
        client.Call<int>("add", new[] { 1, 2 }).Should().Be(3);
        await client.NotifyAsync("add", new[] { 1, 2 });
        var batch = client.CreateBatch();
        var sum = batch.CallAsync<int>("add", new[] { 3, 4 });
        batch.Notify("add", new[] { 1, 2 });
        await batch.SendAsync();
        (await sum).Should().Be(7);

        _log.Should().Equal(
            "a add 1 False False", "b add 1 False False", "b 200", "a 200",
            "a add 1 False True", "b add 1 False True", "b 200", "a 200",
            "a add 0 False False", "b add 0 False False", "b 204", "a 204",
            "a  1 True False", "b  1 True False", "b 200", "a 200");
    }

    [Fact]
    public async Task A_plain_call_has_no_method()
    {
        var server = Serve(Echo);
        using var client = server.MakeClient(new JsonRpcClientOptions().Use(Log("a")));

        (await client.CommandAsync(1))!.ToJsonString().Should().Be("""{"echo":1}""");
        client.Command(2)!.ToJsonString().Should().Be("""{"echo":2}""");

        _log.Should().Equal("a  1 False False", "a 200", "a  1 False True", "a 200");
    }

    [Fact]
    public async Task A_401_is_answered_by_a_new_token_and_one_more_attempt()
    {
        var tokens = new Queue<string>(["old", "new"]);
        var server = Serve(Methods(), o => o.Authenticate = BearerToken.Check("new"));
        var token = tokens.Dequeue();
        using var client = server.MakeClient(new JsonRpcClientOptions().Use(async (call, next, cancellation) =>
        {
            call.Exchange.RequestHeaders["Authorization"] = $"Bearer {token}";
            await next(call, cancellation);
            if (call.Exchange.StatusCode != 401)
                return;
            token = tokens.Dequeue();
            call.Exchange.RequestHeaders["Authorization"] = $"Bearer {token}";
            await next(call, cancellation);
            _log.Enqueue($"{call.Attempt} attempts, {call.Exchange.StatusCode}");
        }));

        (await client.CallAsync<int>("add", new[] { 1, 2 })).Should().Be(3);
        client.Call<int>("add", new[] { 2, 2 }).Should().Be(4);
        tokens.Enqueue("new");
        token = "old";
        client.Call<int>("add", new[] { 3, 2 }).Should().Be(5);

        _log.Should().Equal("2 attempts, 200", "2 attempts, 200");
    }

    [Fact]
    public async Task A_middleware_may_answer_without_the_server()
    {
        using var client = Serve(Methods()).MakeClient(new JsonRpcClientOptions().Use((call, _, _) =>
        {
            var id = JsonNode.Parse(call.Exchange.RequestBody.Span)!["id"]!;
            call.Exchange.Reply(200, "application/json", $$"""{"jsonrpc":"2.0","result":42,"id":{{id}}}""");
            return default;
        }));

        (await client.CallAsync<int>("add", new[] { 1, 2 })).Should().Be(42);
        client.Call<int>("add", new[] { 1, 2 }).Should().Be(42);
    }

    [Fact]
    public async Task An_exception_of_a_middleware_reaches_the_caller_unchanged()
    {
        var server = Serve(Methods());
        using var client = server.MakeClient(new JsonRpcClientOptions().Use(async (call, next, token) =>
        {
            await next(call, token);
            if (call.Method == "add")
                throw new FormatException("mine");
        }));

        (await client.Invoking(c => c.CallAsync("add", new[] { 1, 2 })).Should().ThrowAsync<FormatException>()).WithMessage("mine");
        client.Invoking(c => c.Call("add", new[] { 1, 2 })).Should().Throw<FormatException>().WithMessage("mine");
        (await client.CallAsync<string>("say", new[] { "hello" })).Should().Be("hello");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_time_out_ends_a_middleware_that_waits_for_ever(bool isSynchronous)
    {
        using var client = Serve(Methods()).MakeClient(
            new JsonRpcClientOptions { Timeout = TimeSpan.FromMilliseconds(50) }.Use(async (_, _, token) => await Task.Delay(Timeout.InfiniteTimeSpan, token)));

        var calling = isSynchronous ? OwnThread.Run(() => client.Call("add", new[] { 1, 2 })) : client.CallAsync("add", new[] { 1, 2 });

        (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<TaskCanceledException>()).Which.InnerException.Should().BeOfType<TimeoutException>();
    }

    [Fact]
    public async Task A_caller_that_gives_up_ends_its_middleware()
    {
        using var end = new CancellationTokenSource();
        using var client = Serve(Methods()).MakeClient(new JsonRpcClientOptions().Use(async (_, _, token) =>
        {
            await end.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
        }));

        (await client.Invoking(c => c.CallAsync("add", new[] { 1, 2 }, end.Token)).Should().ThrowAsync<TaskCanceledException>()).Which.CancellationToken.Should().Be(end.Token);
    }

    [Fact]
    public async Task A_middlewares_own_token_ends_one_attempt_and_the_next_may_succeed()
    {
        var entered = 0;
        var server = Serve(new JsonRpcMethods().Add("slow", async (CancellationToken token) =>
        {
            if (Interlocked.Increment(ref entered) == 1)
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return "right";
        }));
        using var client = server.MakeClient(new JsonRpcClientOptions().Use(async (call, next, token) =>
        {
            using var attempt = CancellationTokenSource.CreateLinkedTokenSource(token);
            var first = call.Exchange;
            var running = next(call, attempt.Token);
            SpinWait.SpinUntil(() => Volatile.Read(ref entered) == 1, TimeSpan.FromSeconds(30));
            await attempt.CancelAsync();
            try
            {
                await running;
            }
            catch (TaskCanceledException)
            {
                await next(call, token);
                _log.Enqueue($"{call.Attempt} {ReferenceEquals(first, call.Exchange)}");
            }
        }));

        (await client.CallAsync<string>("slow")).Should().Be("right");

        _log.Should().Equal("2 False");
    }

    [Fact]
    public void A_synchronous_call_stays_on_its_thread_where_the_middleware_awaits_nothing_else()
    {
        var threads = new ConcurrentBag<int>();
        using var client = Serve(Methods()).MakeClient(new JsonRpcClientOptions().Use(async (call, next, token) =>
        {
            threads.Add(Environment.CurrentManagedThreadId);
            await next(call, token);
            threads.Add(Environment.CurrentManagedThreadId);
        }));

        client.Call<int>("add", new[] { 1, 2 }).Should().Be(3);

        threads.Should().HaveCount(2).And.OnlyContain(id => id == Environment.CurrentManagedThreadId);
    }

    [Fact]
    public void A_synchronous_call_waits_for_a_middleware_that_does_await()
    {
        using var client = Serve(Methods()).MakeClient(new JsonRpcClientOptions().Use(async (call, next, token) =>
        {
            await Task.Yield();
            await next(call, token);
        }));

        client.Call<int>("add", new[] { 1, 2 }).Should().Be(3);
    }

    [Fact]
    public async Task A_middleware_that_does_not_await_next_is_an_error()
    {
        using var client = Serve(Methods()).MakeClient(new JsonRpcClientOptions().Use((call, next, token) =>
        {
            _ = next(call, token).AsTask();
            return default;
        }));

        // If the reply is available at once, nothing is left running.
        try
        {
            (await client.CallAsync<int>("add", new[] { 1, 2 })).Should().Be(3);
        }
        catch (InvalidOperationException e)
        {
            e.Message.Should().Contain("await");
        }
    }

    [Fact]
    public async Task Each_call_begins_with_the_clients_own_address_and_headers()
    {
        var server = Serve(Methods());
        var wrong = true;
        using var client = server.MakeClient(new JsonRpcClientOptions { Headers = { ["X-Own"] = "1" } }.Use((call, next, token) =>
        {
            call.Items.Should().BeEmpty();
            call.Items["x"] = 1;
            call.Attempt.Should().Be(0);
            call.Exchange.Address.Should().Be(server.Server.Address);
            call.Exchange.RequestHeaders["X-Own"].Should().Be("1");
            call.Exchange.RequestHeaders["X-Own"] = "2";
            if (wrong)
                call.Exchange.Address = new Uri(server.Server.Address, "/other/path?query");
            wrong = false;
            return next(call, token);
        }));

        (await client.CallAsync<string>("target")).Should().Be("/other/path?query");
        (await client.CallAsync<string>("target")).Should().Be("/");
    }

    private static JsonRpcMethods Methods() => new JsonRpcMethods()
        .Add("add", (int a, int b) => a + b)
        .Add("say", (string text) => text)
        .Add("target", (JsonRpcCall call) => call.Exchange.Target);

    private JsonRpcClientMiddleware Log(string name) => async (call, next, token) =>
    {
        _log.Enqueue($"{name} {call.Method} {call.Count} {call.IsBatch} {call.IsSynchronous}");
        await next(call, token);
        _log.Enqueue($"{name} {call.Exchange.StatusCode}");
    };
}
