namespace JsonRpcLite;

/// <summary>A thread that checks all loops every millisecond while they dispatch, and sleeps while they do not.</summary>
internal sealed class Watchdog
{
    private const int QuietTicksBeforeSleep = 32;
    private const int TicksToLearn = 128;

    private readonly AutoResetEvent _waking = new(initialState: false);
    private EventLoop[] _loops = [];
    private int _ticks;
    private int _isAsleep;
    private volatile bool _isEnding;

    /// <summary>The number of ticks so far.</summary>
    /// <remarks>It does not change while the watchdog sleeps.</remarks>
    public int Ticks => Volatile.Read(ref _ticks);

    public void Start(EventLoop[] loops)
    {
        _loops = loops;
        new Thread(Run) { IsBackground = true, Name = "JsonRpcLite watchdog" }.UnsafeStart();
    }

    /// <summary>Wakes up the watchdog if it sleeps.</summary>
    /// <remarks>
    /// A loop calls it after it has written <c>_dispatch</c> with a full fence. The loop's driver writes EventLoop._dispatch and then reads _isAsleep here. The watchdog's thread
    /// writes _isAsleep and then reads EventLoop._dispatch. At least one of them sees the other's write.
    /// </remarks>
    public void Wake()
    {
        if (Volatile.Read(ref _isAsleep) != 0)
            _waking.Set();
    }

    public void BeginToEnd()
    {
        _isEnding = true;
        _waking.Set();
    }

    private void Run()
    {
        var quiet = 0;
        while (!_isEnding)
        {
            Thread.Sleep(1);
            var tick = Interlocked.Increment(ref _ticks);
            quiet++;
            foreach (var loop in _loops)
            {
                if (loop.Look())
                    quiet = 0;
                if (tick % TicksToLearn == 0)
                    loop.Learn();
            }
            if (quiet > QuietTicksBeforeSleep)
            {
                Sleep();
                quiet = 0;
            }
        }
    }

    private void Sleep()
    {
        Interlocked.Exchange(ref _isAsleep, 1);
        if (Array.TrueForAll(_loops, loop => loop.IsQuiet()))
            _waking.WaitOne();
        Volatile.Write(ref _isAsleep, 0);
    }
}
