namespace JsonRpcLite.Sockets.Tests;

public sealed class ReadinessTests
{
    private Readiness _readiness;

    [Fact]
    public void Nobody_waits_for_what_was_told_after_the_attempt_began()
    {
        _readiness.TryTake().Should().BeFalse("nothing was told yet");
        _readiness.Signal().Should().BeFalse("nobody waits");

        _readiness.TryWait().Should().BeFalse();

        _readiness.TryTake().Should().BeTrue();
    }

    [Fact]
    public void Who_waits_is_charged_to_whoever_tells_and_only_once()
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
    public void What_is_taken_has_to_be_told_again_or_kept()
    {
        _readiness.Signal();

        (_readiness.TryTake(), _readiness.TryTake()).Should().Be((true, false));
        _readiness.Keep();
        _readiness.IsReady.Should().BeTrue();
    }
}
