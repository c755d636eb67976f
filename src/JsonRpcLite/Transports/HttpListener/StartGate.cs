namespace JsonRpcLite;

/// <summary>Holds back connecting clients while an HttpListener is being started.</summary>
/// <remarks>
/// HttpListener accepts connections before it creates its table of connections, so that a client that connects at that moment would end the process, by an exception on a pool
/// thread. The accept callback runs with the execution context of the start. When that context reaches another thread, that thread waits for the gate, and then continues without
/// the context.
/// </remarks>
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
