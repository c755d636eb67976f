namespace JsonRpcLite;

/// <summary>A thread that waits for a loop to drive.</summary>
internal sealed class SpareThread
{
    /// <summary>Whether the current thread is one of these.</summary>
    [ThreadStatic]
    private static bool _isLoopThread;

    private readonly LoopThreads _threads;
    private readonly SemaphoreSlim _given = new(0);
    private EventLoop? _loop;

    /// <exception cref="OutOfMemoryException">The system has no more threads.</exception>
    public SpareThread(LoopThreads threads)
    {
        _threads = threads;
        // The caller's execution context must not flow into functions.
        new Thread(Run) { IsBackground = true, Name = "JsonRpcLite event loop" }.UnsafeStart();
    }

    /// <summary>Resets what a function has changed on its thread, as the pool does between two work items.</summary>
    /// <remarks>
    /// One work item of the pool can be several calls. Only threads of this library and of the pool are reset. The flow of the connection restores the execution context.
    /// </remarks>
    public static void Restore()
    {
        var thread = Thread.CurrentThread;
        if (!_isLoopThread && !thread.IsThreadPoolThread)
            return;
        if (SynchronizationContext.Current is not null)
            SynchronizationContext.SetSynchronizationContext(null);
        if (!thread.IsBackground)
            thread.IsBackground = true;
        if (thread.Priority != ThreadPriority.Normal)
            thread.Priority = ThreadPriority.Normal;
    }

    /// <summary>Lets the thread drive a loop; <c>null</c> ends the thread.</summary>
    public void Give(EventLoop? loop)
    {
        _loop = loop;
        _given.Release();
    }

    private void Run()
    {
        _isLoopThread = true;
        do
        {
            if (!_given.Wait(_threads.SpareTime))
            {
                if (_threads.TryRetire(this))
                    break;
                _given.Wait();
            }
            if (_loop is not { } loop)
                break;
            _loop = null;
            loop.Drive();
        }
        while (_threads.TryRejoin(this));
        _threads.OnEnd();
    }
}
