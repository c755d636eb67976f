namespace JsonRpcLite.Tests;

public class CallTimesTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private readonly ManualClock _clock = new();
    private readonly CallTimes _times;

    public CallTimesTests()
    {
        _times = new CallTimes(_clock, TimeSpan.FromSeconds(100), Grace, minBodyRate: 240);
        _times.Begin(clientTimeoutMs: null);
    }

    [Fact]
    public void A_function_has_exactly_its_time()
    {
        JudgeAfter(100).Should().Be(CallLateness.None);
        JudgeAfter(0.1).Should().Be(CallLateness.OverItsTime);
    }

    [Fact]
    public void A_shorter_deadline_of_the_client_applies_and_a_longer_one_changes_nothing()
    {
        _times.Begin(clientTimeoutMs: 2000);
        JudgeAfter(2).Should().Be(CallLateness.None);
        JudgeAfter(0.1).Should().Be(CallLateness.OverItsClientsTime);

        _times.Begin(clientTimeoutMs: 200_000);
        JudgeAfter(101).Should().Be(CallLateness.OverItsTime);
    }

    [Fact]
    public void A_function_without_a_limit_is_never_late()
    {
        var times = new CallTimes(_clock, Timeout.InfiniteTimeSpan, Grace, minBodyRate: 240);
        times.Begin(clientTimeoutMs: null);

        _clock.Advance(TimeSpan.FromDays(24));

        times.Judge(_clock.GetTimestamp(), bodyBytes: 0).Should().Be(CallLateness.None);
    }

    [Fact]
    public void The_functions_time_begins_when_its_body_has_arrived()
    {
        _times.BodyBegins();
        for (var second = 1; second <= 200; second++)
            JudgeAfter(1, bytes: second * 240).Should().Be(CallLateness.None);
        _times.BodyEnds();

        JudgeAfter(100).Should().Be(CallLateness.None);
        JudgeAfter(1).Should().Be(CallLateness.OverItsTime);
    }

    [Fact]
    public void A_body_may_stall_for_its_grace()
    {
        _times.BodyBegins();

        JudgeAfter(5).Should().Be(CallLateness.None);
        JudgeAfter(0.1).Should().Be(CallLateness.BodyTooSlow);
    }

    [Fact]
    public void A_body_that_is_a_little_too_slow_uses_its_grace_up()
    {
        _times.BodyBegins();

        // 200 bytes a second instead of 240 cost a sixth of a second each second.
        for (var second = 1; second <= 29; second++)
            JudgeAfter(1, bytes: second * 200).Should().Be(CallLateness.None, "{0} s", second);
        JudgeAfter(2, bytes: 31 * 200).Should().Be(CallLateness.BodyTooSlow);
    }

    [Fact]
    public void Fast_bytes_earn_no_more_than_the_grace()
    {
        _times.BodyBegins();
        JudgeAfter(1, bytes: 16 * 1024 * 1024 - 1).Should().Be(CallLateness.None);

        // By its average rate this client could stall for nineteen hours.
        JudgeAfter(5, bytes: 16 * 1024 * 1024 - 1).Should().Be(CallLateness.None);
        JudgeAfter(0.1, bytes: 16 * 1024 * 1024 - 1).Should().Be(CallLateness.BodyTooSlow);
    }

    [Fact]
    public void The_next_body_begins_with_a_grace_of_its_own()
    {
        _times.BodyBegins();
        JudgeAfter(4, bytes: 10).Should().Be(CallLateness.None);
        _times.BodyEnds();
        _times.Begin(clientTimeoutMs: null);

        _times.BodyBegins();
        JudgeAfter(4.5).Should().Be(CallLateness.None);
        JudgeAfter(0.6).Should().Be(CallLateness.BodyTooSlow);
    }

    [Fact]
    public void A_body_that_stalls_has_less_time_left_than_one_that_arrives()
    {
        var other = new CallTimes(_clock, TimeSpan.FromSeconds(100), Grace, minBodyRate: 240);
        other.Begin(clientTimeoutMs: null);
        _times.BodyBegins();
        other.BodyBegins();
        _clock.Advance(TimeSpan.FromSeconds(2));

        _times.CreditLeft(bodyBytes: 0).Should().BeLessThan(other.CreditLeft(bodyBytes: 1000)!.Value);
        other.BodyEnds();
        other.CreditLeft(bodyBytes: 1000).Should().BeNull();
    }

    private CallLateness JudgeAfter(double seconds, long bytes = 0)
    {
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        return _times.Judge(_clock.GetTimestamp(), bytes);
    }
}
