namespace JsonRpcLite.Sockets.Tests;

public sealed class SlowDispatchesTests
{
    private readonly SlowDispatches _slowDispatches = new();
    private long _dispatches;

    [Theory]
    [InlineData(0, 0, false)]
    [InlineData(1, 0, false)]
    [InlineData(15, 0, false)]
    [InlineData(16, 0, true)]
    [InlineData(16, 7 * 16, true)]
    [InlineData(16, 7 * 16 + 1, false)]
    [InlineData(1_000, 7 * 1_000, true)]
    [InlineData(1_000, 1_000_000, false)]
    public void Slow_dispatches_are_the_rule_when_they_are_more_than_a_few_and_every_eighth(int slow, int quick, bool areTheRule) =>
        Judge(slow, quick).Should().Be(areTheRule);

    [Fact]
    public void One_slow_dispatch_at_the_beginning_is_not_the_rule_and_neither_are_a_few_among_very_many()
    {
        Judge(slow: 1, quick: 0).Should().BeFalse();

        for (var i = 0; i < 1_000; i++)
            Judge(slow: 20, quick: 10_000).Should().BeFalse();
    }

    [Fact]
    public void Each_period_is_judged_by_itself()
    {
        for (var i = 0; i < 10; i++)
            Judge(slow: 15, quick: 0).Should().BeFalse();
        Judge(slow: 16, quick: 0).Should().BeTrue();
        Judge(slow: 0, quick: 0).Should().BeFalse();
        Judge(slow: 0, quick: 1_000_000).Should().BeFalse();

        Judge(slow: 16, quick: 0).Should().BeTrue("the quick ones were before");
    }

    private bool Judge(int slow, int quick)
    {
        for (var i = 0; i < slow; i++)
            _slowDispatches.Add();
        _dispatches += slow + quick;
        return _slowDispatches.AreTheRule(_dispatches);
    }
}
