namespace JsonRpcLite.Tests.Listener;

/// <summary>The gate that keeps a client that connects during the start from crashing the process.</summary>
public sealed class StartGateTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Work_that_begins_during_the_start_runs_when_it_has_ended(bool isFlowSuppressed)
    {
        using var ran = new ManualResetEventSlim();
        var ranDuringStart = true;
        using var flow = isFlowSuppressed ? ExecutionContext.SuppressFlow() : (IDisposable?)null;

        StartGate.Run(() =>
        {
            ThreadPool.QueueUserWorkItem(_ => ran.Set());
            // Long enough for the pool to run it, if nothing held it back.
            ranDuringStart = ran.Wait(TimeSpan.FromMilliseconds(200));
        });

        ranDuringStart.Should().BeFalse();
        ran.Wait(Patience).Should().BeTrue();
        ExecutionContext.IsFlowSuppressed().Should().Be(isFlowSuppressed);
    }

    [Fact]
    public async Task Work_after_the_gate_has_the_execution_context_from_before()
    {
        var outside = ExecutionContext.Capture();
        var inside = new TaskCompletionSource<ExecutionContext?>();

        StartGate.Run(() => ThreadPool.QueueUserWorkItem(_ => inside.SetResult(ExecutionContext.Capture())));

        (await inside.Task.WaitAsync(Patience)).Should().BeSameAs(outside);
    }

    [Fact]
    public void A_start_that_fails_opens_the_gate_too()
    {
        using var ran = new ManualResetEventSlim();

        var starting = () => StartGate.Run(() =>
        {
            ThreadPool.QueueUserWorkItem(_ => ran.Set());
            throw new InvalidOperationException("no");
        });

        starting.Should().Throw<InvalidOperationException>();
        ran.Wait(Patience).Should().BeTrue();
    }

    [Fact]
    public void Work_on_the_starting_thread_itself_is_not_held_back()
    {
        var outside = ExecutionContext.Capture()!;
        var hasRun = false;

        StartGate.Run(() =>
        {
            var inside = ExecutionContext.Capture()!;
            ExecutionContext.Run(outside, _ => ExecutionContext.Run(inside, _ => hasRun = true, null), null);
        });

        hasRun.Should().BeTrue();
    }

    [Fact]
    public void The_gate_does_not_hold_back_work_that_begins_after_the_start()
    {
        using var ran = new ManualResetEventSlim();
        StartGate.Run(() => { });

        ThreadPool.QueueUserWorkItem(_ => ran.Set());

        ran.Wait(Patience).Should().BeTrue();
    }
}
