using System.Collections.Concurrent;
using System.Security.Claims;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class IdempotencyOutcomeOnHttpListener() : IdempotencyOutcomeTests(new HttpListenerHost());

public sealed class IdempotencyOutcomeInMemory() : IdempotencyOutcomeTests(new InMemoryHost());

public sealed class IdempotencyOutcomeOnSockets() : IdempotencyOutcomeTests(new SocketHost());

public sealed class IdempotencyOutcomeOnPortableSockets() : IdempotencyOutcomeTests(new PortableSocketHost());

public sealed class IdempotencyOutcomeOnAspNetCore() : IdempotencyOutcomeTests(new AspNetCoreHost());

/// <summary>Which outcomes of a call with a key are kept, which free the key, and which leave the outcome unknown.</summary>
public abstract class IdempotencyOutcomeTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _runs = [];
    private readonly SemaphoreSlim _entered = new(0);

    private protected IdempotencyOutcomeTests(Host host)
        : base(host)
    {
    }

    [Theory]
    [InlineData(JsonRpcErrorCodes.Refused)]
    [InlineData(JsonRpcErrorCodes.TimedOut)]
    [InlineData(JsonRpcErrorCodes.NotAllowed)]
    [InlineData(JsonRpcErrorCodes.StreamOnly)]
    [InlineData(JsonRpcErrorCodes.TooManyCalls)]
    [InlineData(JsonRpcErrorCodes.ReplyTooLarge)]
    [InlineData(JsonRpcErrorCodes.MethodNotFound)]
    [InlineData(JsonRpcErrorCodes.InvalidParams)]
    [InlineData(JsonRpcErrorCodes.InternalError)]
    [InlineData(JsonRpcErrorCodes.KeyInProgress)]
    public async Task An_error_of_another_server_that_the_method_passes_on_is_kept(int code)
    {
        JsonRpcException Relay()
        {
            _runs.Enqueue("relay");
            return new JsonRpcException(code, "relayed", new JsonObject { ["retryAfterMs"] = 5, ["notRun"] = true });
        }
        var methods = Serve(Methods().Add("relay", int () => throw Relay()));
        var plain = Serve(_ => throw Relay(), o => o.UseIdempotency(new MemoryIdempotencyStore(Clock)));

        var first = await CallAsync(methods, "relay", "[]");
        var second = await CallAsync(methods, "relay", "[]");
        var firstPlain = await CallAsync(plain, "relay", "[]");
        var secondPlain = await CallAsync(plain, "relay", "[]");

        first.Text.Should().Contain($"\"code\":{code}").And.Contain("\"data\":{\"retryAfterMs\":5}");
        (second.Text, second.Status).Should().Be((first.Text, first.Status));
        (secondPlain.Text, secondPlain.Status).Should().Be((firstPlain.Text, firstPlain.Status));
        _runs.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_refusal_before_the_method_frees_the_key()
    {
        var isAllowed = false;
        var refusal = new JsonRpcException(JsonRpcErrorCodes.TooManyCalls, "Too many calls");
        var server = Serve(
            Methods().UseGate((call, next, token) => isAllowed || call.Method != "gated" ? next(call, token) : throw refusal)
                .Add("guarded", () => 1).RequireUser("guarded", _ => isAllowed)
                .Add("gated", () => 2)
                .Add("typed", (int number) => number),
            WithUsers);

        (await CallAsync(server, "guarded", "[]", user: "Ann")).Text.Should().Contain("-32003");
        (await CallAsync(server, "gated", "[]")).Text.Should().Contain("-32005");
        (await CallAsync(server, "typed", "[\"three\"]")).Text.Should().Contain("-32602");
        isAllowed = true;

        (await CallAsync(server, "guarded", "[]", user: "Ann")).Text.Should().Contain("\"result\":1");
        (await CallAsync(server, "gated", "[]")).Text.Should().Contain("\"result\":2");
        (await CallAsync(server, "typed", "[3]")).Text.Should().Contain("\"result\":3");
    }

    [Fact]
    public async Task An_invalid_body_of_a_plain_function_frees_the_key()
    {
        var server = Start(options => JsonRpc.MakeServer(0, (int number) => number, options), o => o.UseIdempotency(new MemoryIdempotencyStore(Clock)));

        var refused = new[] { await PlainAsync(server, "\"three\""), await PlainAsync(server, "[") };

        refused.Select(reply => reply.Status).Should().Equal(400, 400);
        (await PlainAsync(server, "3")).Text.Should().Be("3");
    }

    [Fact]
    public async Task The_outcome_of_an_error_that_cannot_be_written_is_unknown()
    {
        JsonRpcException Unwritable()
        {
            _runs.Enqueue("unwritable");
            return new JsonRpcException(7, "Sold out", new Unwritable());
        }
        var methods = Serve(Methods().Add("unwritable", int () => throw Unwritable()));
        var plain = Serve(_ => throw Unwritable(), o => o.UseIdempotency(new MemoryIdempotencyStore(Clock)));

        (await CallAsync(methods, "unwritable", "[]")).Text.Should().Contain("-32603");
        (await CallAsync(methods, "unwritable", "[]")).Text.Should().Contain("-32022");
        (await PlainAsync(plain, "1")).Text.Should().Contain("-32603");
        (await PlainAsync(plain, "1")).Text.Should().Contain("-32022");
        _runs.Should().HaveCount(2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_outcome_of_a_method_that_fails_after_its_token_was_cancelled_is_unknown_whatever_it_throws(bool isPlain)
    {
        async Task StumbleAsync(CancellationToken token)
        {
            _runs.Enqueue("stumble");
            if (_runs.Count > 1)
                return;
            var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var registered = token.Register(cancelled.SetResult);
            _entered.Release();
            await cancelled.Task.WaitAsync(Patience, CancellationToken.None);
            throw new InvalidOperationException("It has lost its connection.");
        }
        void Limit(JsonRpcServerOptions options) => options.Limits.HandlerTimeout = TimeSpan.FromSeconds(10);
        var server = isPlain
            ? ServeAsync(async (_, token) =>
            {
                await StumbleAsync(token);
                return null;
            }, o =>
            {
                Limit(o);
                o.UseIdempotency(new MemoryIdempotencyStore(Clock));
            })
            : Serve(Methods().Add("stumble", StumbleAsync), Limit);

        var first = CallAsync(server, "stumble", "[]");
        (await _entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(20));
        (await first).Text.Should().Contain("-32001");

        await EventuallyAsync(async () => (await CallAsync(server, "stumble", "[]")).Text.Contains("-32022", StringComparison.Ordinal));
        _runs.Should().HaveCount(1);
    }

    [Fact]
    public async Task The_outcome_of_a_method_that_an_inner_middleware_has_cancelled_is_unknown()
    {
        var server = Serve(Methods().Use(async (call, next, token) =>
        {
            using var own = CancellationTokenSource.CreateLinkedTokenSource(token);
            var running = next(call, own.Token);
            await own.CancelAsync();
            await running;
        }).Add("obey", async (CancellationToken token) =>
        {
            _runs.Enqueue("obey");
            await Task.Delay(Timeout.Infinite, token);
        }));

        (await CallAsync(server, "obey", "[]")).Text.Should().Contain("-32603");
        (await CallAsync(server, "obey", "[]")).Text.Should().Contain("-32022");
        _runs.Should().HaveCount(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancellation_by_another_token_frees_the_key_like_any_failure(bool isPlain)
    {
        JsonNode Ask()
        {
            _runs.Enqueue("ask");
            // As an HttpClient does when its own time-out expires.
            return _runs.Count == 1 ? throw new TaskCanceledException("The request was canceled.") : "asked";
        }
        var server = isPlain ? Serve(_ => Ask(), o => o.UseIdempotency(new MemoryIdempotencyStore(Clock))) : Serve(Methods().Add("ask", Ask));

        (await CallAsync(server, "ask", "[]")).Text.Should().Contain("-32603");
        (await CallAsync(server, "ask", "[]")).Text.Should().Contain("\"asked\"");
    }

    [Fact]
    public async Task A_caller_with_an_id_keeps_its_keys_when_its_name_changes()
    {
        var server = Serve(Methods(), WithUsers);

        var first = await CallAsync(server, "place", "[]", user: "Ann", userId: "7");
        var renamed = await CallAsync(server, "place", "[]", user: "Ann Smith", userId: "7");
        var other = await CallAsync(server, "place", "[]", user: "Ann", userId: "8");
        var withoutId = await CallAsync(server, "place", "[]", user: "7");

        new[] { first, renamed, other, withoutId }.Select(RunOf).Should().Equal(1, 1, 2, 3);
    }

    [Fact]
    public async Task Unauthenticated_callers_leave_room_for_the_others()
    {
        var server = Serve(Methods(new MemoryIdempotencyStore(Clock) { MaxKeys = 20 }), WithUsers);
        for (var i = 0; i < 18; i++)
            RunOf(await CallAsync(server, "place", "[]", key: $"k{i}")).Should().Be(i + 1);

        (await CallAsync(server, "place", "[]", key: "one more")).Text.Should().Contain("is full");
        RunOf(await CallAsync(server, "place", "[]", user: "Ann")).Should().Be(19);
    }

    [Fact]
    public async Task A_notification_that_is_refused_by_its_key_is_not_reported()
    {
        var server = Serve(Methods().Add("unwritable", int () => throw new JsonRpcException(7, "Sold out", new Unwritable())));
        var place = RawRequest.Post("""{"jsonrpc":"2.0","method":"place","params":[]}""").With("Idempotency-Key", "\"a\"");
        var reused = RawRequest.Post("""{"jsonrpc":"2.0","method":"place"}""").With("Idempotency-Key", "\"a\"");
        var unknown = RawRequest.Post("""{"jsonrpc":"2.0","method":"unwritable"}""").With("Idempotency-Key", "\"a\"");
        await server.ExchangeAsync(place);
        await server.ExchangeAsync(unknown);
        Failures.Clear();

        (await server.ExchangeAsync(reused)).Status.Should().Be(204);
        (await server.ExchangeAsync(unknown)).Status.Should().Be(204);

        Failures.Should().BeEmpty();
        _runs.Should().HaveCount(1);
    }

    private static Task<RawReply> CallAsync(HostedServer server, string method, string parameters, string key = "a", string? user = null, string? userId = null)
    {
        var request = RawRequest.Post($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}""").With("Idempotency-Key", $"\"{key}\"");
        foreach (var (name, value) in new[] { ("X-User", user), ("X-Id", userId) })
            request = value is null ? request : request.With(name, value);
        return server.ExchangeAsync(request);
    }

    private static Task<RawReply> PlainAsync(HostedServer server, string body) => server.ExchangeAsync(RawRequest.Post(body).With("Idempotency-Key", "\"a\""));

    private static int RunOf(RawReply reply) => JsonNode.Parse(reply.Body)?["result"]?.GetValue<int>() ?? throw new InvalidOperationException($"There is no result: {reply}");

    private static void WithUsers(JsonRpcServerOptions options) => options.Use(next => (exchange, token) =>
    {
        if (exchange.RequestHeaders["X-User"] is { } name)
        {
            var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, name)], "test");
            if (exchange.RequestHeaders["X-Id"] is { } id)
                identity.AddClaim(new Claim("sub", id));
            exchange.User = new ClaimsPrincipal(identity);
        }
        return next(exchange, token);
    });

    private JsonRpcMethods Methods(IdempotencyStore? store = null) => new JsonRpcMethods().UseIdempotency(store ?? new MemoryIdempotencyStore(Clock)).Add("place", () =>
    {
        _runs.Enqueue("place");
        return _runs.Count;
    });

    private sealed class Unwritable
    {
        public int Left => throw new NotSupportedException("It cannot be read.");
    }
}
