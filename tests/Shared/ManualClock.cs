namespace JsonRpcLite.Tests;

/// <summary>A clock that moves only when a test advances it; it then runs the timers that are due, on the test's own thread.</summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private TimeSpan _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long GetTimestamp()
    {
        lock (_lock)
            return _now.Ticks;
    }

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero).AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        lock (_lock)
            _timers.Add(timer);
        return timer;
    }

    /// <summary>Advances the clock, timer by timer in the order in which they are due.</summary>
    public void Advance(TimeSpan time)
    {
        var end = TimeSpan.FromTicks(GetTimestamp()) + time;
        while (true)
        {
            ManualTimer? due;
            lock (_lock)
            {
                due = _timers.Where(t => t.Due <= end).MinBy(t => t.Due);
                _now = due?.Due > _now ? due.Due.Value : due is null ? end : _now;
                due?.BeginRun();
            }
            if (due is null)
                return;
            due.Callback();
        }
    }

    /// <summary>
    /// Advances the clock, a second at a time, until the task has ended. This is for a time that begins at a moment that a test cannot see, such as when a server has noticed a
    /// connection. Gives up after a thousand steps.
    /// </summary>
    /// <param name="task">The task to wait for.</param>
    /// <param name="limit">The time at which the clock stops, so that later timers do not run on a busy machine; <c>null</c> for no limit.</param>
    public void AdvanceUntil(Task task, TimeSpan? limit = null)
    {
        for (var step = 0; step < 1000 && !task.Wait(TimeSpan.FromMilliseconds(step < 100 ? 5 : 100)); step++)
        {
            if (limit is null || TimeSpan.FromTicks(GetTimestamp()) < limit)
                Advance(TimeSpan.FromSeconds(1));
        }
    }

    private sealed class ManualTimer(ManualClock clock, Action callback) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public Action Callback => callback;

        public TimeSpan? Due { get; private set; }

        public void BeginRun() => Due = _period == Timeout.InfiniteTimeSpan || _period == TimeSpan.Zero ? null : Due + _period;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                Due = dueTime == Timeout.InfiniteTimeSpan ? null : clock._now + dueTime;
                _period = period;
            }
            return true;
        }

        public void Dispose()
        {
            lock (clock._lock)
                clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
