namespace JsonRpcLite;

/// <summary>
/// The threads that drive loops, or did and are stuck in a function: as many as functions block at a time, and some spare ones that wait for a loop to drive. Thread-safe.
/// </summary>
internal sealed class LoopThreads(TimeSpan spareTime)
{
    /// <summary>
    /// More than these do not wait, and are made anew when they are needed: where 64 functions of 5 ms run at a time, a call costs 110 us of CPU with 4, 72 with 16, 66 with 64.
    /// </summary>
    public const int MaxSpares = 16;

    private readonly Lock _lock = new();
    private readonly Stack<SpareThread> _spares = [];
    private int _count;
    private bool _isEnding;

    /// <summary>How long a spare thread waits before it ends.</summary>
    public TimeSpan SpareTime => spareTime;

    /// <summary>How many there are: spare, driving, or stuck.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    /// <summary>A thread that waits for a loop; <c>null</c> when the system has none to give.</summary>
    public SpareThread? TryTake()
    {
        lock (_lock)
        {
            if (_spares.TryPop(out var spare))
                return spare;
            _count++;
        }
        try
        {
            return new SpareThread(this);
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            OnEnd();
            return null;
        }
    }

    /// <summary>Takes back one that was not needed after all.</summary>
    public void PutBack(SpareThread spare)
    {
        if (!TryRejoin(spare))
            spare.Give(loop: null);
    }

    /// <summary>For a thread that has no loop any more: <c>false</c> tells it to end.</summary>
    public bool TryRejoin(SpareThread spare)
    {
        lock (_lock)
        {
            if (_isEnding || _spares.Count >= MaxSpares)
                return false;
            _spares.Push(spare);
            return true;
        }
    }

    /// <summary>For a thread that has waited long enough: <c>false</c> says that it is needed after all, and that a loop is on its way.</summary>
    public bool TryRetire(SpareThread spare)
    {
        lock (_lock)
        {
            var others = _spares.Where(s => s != spare).Reverse().ToArray();
            if (others.Length == _spares.Count)
                return false;
            _spares.Clear();
            foreach (var other in others)
                _spares.Push(other);
            return true;
        }
    }

    public void OnEnd()
    {
        lock (_lock)
            _count--;
    }

    /// <summary>Ends those that wait; the others end when they come back.</summary>
    public void BeginToEnd()
    {
        lock (_lock)
        {
            _isEnding = true;
            while (_spares.TryPop(out var spare))
                spare.Give(loop: null);
        }
    }
}
