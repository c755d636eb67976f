using System.Collections.Concurrent;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class MiddlewareEndOnHttpListener() : MiddlewareEndTests(new HttpListenerHost());

public sealed class MiddlewareEndInMemory() : MiddlewareEndTests(new InMemoryHost());

public sealed class MiddlewareEndOnSockets() : MiddlewareEndTests(new SocketHost());

public sealed class MiddlewareEndOnPortableSockets() : MiddlewareEndTests(new PortableSocketHost());

public sealed class MiddlewareEndOnAspNetCore() : MiddlewareEndTests(new AspNetCoreHost());

/// <summary>When middleware around calls ends, and when the method does: late calls, methods that are not awaited, servers that stop.</summary>
public abstract class MiddlewareEndTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _log = [];

    private protected MiddlewareEndTests(Host host)
        : base(host)
    {
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Middleware_sees_a_call_past_its_deadline_as_its_caller_does(bool succeedsLate)
    {
        var entered = new TaskCompletionSource();
        var gate = new TaskCompletionSource();
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = Serve(new JsonRpcMethods().Add("slow", async (CancellationToken token) =>
        {
            entered.SetResult();
            await (succeedsLate ? gate.Task : gate.Task.WaitAsync(token));
            return 1;
        }).Use(async (call, next, token) =>
        {
            try
            {
                await next(call, token);
                seen.SetResult(null);
            }
            catch (Exception e)
            {
                seen.SetResult(e);
                throw;
            }
        }), o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(5));

        var calling = CallAsync(server, "slow", "[]");
        await entered.Task.WaitAsync(Patience);
        Clock.Advance(TimeSpan.FromSeconds(7));
        (await calling).Should().Contain("-32001");
        gate.TrySetResult();

        (await seen.Task.WaitAsync(Patience)).Should().BeOfType<JsonRpcException>().Which.Code.Should().Be(JsonRpcErrorCodes.TimedOut);
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_middleware_that_never_ends_times_out_and_keeps_its_permit()
    {
        var entered = new SemaphoreSlim(0);
        var gate = new TaskCompletionSource();
        var server = Serve(Methods().Use(async (call, next, token) =>
        {
            entered.Release();
            await gate.Task;
            await next(call, token);
        }), o => (o.Limits.HandlerTimeout, o.Limits.MaxConcurrentCalls) = (TimeSpan.FromSeconds(5), 1));

        var calling = CallAsync(server, "log", "[1]");
        (await entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(7));
        (await calling).Should().Contain("-32001");
        (await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}"""))).Status.Should().Be(503);

        gate.SetResult();
    }

    [Fact]
    public async Task A_middleware_that_throws_without_awaiting_the_method_is_answered_when_the_method_has_ended()
    {
        var (gate, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        var server = Serve(new JsonRpcMethods().Add("slow", async () =>
        {
            await gate.Task;
            return "late";
        }).Use(async (call, next, token) =>
        {
            try
            {
                await next(call, token);
            }
            finally
            {
                left.SetResult();
            }
        }).Use((call, next, token) =>
        {
            _ = next(call, token).AsTask();
            throw new JsonRpcException(7, "No.");
        }));

        var calling = CallAsync(server, "slow", "[]");
        await left.Task.WaitAsync(Patience);
        calling.IsCompleted.Should().BeFalse("its memory is still the method's");
        gate.SetResult();

        (await calling).Should().Contain("\"code\":7").And.NotContain("late");
    }

    [Fact]
    public async Task A_middleware_cannot_run_its_next_handler_twice_at_a_time()
    {
        var gate = new TaskCompletionSource();
        var server = Serve(new JsonRpcMethods().Add("slow", async () =>
        {
            await gate.Task;
            return 1;
        }).Use(async (call, next, token) =>
        {
            var first = next(call, token);
            try
            {
                await next(call, token);
            }
            catch (InvalidOperationException e)
            {
                _log.Enqueue(e.Message);
                gate.SetResult();
            }
            await first;
        }));

        (await CallAsync(server, "slow", "[]")).Should().Contain("\"result\":1");
        _log.Should().ContainSingle().Which.Should().Contain("Await it");
    }

    [Fact]
    public async Task A_method_is_notified_when_the_server_stops()
    {
        var entered = new TaskCompletionSource();
        var server = Serve(new JsonRpcMethods().Add("long", async (JsonRpcCall call) =>
        {
            var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var registered = call.ServerStopping.Register(stopping.SetResult);
            entered.SetResult();
            await stopping.Task;
            return "ended early";
        }));

        var calling = CallAsync(server, "long", "[]");
        await entered.Task.WaitAsync(Patience);
        var stop = server.Server.StopAsync();

        (await calling.WaitAsync(Patience)).Should().Contain("ended early");
        await stop.WaitAsync(Patience);
    }

    private JsonRpcMethods Methods() => new JsonRpcMethods().Add("add", (int a, int b) => a + b).Add("log", (int n) => _log.Enqueue($"{n}"));

    private static async Task<string> CallAsync(HostedServer server, string method, string parameters) =>
        (await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}"""))).Text;
}
