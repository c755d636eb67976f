using System.Collections.Concurrent;
using System.Globalization;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class ChaosOnHttpListener() : ChaosTests(new HttpListenerHost());

public sealed class ChaosOnSockets() : ChaosTests(new SocketHost());

public sealed class ChaosOnPortableSockets() : ChaosTests(new PortableSocketHost());

public sealed class ChaosOnAspNetCore() : ChaosTests(new AspNetCoreHost());

/// <summary>
/// Connections that break, stall and trickle, at each byte of a request and of its reply: what runs, how often, and what its caller gets. CHAOS_STEP sets the number of bytes
/// between two faults; .ci/long uses 1.
/// </summary>
public abstract class ChaosTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly int Step = int.Parse(Environment.GetEnvironmentVariable("CHAOS_STEP") ?? "5", CultureInfo.InvariantCulture);

    private readonly ConcurrentDictionary<int, int> _runs = [];
    private readonly ManualClock _clientClock = new();
    private readonly FaultyProxy _proxy;
    private readonly JsonRpcClient _client;
    private int _last;

    private protected ChaosTests(Host host)
        : base(host)
    {
        var methods = new JsonRpcMethods()
            .UseIdempotency(new MemoryIdempotencyStore(), new() { RetryAfter = TimeSpan.FromMilliseconds(1) })
            .Add("run", (int n) =>
            {
                _runs.AddOrUpdate(n, 1, (_, times) => times + 1);
                return n;
            });
        var server = Serve(methods);
        _proxy = new FaultyProxy(server.Server.Address.Port);
        _client = MakeClient(server, TimeProvider.System);
    }

    public enum Kind
    {
        Unmarked,
        Blocking,
        Idempotent,
        Keyed,
        Notification,
        Batch,
    }

    [Theory]
    [InlineData(Kind.Unmarked, Fault.Cut)]
    [InlineData(Kind.Unmarked, Fault.Reset)]
    [InlineData(Kind.Blocking, Fault.Cut)]
    [InlineData(Kind.Idempotent, Fault.Cut)]
    [InlineData(Kind.Idempotent, Fault.Reset)]
    [InlineData(Kind.Keyed, Fault.Cut)]
    [InlineData(Kind.Keyed, Fault.Reset)]
    [InlineData(Kind.Notification, Fault.Cut)]
    [InlineData(Kind.Batch, Fault.Cut)]
    public async Task A_connection_that_breaks(Kind kind, Fault fault)
    {
        foreach (var (ofReply, after) in await PositionsAsync(kind))
        {
            // On a connection that was used before: if it breaks before any byte of the request was sent, the transport uses another.
            (await CallAsync(kind, Next())).Should().BeNull();
            var n = Next();
            _proxy.Arm(ofReply, after, fault);

            var failure = await CallAsync(kind, n);
            _proxy.Disarm();

            var runs = await RunsAsync(n, ofReply);
            var what = $"{kind} was {fault} after {after} bytes of its {(ofReply ? "reply" : "request")}, ran {runs} times and ended with {failure}";
            if (kind is Kind.Idempotent or Kind.Keyed)
                failure.Should().BeNull(what);
            if (failure is null)
                runs.Should().BeGreaterThan(0, what);
            else if (!CallFailure.MayHaveRun(failure))
                runs.Should().Be(0, what);
            runs.Should().BeLessThanOrEqualTo(kind == Kind.Idempotent ? 2 : 1, what);
        }
    }

    [Theory]
    [InlineData(Kind.Unmarked)]
    [InlineData(Kind.Keyed)]
    public async Task A_connection_that_stalls(Kind kind)
    {
        var positions = await PositionsAsync(kind);
        using var client = MakeClient(Server!, _clientClock);
        foreach (var (ofReply, after) in positions)
        {
            var n = Next();
            _proxy.Arm(ofReply, after, Fault.Stall);

            var calling = CallAsync(kind, n, client);
            await _proxy.Happened.WaitAsync(Patience);
            _clientClock.Advance(TimeSpan.FromMinutes(1));
            var failure = await calling.WaitAsync(Patience);

            failure.Should().BeOfType<TaskCanceledException>().Which.InnerException.Should().BeOfType<TimeoutException>();
            CallFailure.MayHaveRun(failure!).Should().BeTrue();
            (await RunsAsync(n, ofReply)).Should().BeLessThanOrEqualTo(1);
        }
    }

    [Theory]
    [InlineData(Kind.Unmarked)]
    [InlineData(Kind.Batch)]
    public async Task A_connection_that_trickles(Kind kind)
    {
        foreach (var ofReply in new[] { false, true })
        {
            var n = Next();
            _proxy.Arm(ofReply, 0, Fault.Split);

            (await CallAsync(kind, n)).Should().BeNull();

            _proxy.Disarm().Should().BeFalse();
            _runs[n].Should().Be(1);
        }
    }

    protected override void Dispose(bool disposing)
    {
        _client.Dispose();
        _proxy.Dispose();
        base.Dispose(disposing);
    }

    private HostedServer? Server { get; set; }

    private JsonRpcClient MakeClient(HostedServer server, TimeProvider clock)
    {
        Server = server;
        var options = new JsonRpcClientOptions
        {
            Transport = Host.MakeClientTransport(server.Transport),
            TimeProvider = clock,
            Retry = new() { InitialBackoff = TimeSpan.FromMilliseconds(1), MaxBackoff = TimeSpan.FromMilliseconds(5), MaxAttempts = 5, MaxTokens = 1000, TokenRatio = 1 },
        };
        return JsonRpc.MakeClient(new Uri($"http://127.0.0.1:{_proxy.Port}/"), options);
    }

    private int Next() => Interlocked.Increment(ref _last);

    /// <summary>Makes the call, and returns how it has failed. A result of another call fails the test.</summary>
    private async Task<Exception?> CallAsync(Kind kind, int n, JsonRpcClient? client = null)
    {
        client ??= _client;
        client = kind switch
        {
            Kind.Idempotent => client.With(new() { Idempotency = JsonRpcIdempotency.Idempotent }),
            Kind.Keyed => client.With(new() { IdempotencyKey = $"{n}" }),
            _ => client,
        };
        try
        {
            switch (kind)
            {
                case Kind.Blocking:
                    client.Call<int>("run", new[] { n }).Should().Be(n);
                    break;
                case Kind.Notification:
                    await client.NotifyAsync("run", new[] { n });
                    break;
                case Kind.Batch:
                    var batch = client.CreateBatch();
                    var call = batch.CallAsync<int>("run", new[] { n });
                    await batch.SendAsync();
                    (await call).Should().Be(n);
                    break;
                default:
                    (await client.CallAsync<int>("run", new[] { n })).Should().Be(n);
                    break;
            }
            return null;
        }
        catch (Exception e) when (e is HttpRequestException or JsonRpcException or OperationCanceledException)
        {
            return e;
        }
    }

    /// <summary>How often it has run. A call whose connection broke may still run, a moment later, if its request was complete.</summary>
    private async Task<int> RunsAsync(int n, bool ofReply)
    {
        if (ofReply)
            await EventuallyAsync(() => _runs.ContainsKey(n));
        return _runs.GetValueOrDefault(n);
    }

    /// <summary>Each position in a request and in its reply at which a fault may happen, from the first byte to the last.</summary>
    private async Task<List<(bool OfReply, int After)>> PositionsAsync(Kind kind)
    {
        var positions = new List<(bool, int)>();
        foreach (var ofReply in new[] { false, true })
        {
            (await CallAsync(kind, Next())).Should().BeNull();
            // The fault happens at each position within the message.
            const int longest = 2000;
            _proxy.Arm(ofReply, longest, Fault.Cut);
            (await CallAsync(kind, Next())).Should().BeNull();
            var length = longest - _proxy.Left;
            _proxy.Disarm();
            length.Should().BeInRange(20, longest - 1);
            for (var after = 0; after < length; after = after < length - 1 ? Math.Min(after + Step, length - 1) : length)
                positions.Add((ofReply, after));
        }
        return positions;
    }
}
