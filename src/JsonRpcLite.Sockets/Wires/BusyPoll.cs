using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>Decides when a thread looks for input again and again for a short time, before it sleeps until input wakes it up.</summary>
/// <remarks>
/// <para>Waking up takes 5 to 50 us. If a peer sends its next message sooner than that, looking for it is faster, and costs no more. If it does not, the look was in vain: then the
/// next two waits sleep at once; after further vain looks the next 4, 8, up to 1,024. So a peer that is idle or slow costs nearly nothing.</para>
/// <para>All threads of the process together look on at most half of its processors; with only one processor, none of them does.</para>
/// <para>For one waiting thread at a time.</para>
/// </remarks>
/// <param name="processors">The number of processors of the process.</param>
internal sealed class BusyPoll(int processors)
{
    private const int MostDoublings = 10;

    private static int _polling;

    private readonly int _most = processors / 2;
    private ulong _lastSource;
    private int _inVain;
    private int _skips;
    private long _end;

    public BusyPoll()
        : this(Environment.ProcessorCount)
    {
    }

    /// <summary>The default of the settings, and their maximum.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromMicroseconds(50);

    /// <summary>The number of threads of the process that are looking.</summary>
    public static int Polling => Volatile.Read(ref _polling);

    /// <summary>The longest time to look; 0 never looks.</summary>
    public TimeSpan Time { get; set; }

    /// <summary>Whether the time to look is over.</summary>
    public bool IsOver => Stopwatch.GetTimestamp() >= _end;

    /// <summary>Checks the time of a setting.</summary>
    public static TimeSpan CheckTime(TimeSpan value, [CallerMemberName] string property = "") =>
        SettingCheck.That(value >= TimeSpan.Zero && value <= MaxTime, value, $"at least 0 and at most {MaxTime.TotalMicroseconds:0} us", property);

    /// <summary>For a thread with several sources of input: reports which one had some.</summary>
    /// <remarks>
    /// The thread looks only after the same source has had input twice, since its peer is about to send more. With several active sources, input comes often enough without.
    /// </remarks>
    /// <param name="source">The source.</param>
    /// <param name="time">The <see cref="Time"/> of the source.</param>
    public void OnInput(ulong source, TimeSpan time)
    {
        Time = source == _lastSource ? time : TimeSpan.Zero;
        _lastSource = source;
    }

    /// <summary>Counts a wait, and returns whether it is one to look in.</summary>
    /// <remarks>The caller looks once, and begins only if it finds nothing: threads that always find something share no memory.</remarks>
    public bool IsDue()
    {
        if (_most == 0 || Time == TimeSpan.Zero)
            return false;
        if (_skips == 0)
            return true;
        _skips--;
        return false;
    }

    /// <summary>Begins to look, unless as many threads as may are looking already; then <see cref="End"/> must follow.</summary>
    public bool TryBegin()
    {
        if (Polling >= _most)
            return false;
        if (Interlocked.Increment(ref _polling) > _most)
        {
            Interlocked.Decrement(ref _polling);
            return false;
        }
        _end = Stopwatch.GetTimestamp() + (Time.Ticks * Stopwatch.Frequency / TimeSpan.TicksPerSecond);
        return true;
    }

    /// <summary>Ends the look.</summary>
    /// <param name="hasFound">Whether there was input.</param>
    public void End(bool hasFound)
    {
        Interlocked.Decrement(ref _polling);
        if (hasFound)
        {
            _inVain = 0;
            return;
        }
        _inVain = Math.Min(_inVain + 1, MostDoublings);
        _skips = 1 << _inVain;
    }
}
