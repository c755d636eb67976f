namespace JsonRpcLite.Tests;

public class StripedPermitsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(256)]
    public void As_many_permits_are_granted_as_there_are_and_not_one_more(int count)
    {
        var permits = new StripedPermits(count);

        var taken = Enumerable.Range(0, count).Select(_ => permits.Take()).ToArray();

        taken.Should().OnlyContain(stripe => stripe >= 0);
        permits.Take().Should().Be(-1);
        permits.Free.Should().Be(0);
        foreach (var stripe in taken)
            permits.GiveBack(stripe);
        permits.Free.Should().Be(count);
    }

    [Fact]
    public async Task A_returned_permit_can_be_acquired_at_once_by_any_thread()
    {
        var permits = new StripedPermits(3);
        int[] taken = [permits.Take(), permits.Take(), permits.Take()];

        permits.GiveBack(taken[1]);

        (await OwnThread.Run(permits.Take)).Should().Be(taken[1]);
        permits.Take().Should().Be(-1);
    }

    [Fact]
    public async Task Threads_that_never_need_more_permits_than_there_are_are_never_refused()
    {
        const int threads = 4, rounds = 200_000;
        var permits = new StripedPermits(threads);
        var (refused, held, most) = (0, 0, 0);

        await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => OwnThread.Run(() =>
        {
            for (var round = 0; round < rounds; round++)
            {
                var stripe = permits.Take();
                if (stripe < 0)
                {
                    Interlocked.Increment(ref refused);
                    continue;
                }
                var now = Interlocked.Increment(ref held);
                if (now > Volatile.Read(ref most))
                    Volatile.Write(ref most, now);
                Interlocked.Decrement(ref held);
                permits.GiveBack(stripe);
            }
        })));

        refused.Should().Be(0, "each thread holds one at a time, and there is one for each");
        most.Should().BeLessThanOrEqualTo(threads);
        permits.Free.Should().Be(threads);
    }

    [Fact]
    public async Task However_many_threads_ask_no_more_permits_are_held_than_there_are()
    {
        const int threads = 4, count = 2, rounds = 100_000;
        var permits = new StripedPermits(count);
        var (held, excess) = (0, 0);

        await Task.WhenAll(Enumerable.Range(0, threads).Select(_ => OwnThread.Run(() =>
        {
            for (var round = 0; round < rounds; round++)
            {
                var stripe = permits.Take();
                if (stripe < 0)
                    continue;
                if (Interlocked.Increment(ref held) > count)
                    Interlocked.Increment(ref excess);
                Interlocked.Decrement(ref held);
                permits.GiveBack(stripe);
            }
        })));

        excess.Should().Be(0);
        permits.Free.Should().Be(count);
    }
}
