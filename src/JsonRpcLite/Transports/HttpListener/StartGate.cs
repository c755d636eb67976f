namespace JsonRpcLite;

/// <summary>
/// Holds back whoever connects while an HttpListener is being started. It accepts connections before its table of connections is made, so that a client in that very moment would
/// end the process, by an exception on a thread of the pool. The callback of accepting flows with the context of the start: where that context comes to another thread, the gate is
/// waited for, and what goes on from there does without it.
/// </summary>
internal sealed class StartGate
{
    private static readonly AsyncLocal<StartGate?> Current = new(static change =>
    {
        if (change.ThreadContextChanged)
            change.CurrentValue?.Pass();
    });

    private readonly ManualResetEventSlim _opened = new();
    private readonly int _startingThread = Environment.CurrentManagedThreadId;
    private readonly ExecutionContext _outside = ExecutionContext.Capture()!;

    public static void Run(Action start)
    {
        var isFlowSuppressed = ExecutionContext.IsFlowSuppressed();
        if (isFlowSuppressed)
            ExecutionContext.RestoreFlow();
        var gate = new StartGate();
        Current.Value = gate;
        try
        {
            start();
        }
        finally
        {
            gate._opened.Set();
            Current.Value = null;
            if (isFlowSuppressed)
                ExecutionContext.SuppressFlow();
        }
    }

    private void Pass()
    {
        if (Environment.CurrentManagedThreadId == _startingThread && !_opened.IsSet)
            return;
        _opened.Wait();
        ExecutionContext.Restore(_outside);
    }
}
