using System.Collections.Concurrent;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class IdempotencyGivenUpOnHttpListener() : IdempotencyGivenUpTests(new HttpListenerHost());

public sealed class IdempotencyGivenUpInMemory() : IdempotencyGivenUpTests(new InMemoryHost());

public sealed class IdempotencyGivenUpOnSockets() : IdempotencyGivenUpTests(new SocketHost());

public sealed class IdempotencyGivenUpOnPortableSockets() : IdempotencyGivenUpTests(new PortableSocketHost());

public sealed class IdempotencyGivenUpOnAspNetCore() : IdempotencyGivenUpTests(new AspNetCoreHost());

/// <summary>Calls with a key that outer middleware, or the server, gives up: work that continues without them must not affect another call, and keeps its own outcome.</summary>
public abstract class IdempotencyGivenUpTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _runs = [];
    private readonly SemaphoreSlim _entered = new(0);
    private readonly TaskCompletionSource _gate = Source();
    private readonly (TaskCompletionSource Asked, TaskCompletionSource Done) _front = (Source(), Source());
    private readonly (TaskCompletionSource Asked, TaskCompletionSource Done) _behind = (Source(), Source());
    private readonly GatedStore _store;

    /// <summary>Calls the next handler of a call that was given up.</summary>
    private volatile Func<ValueTask>? _late;

    private protected IdempotencyGivenUpTests(Host host)
        : base(host) => _store = new GatedStore(Clock);

    [Fact]
    public async Task A_call_given_up_by_outer_middleware_serves_no_other_until_its_outcome_is_kept()
    {
        var server = Serve(Methods());
        var completing = _store.HoldNextEnd();

        var first = CallAsync(server, "wait", "[1]", "a", hasty: true);
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        await GiveUpAsync(_front);
        _gate.SetResult();
        await completing.Reached.Task.WaitAsync(Patience);
        (await CallAsync(server, "place", "[2]", "b")).Text.Should().Contain("\"result\":\"place 2\"");
        first.IsCompleted.Should().BeFalse("the object that serves it is in use");
        completing.Gate.SetResult();

        (await first.WaitAsync(Patience)).Text.Should().Contain("-32603");
        (await CallAsync(server, "wait", "[1]", "a")).Text.Should().Contain("\"result\":\"done 1\"");
        (await CallAsync(server, "place", "[2]", "b")).Text.Should().Contain("\"result\":\"place 2\"");
        _runs.Should().HaveCount(2);
    }

    [Fact]
    public async Task An_inner_middleware_that_continues_after_the_method_does_not_mix_up_two_calls()
    {
        var (audits, audited) = (Source(), Source());
        var server = Serve(Methods().Use(async (call, next, token) =>
        {
            await next(call, token);
            if (!IsHasty(call))
                return;
            audits.SetResult();
            await audited.Task;
        }));

        var first = CallAsync(server, "wait", "[1]", "a", hasty: true);
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        await GiveUpAsync(_front);
        _gate.SetResult();
        await audits.Task.WaitAsync(Patience);
        (await CallAsync(server, "place", "[2]", "b")).Text.Should().Contain("\"result\":\"place 2\"");
        first.IsCompleted.Should().BeFalse("the object that serves it is in use");
        audited.SetResult();

        (await first.WaitAsync(Patience)).Text.Should().Contain("-32603");
        (await CallAsync(server, "wait", "[1]", "a")).Text.Should().Contain("\"result\":\"done 1\"");
        (await CallAsync(server, "place", "[2]", "b")).Text.Should().Contain("\"result\":\"place 2\"");
        _runs.Should().HaveCount(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_given_up_during_a_query_of_the_store_neither_runs_nor_is_answered_from_the_store(bool hasRun)
    {
        var server = Serve(Methods());
        if (hasRun)
            await CallAsync(server, "place", "[1]", "a");
        var beginning = _store.HoldNextBegin();

        var given = CallAsync(server, "place", "[1]", "a", hasty: true);
        await beginning.Reached.Task.WaitAsync(Patience);
        await GiveUpAsync(_front);
        // The middleware has returned when its next handler is refused for that.
        await EventuallyAsync(async () =>
        {
            var refusal = (await FluentActions.Awaiting(() => _late!().AsTask()).Should().ThrowAsync<InvalidOperationException>()).Which;
            return refusal.Message.Contains("has ended", StringComparison.Ordinal);
        });
        (await CallAsync(server, "place", "[2]", "b")).Text.Should().Contain("\"result\":\"place 2\"");
        given.IsCompleted.Should().BeFalse("the object that serves it is in use");
        beginning.Gate.SetResult();

        var reply = await given.WaitAsync(Patience);
        reply.Text.Should().Contain("-32603");
        reply["Idempotent-Replayed"].Should().BeNull();
        _runs.Should().Equal(hasRun ? ["place 1", "place 2"] : ["place 2"]);
        (await CallAsync(server, "place", "[1]", "a")).Text.Should().Contain("\"result\":\"place 1\"");
        _runs.Should().HaveCount(2);
    }

    [Fact]
    public async Task Outer_and_inner_middleware_that_give_up_calls_lose_no_permit_and_no_outcome()
    {
        var server = Serve(Methods().Use((call, next, token) => HastyAsync(_behind, call, next, token)), o => o.Limits.MaxConcurrentCalls = 1);

        var first = CallAsync(server, "wait", "[1]", "a", hasty: true);
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        await GiveUpAsync(_behind);
        await GiveUpAsync(_front);
        _gate.SetResult();

        (await first.WaitAsync(Patience)).Text.Should().Contain("-32603");
        await EventuallyAsync(async () => (await CallAsync(server, "wait", "[1]", "a")).Text.Contains("\"result\":\"done 1\"", StringComparison.Ordinal));
        _runs.Should().HaveCount(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_that_times_out_during_a_query_of_the_store_does_not_run_and_frees_its_key(bool isPlain)
    {
        void Limit(JsonRpcServerOptions options) => options.Limits.HandlerTimeout = TimeSpan.FromSeconds(10);
        var server = isPlain
            ? Serve(_ =>
            {
                _runs.Enqueue("plain");
                return "place 1";
            }, o =>
            {
                Limit(o);
                o.UseIdempotency(_store);
            })
            : Serve(Methods(), Limit);
        var beginning = _store.HoldNextBegin();

        var first = CallAsync(server, "place", "[1]", "a");
        await beginning.Reached.Task.WaitAsync(Patience);
        Clock.Advance(TimeSpan.FromSeconds(20));
        (await first.WaitAsync(Patience)).Text.Should().Contain("-32001");
        beginning.Gate.SetResult();

        (await _store.FirstEnd.Task.WaitAsync(Patience)).Should().Be("abandoned");
        _runs.Should().BeEmpty();
        (await CallAsync(server, "place", "[1]", "a")).Text.Should().Contain("\"place 1\"");
        _runs.Should().HaveCount(1);
    }

    private static async Task GiveUpAsync((TaskCompletionSource Asked, TaskCompletionSource Done) middleware)
    {
        middleware.Asked.SetResult();
        await middleware.Done.Task.WaitAsync(Patience);
    }

    private async ValueTask HastyAsync((TaskCompletionSource Asked, TaskCompletionSource Done) givesUp, JsonRpcCall call, JsonRpcMethod next, CancellationToken token)
    {
        if (!IsHasty(call))
        {
            await next(call, token);
            return;
        }
        var running = next(call, token).AsTask();
        await Task.WhenAny(running, givesUp.Asked.Task);
        if (!running.IsCompleted)
        {
            _late = () => next(call, token);
            givesUp.Done.SetResult();
            throw new TimeoutException("It takes too long.");
        }
        await running;
    }

    private static bool IsHasty(JsonRpcCall call) => call.Exchange.RequestHeaders["X-Hasty"] is not null;

    private static Task<RawReply> CallAsync(HostedServer server, string method, string parameters, string key, bool hasty = false)
    {
        var request = RawRequest.Post($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}""").With("Idempotency-Key", $"\"{key}\"");
        return server.ExchangeAsync(hasty ? request.With("X-Hasty", "1") : request);
    }

    private static TaskCompletionSource Source() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private JsonRpcMethods Methods() => new JsonRpcMethods()
        .Use((call, next, token) => HastyAsync(_front, call, next, token))
        .UseIdempotency(_store)
        .Add("place", (int order) =>
        {
            _runs.Enqueue($"place {order}");
            return $"place {order}";
        })
        .Add("wait", async (int order) =>
        {
            _runs.Enqueue($"wait {order}");
            _entered.Release();
            await _gate.Task.WaitAsync(Patience);
            return $"done {order}";
        });

    /// <summary>A store that can be made to wait. It ignores cancellation tokens.</summary>
    private sealed class GatedStore(TimeProvider clock) : IdempotencyStore
    {
        private readonly MemoryIdempotencyStore _kept = new(clock);
        private StoreGate? _nextBegin;
        private StoreGate? _nextEnd;

        public TaskCompletionSource<string> FirstEnd { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public StoreGate HoldNextBegin() => _nextBegin = new StoreGate(Source(), Source());

        public StoreGate HoldNextEnd() => _nextEnd = new StoreGate(Source(), Source());

        public override async ValueTask<IdempotencyEntry> BeginAsync(IdempotencyStoreKey key, ReadOnlyMemory<byte> fingerprint, TimeSpan lease, CancellationToken cancellationToken)
        {
            await PassAsync(Interlocked.Exchange(ref _nextBegin, null));
            return await _kept.BeginAsync(key, fingerprint, lease, CancellationToken.None);
        }

        public override async ValueTask CompleteAsync(IdempotencyStoreKey key, long reservation, ReadOnlyMemory<byte> outcome)
        {
            await PassAsync(Interlocked.Exchange(ref _nextEnd, null));
            await _kept.CompleteAsync(key, reservation, outcome);
            FirstEnd.TrySetResult("completed");
        }

        public override async ValueTask AbandonAsync(IdempotencyStoreKey key, long reservation)
        {
            await PassAsync(Interlocked.Exchange(ref _nextEnd, null));
            await _kept.AbandonAsync(key, reservation);
            FirstEnd.TrySetResult("abandoned");
        }

        private static async Task PassAsync(StoreGate? gate)
        {
            if (gate is null)
                return;
            gate.Reached.SetResult();
            await gate.Gate.Task.WaitAsync(Patience);
        }
    }

    private sealed record StoreGate(TaskCompletionSource Reached, TaskCompletionSource Gate);
}
