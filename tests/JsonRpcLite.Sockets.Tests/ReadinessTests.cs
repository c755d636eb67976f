namespace JsonRpcLite.Sockets.Tests;

public sealed class ReadinessTests
{
    private Readiness _readiness;

    [Fact]
    public void A_signal_after_the_attempt_makes_a_wait_unnecessary()
    {
        _readiness.TryTake().Should().BeFalse("nothing was signalled yet");
        _readiness.Signal().Should().BeFalse("no thread waits");

        _readiness.TryWait().Should().BeFalse();

        _readiness.TryTake().Should().BeTrue();
    }

    [Fact]
    public void The_first_signal_wakes_the_waiter_and_later_ones_do_not()
    {
        _readiness.TryWait().Should().BeTrue();

        (_readiness.Signal(), _readiness.Signal(), _readiness.Close()).Should().Be((true, false, false));
    }

    [Fact]
    public void Closing_ends_a_wait_and_every_later_one()
    {
        _readiness.TryWait().Should().BeTrue();

        _readiness.Close().Should().BeTrue();

        (_readiness.TryWait(), _readiness.TryTake(), _readiness.TryTake()).Should().Be((false, true, true));
    }

    [Fact]
    public void Readiness_that_was_taken_must_be_signalled_again_or_kept()
    {
        _readiness.Signal();

        (_readiness.TryTake(), _readiness.TryTake()).Should().Be((true, false));
        _readiness.Keep();
        _readiness.IsReady.Should().BeTrue();
    }
}
