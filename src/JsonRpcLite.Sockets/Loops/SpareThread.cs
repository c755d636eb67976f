namespace JsonRpcLite;

/// <summary>A thread that waits until it is given a loop to drive.</summary>
internal sealed class SpareThread
{
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

    /// <summary>Has it drive a loop; <c>null</c> ends it.</summary>
    public void Give(EventLoop? loop)
    {
        _loop = loop;
        _given.Release();
    }

    private void Run()
    {
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
