namespace JsonRpcLite;

/// <summary>A thread that looks at all loops every millisecond while anything happens, and sleeps while nothing does.</summary>
internal sealed class Watchdog
{
    private const int QuietTicksBeforeSleep = 32;
    private const int TicksToLearn = 128;

    private readonly AutoResetEvent _waking = new(initialState: false);
    private EventLoop[] _loops = [];
    private int _ticks;
    private int _isAsleep;
    private volatile bool _isEnding;

    /// <summary>How often it has looked. It stands still while the watchdog sleeps.</summary>
    public int Ticks => Volatile.Read(ref _ticks);

    public void Start(EventLoop[] loops)
    {
        _loops = loops;
        new Thread(Run) { IsBackground = true, Name = "JsonRpcLite watchdog" }.UnsafeStart();
    }

    /// <summary>
    /// For a loop whose turn has just begun, by a full fence: the watchdog asks for that after it has said that it sleeps, and this asks whether it sleeps after that.
    /// </summary>
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
