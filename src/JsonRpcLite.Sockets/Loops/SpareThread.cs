namespace JsonRpcLite;

/// <summary>A thread that waits until it is given a loop to drive.</summary>
internal sealed class SpareThread
{
    /// <summary>Whether the current thread is one of these.</summary>
    [ThreadStatic]
    private static bool _isLoopThread;

    private readonly LoopThreads _threads;
    private readonly SemaphoreSlim _given = new(0);
    private EventLoop? _loop;

    /// <exception cref="OutOfMemoryException">The system has no thread to give.</exception>
    public SpareThread(LoopThreads threads)
    {
        _threads = threads;
        // What the caller keeps in its execution context is none of the functions' concern.
        new Thread(Run) { IsBackground = true, Name = "JsonRpcLite event loop" }.UnsafeStart();
    }

    /// <summary>
    /// Puts back what a function has set on its thread, for the next one, as the pool does between its work items, of which several calls can be one. Threads of others are left as
    /// they are. (The execution context is put back by the flow.)
    /// </summary>
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

    /// <summary>Has it drive a loop; <c>null</c> ends it.</summary>
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
