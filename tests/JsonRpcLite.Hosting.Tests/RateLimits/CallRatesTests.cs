using System.Net;
using System.Security.Claims;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosting.Tests;

public class CallRatesTests
{
    private readonly ManualClock _clock = new();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(99_991)]
    public void Exactly_the_permitted_number_of_calls_per_second_passes(int limit)
    {
        var rates = new CallRates(_clock);
        var passed = Enumerable.Range(0, limit + 100).Count(_ => Take(rates, "192.0.2.1", limit) is null);
        passed.Should().Be(limit);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Enumerable.Range(0, limit + 100).Count(_ => Take(rates, "192.0.2.1", limit) is null).Should().Be(limit, "after a second all are there again, and no more");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void A_caller_passes_after_the_reported_wait_and_not_before(int limit)
    {
        var rates = new CallRates(_clock);
        while (Take(rates, "192.0.2.1", limit) is null)
        {
        }

        for (var i = 0; i < 20; i++)
        {
            var wait = Take(rates, "192.0.2.1", limit)!.Value;
            wait.Should().BeGreaterThan(TimeSpan.Zero).And.BeLessThanOrEqualTo(TimeSpan.FromSeconds(1));
            _clock.Advance(wait - TimeSpan.FromTicks(1));
            Take(rates, "192.0.2.1", limit).Should().Be(TimeSpan.FromTicks(1));
            _clock.Advance(TimeSpan.FromTicks(1));
            Take(rates, "192.0.2.1", limit).Should().BeNull();
        }
    }

    [Fact]
    public void The_largest_rate_of_the_longest_period_does_not_overflow()
    {
        var rates = new CallRates(TimeProvider.System, period: TimeSpan.FromHours(1));

        for (var i = 0; i < 1000; i++)
            Take(rates, "192.0.2.1", 1_000_000).Should().BeNull();
    }

    [Fact]
    public void A_bucket_is_remembered_for_its_period()
    {
        var rates = new CallRates(_clock, period: TimeSpan.FromMinutes(1));
        Take(rates, "192.0.2.1", 1).Should().BeNull();

        for (var i = 0; i < 59; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            Take(rates, "192.0.2.2", 1);
        }

        Take(rates, "192.0.2.1", 1).Should().Be(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Concurrent_threads_get_exactly_the_permitted_number_of_calls()
    {
        var rates = new CallRates(_clock);
        var passed = 0;

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                if (Take(rates, "192.0.2.1", 5000) is null)
                    Interlocked.Increment(ref passed);
            }
        })));

        passed.Should().Be(5000);
    }

    /// <summary>Compared with one bucket per caller that is never removed: the same calls pass.</summary>
    [Fact]
    public void Forgetting_a_caller_changes_no_result()
    {
        const int limit = 4, callers = 30;
        var rates = new CallRates(_clock, shards: 2);
        var reference = new (double Content, long At)[callers];
        Array.Fill(reference, (limit, 0));
        var random = new Random(20261129);

        for (var i = 0; i < 20_000; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(random.Next(0, random.Next(100) == 0 ? 1500 : 40)));
            var caller = random.Next(callers);
            var now = _clock.GetTimestamp();
            var (content, at) = reference[caller];
            content = Math.Min(limit, content + (now - at) * limit / (double)TimeSpan.TicksPerSecond);
            // Sums of fractions are a little off.
            var passes = content >= 1 - 1e-6;
            reference[caller] = (passes ? content - 1 : content, now);

            (Take(rates, $"192.0.2.{caller}", limit) is null).Should().Be(passes, "call {0} of {1}", i, caller);
        }
    }

    [Fact]
    public void A_hundred_thousand_addresses_within_a_second_take_bounded_memory_and_raise_no_callers_limit()
    {
        const int most = 1000;
        var rates = new CallRates(_clock, most);
        while (Take(rates, "192.0.2.1", 5) is null)
        {
        }

        var passed = 0;
        for (var i = 0; i < 100_000; i++)
        {
            Take(rates, $"10.{i >> 16}.{(i >> 8) & 255}.{i & 255}", 5).Should().BeNull("each of them calls for the first time");
            if (i % 10 == 0 && Take(rates, "192.0.2.1", 5) is null)
                passed++;
        }

        passed.Should().Be(0);
        rates.Count.Should().BeLessThanOrEqualTo(most);
    }

    [Fact]
    public void Idle_callers_are_forgotten()
    {
        var rates = new CallRates(_clock, shards: 1);
        for (var i = 0; i < 20_000; i++)
            Take(rates, $"10.0.{i >> 8}.{i & 255}", 5);
        rates.Count.Should().Be(20_000);

        for (var i = 0; i < 2; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            Take(rates, "192.0.2.1", 5);
        }

        rates.Count.Should().Be(1);
    }

    [Fact]
    public void A_call_allocates_nothing()
    {
        var rates = new CallRates(TimeProvider.System);
        var exchange = ExchangeOf("192.0.2.1");
        for (var i = 0; i < 1000; i++)
            rates.TryTake(JsonRpcCaller.Of(exchange), "order.place", 100_000_000, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++)
            rates.TryTake(JsonRpcCaller.Of(exchange), "order.place", 100_000_000, out _);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(1000, "that is less than a byte a call");
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("2001:db8::1", "2001:db8::2", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1", true)]
    public void An_unauthenticated_caller_is_identified_by_its_address(string one, string other, bool isSame) => (CallerOf(one) == CallerOf(other)).Should().Be(isSame);

    [Fact]
    public void An_authenticated_caller_is_identified_by_its_name_wherever_it_calls_from()
    {
        CallerOf("192.0.2.1", Named("alice")).Should().Be(CallerOf("192.0.2.2", Named("alice"))).And.NotBe(CallerOf("192.0.2.1", Named("Alice")));
        CallerOf("192.0.2.1", Claiming(ClaimTypes.NameIdentifier, "7")).Should().Be(CallerOf("192.0.2.2", Claiming("sub", "7")));
        CallerOf("192.0.2.1", Named("192.0.2.1")).Should().NotBe(CallerOf("192.0.2.1"), "a name is not an address");
        CallerOf("192.0.2.1", Claiming("role", "admin")).Should().Be(CallerOf("192.0.2.1"), "it has no name");
        CallerOf("192.0.2.1", new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, "alice")]))).Should().Be(CallerOf("192.0.2.1"), "it is not authenticated");
        new[] { CallerOf("192.0.2.1", Named("alice")), CallerOf("192.0.2.1"), CallerOf("2001:db8:1:2::3"), CallerOf(null) }.Select(c => c.ToString())
            .Should().Equal("user alice", "192.0.2.1", "2001:db8:1:2::/64", "no address");
        CallerOf("192.0.2.1").GetHashCode().Should().Be(CallerOf("192.0.2.1").GetHashCode());
    }

    private static TimeSpan? Take(CallRates rates, string address, int limit) => rates.TryTake(CallerOf(address), "order.place", limit, out var retryAfter) ? null : retryAfter;

    private static JsonRpcCaller CallerOf(string? address, ClaimsPrincipal? user = null) => JsonRpcCaller.Of(ExchangeOf(address, user));

    private static ClaimsPrincipal Named(string name) => Claiming(ClaimTypes.Name, name);

    private static ClaimsPrincipal Claiming(string type, string value) => new(new ClaimsIdentity([new Claim(type, value)], "test"));

    private static HttpExchange ExchangeOf(string? address, ClaimsPrincipal? user = null) =>
        new() { RemoteEndPoint = address is null ? null : new IPEndPoint(IPAddress.Parse(address), 1), User = user };
}
