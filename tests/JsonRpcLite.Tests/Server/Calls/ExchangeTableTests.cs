namespace JsonRpcLite.Tests;

/// <summary>The table of running exchanges: exact, however many threads enter and leave, and however it grows meanwhile.</summary>
public sealed class ExchangeTableTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(1000)]
    public void As_many_exchanges_as_allowed_enter_and_not_one_more(int max)
    {
        var table = new ExchangeTable(max);
        var calls = Enumerable.Range(0, max).Select(_ => MakeCall(table)).ToArray();

        calls.Should().OnlyContain(call => table.TryEnter(call));

        table.TryEnter(MakeCall(table)).Should().BeFalse();
        Seen(table).ToHashSet().SetEquals(calls).Should().BeTrue();
        table.Leave(calls[max / 2]);
        table.TryEnter(MakeCall(table)).Should().BeTrue("a slot is free again");
    }

    [Fact]
    public async Task An_exchange_that_is_there_all_the_time_is_seen_while_the_table_grows_and_others_come_and_go()
    {
        const int max = 32 * 64;
        var table = new ExchangeTable(max);
        var resident = MakeCall(table);
        table.TryEnter(resident);
        using var isOver = new CancellationTokenSource(Patience);
        var missed = 0;
        var looks = 0;
        var watch = OwnThread.Run(() =>
        {
            while (!isOver.IsCancellationRequested)
            {
                looks++;
                if (!Seen(table).Contains(resident))
                    missed++;
            }
        });

        var refused = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => OwnThread.Run(() =>
        {
            var mine = new List<ServerCall>();
            for (var round = 0; round < 50; round++)
            {
                // All four together with the resident one fill the table exactly, which makes it grow.
                for (var n = 0; n < (max - 1) / 4; n++)
                {
                    var call = MakeCall(table);
                    if (table.TryEnter(call))
                        mine.Add(call);
                    else
                        Interlocked.Increment(ref refused);
                }
                mine.ForEach(table.Leave);
                mine.Clear();
            }
        })));
        await isOver.CancelAsync();
        await watch;

        (missed, refused).Should().Be((0, 0));
        looks.Should().BePositive();
        Seen(table).Should().ContainSingle().Which.Should().BeSameAs(resident);
        table.IsEmpty.Should().BeFalse();
        table.Leave(resident);
        table.IsEmpty.Should().BeTrue();
    }

    [Fact]
    public async Task A_drain_that_begins_while_exchanges_come_and_go_ends_with_the_last_of_them()
    {
        for (var round = 0; round < 60; round++)
        {
            var calls = new CallsInFlight(new JsonRpcServerOptions { Limits = { MaxConcurrentExchanges = 40 } });
            var (busy, inside) = (0, 0);
            var threads = Enumerable.Range(0, 3).Select(_ => OwnThread.Run(() =>
            {
                var call = calls.MakeCall(new HttpExchange(), FailureReport.ToStandardError);
                while (true)
                {
                    call.Begin(null);
                    Interlocked.Increment(ref busy);
                    var isIn = calls.TryEnter(call);
                    if (isIn)
                    {
                        Interlocked.Increment(ref inside);
                        Interlocked.Decrement(ref inside);
                        calls.Leave(call);
                    }
                    Interlocked.Decrement(ref busy);
                    if (!isIn)
                        return;
                }
            })).ToArray();

            await calls.StopAsync().WaitAsync(Patience);
            // An exchange that enters now may be in the table for a moment, until it is refused.
            Volatile.Read(ref inside).Should().Be(0);
            await Task.WhenAll(threads);
            busy.Should().Be(0);
            calls.Table.IsEmpty.Should().BeTrue();
        }
    }

    private static List<ServerCall> Seen(ExchangeTable table)
    {
        var seen = new List<ServerCall>();
        table.ForEach(seen.Add);
        return seen;
    }

    private static ServerCall MakeCall(object owner) =>
        new(owner, new HttpExchange(), new StripedPermits(1), new StripedPermits(1), new CallTimes(TimeProvider.System, TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(5), 240),
            FailureReport.ToStandardError);
}
