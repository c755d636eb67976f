namespace JsonRpcLite.Tests.Streaming;

public class StreamSignalTests
{
    [Fact]
    public async Task A_signal_before_the_wait_is_not_lost()
    {
        var signal = new StreamSignal();
        signal.Set(StreamEvents.Ready);
        signal.Set(StreamEvents.TimePassed);

        await signal.WaitAsync();

        signal.Take().Should().Be(StreamEvents.Ready | StreamEvents.TimePassed);
        signal.Take().Should().Be(StreamEvents.None);
        signal.WaitAsync().AsTask().IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task Two_threads_that_signal_lose_nothing_and_end_each_wait_once()
    {
        const int count = 200_000;
        var signal = new StreamSignal();
        var taken = new StreamEvents[2];
        // Each signals again only after its last signal was received.
        var heard = new[] { new SemaphoreSlim(1), new SemaphoreSlim(1) };
        var threads = Enumerable.Range(0, 2).Select(i => Task.Factory.StartNew(
            () =>
            {
                for (var n = 0; n < count; n++)
                {
                    heard[i].Wait(TimeSpan.FromSeconds(30)).Should().BeTrue();
                    signal.Set(i == 0 ? StreamEvents.Ready : StreamEvents.TimePassed);
                }
            },
            TaskCreationOptions.LongRunning)).ToArray();

        var (ready, passed) = (0, 0);
        while (ready < count || passed < count)
        {
            await signal.WaitAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            var events = signal.Take();
            events.Should().NotBe(StreamEvents.None);
            if ((events & StreamEvents.Ready) != 0)
            {
                ready++;
                heard[0].Release();
            }
            if ((events & StreamEvents.TimePassed) != 0)
            {
                passed++;
                heard[1].Release();
            }
        }
        await Task.WhenAll(threads);

        (ready, passed).Should().Be((count, count));
    }
}
