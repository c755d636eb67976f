namespace JsonRpcLite.Tests;

public sealed class MemoryIdempotencyStoreTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);

    private readonly ManualClock _clock = new();

    [Fact]
    public async Task A_call_that_outlives_its_lease_and_the_retention_is_unknown_and_keeps_its_key_until_it_has_ended()
    {
        var store = new MemoryIdempotencyStore(_clock) { Retention = TimeSpan.FromMinutes(1), MaxKeys = 10 };
        var first = await BeginAsync(store, "", "a");

        _clock.Advance(TimeSpan.FromHours(1));
        (await BeginAsync(store, "", "b")).State.Should().Be(IdempotencyState.New);
        (await BeginAsync(store, "", "a")).State.Should().Be(IdempotencyState.Unknown);
        await store.CompleteAsync(Key("", "a"), first.Reservation, new byte[] { 7 });

        (await BeginAsync(store, "", "a")).Outcome.ToArray().Should().Equal(7);
        _clock.Advance(TimeSpan.FromSeconds(59));
        (await BeginAsync(store, "", "a")).State.Should().Be(IdempotencyState.Completed);
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await BeginAsync(store, "", "a")).State.Should().Be(IdempotencyState.New);
    }

    [Fact]
    public async Task Keys_of_calls_that_run_count_however_long_they_run()
    {
        var store = new MemoryIdempotencyStore(_clock) { Retention = TimeSpan.FromMinutes(1), MaxKeys = 10 };
        var running = new List<IdempotencyEntry>();
        for (var i = 0; i < 9; i++)
            running.Add(await BeginAsync(store, "", $"k{i}"));

        _clock.Advance(TimeSpan.FromHours(1));
        (await BeginAsync(store, "", "more")).State.Should().Be(IdempotencyState.Full);
        await store.AbandonAsync(Key("", "k0"), running[0].Reservation);

        (await BeginAsync(store, "", "more")).State.Should().Be(IdempotencyState.New);
    }

    [Fact]
    public async Task A_call_that_has_ended_does_not_end_again()
    {
        var store = new MemoryIdempotencyStore(_clock) { MaxBytes = 64 * 1024 };
        var large = await BeginAsync(store, "", "large");
        await store.CompleteAsync(Key("", "large"), large.Reservation, new byte[64 * 1024]);
        (await BeginAsync(store, "", "large")).State.Should().Be(IdempotencyState.Unknown, "there is no room for its outcome");

        await store.CompleteAsync(Key("", "large"), large.Reservation, new byte[] { 7 });
        await store.AbandonAsync(Key("", "large"), large.Reservation);

        (await BeginAsync(store, "", "large")).State.Should().Be(IdempotencyState.Unknown);
        _clock.Advance(store.Retention);
        (await BeginAsync(store, "", "large")).State.Should().Be(IdempotencyState.New);
    }

    [Fact]
    public async Task Callers_that_are_not_authenticated_fill_nine_tenths_and_each_other_caller_one()
    {
        var store = new MemoryIdempotencyStore(_clock) { MaxKeys = 100 };

        (await FillAsync(store, "")).Should().Be(90);
        (await FillAsync(store, "Ann")).Should().Be(10);
        (await FillAsync(store, "Bob")).Should().Be(0);
    }

    [Fact]
    public async Task Outcomes_of_callers_that_are_not_authenticated_fill_nine_tenths_of_the_memory()
    {
        const int all = 1024 * 1024;
        var store = new MemoryIdempotencyStore(_clock) { MaxBytes = all };
        var first = await BeginAsync(store, "", "first");
        await store.CompleteAsync(Key("", "first"), first.Reservation, new byte[all * 8 / 10]);
        var second = await BeginAsync(store, "", "second");
        await store.CompleteAsync(Key("", "second"), second.Reservation, new byte[all / 10]);
        var other = await BeginAsync(store, "Ann", "other");
        await store.CompleteAsync(Key("Ann", "other"), other.Reservation, new byte[all / 20]);

        (await BeginAsync(store, "", "first")).State.Should().Be(IdempotencyState.Completed);
        (await BeginAsync(store, "", "second")).State.Should().Be(IdempotencyState.Unknown);
        (await BeginAsync(store, "Ann", "other")).State.Should().Be(IdempotencyState.Completed);
    }

    private static async Task<int> FillAsync(MemoryIdempotencyStore store, string caller)
    {
        var keys = 0;
        while ((await BeginAsync(store, caller, $"k{keys}")).State == IdempotencyState.New)
            keys++;
        return keys;
    }

    private static IdempotencyStoreKey Key(string caller, string text) => new(caller, $"{caller}:{text}");

    private static ValueTask<IdempotencyEntry> BeginAsync(MemoryIdempotencyStore store, string caller, string text) =>
        store.BeginAsync(Key(caller, text), new byte[] { 1 }, Lease, CancellationToken.None);
}
