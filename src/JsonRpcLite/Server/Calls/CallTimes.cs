namespace JsonRpcLite;

/// <summary>By when a call must be done, and how fast its body comes. Written by the call's flow and read by the watch, but for what belongs to the watch.</summary>
internal sealed class CallTimes(TimeProvider clock, TimeSpan handlerTimeout, TimeSpan bodyGrace, int minBodyRate)
{
    /// <summary>The function's time in the clock's own ticks.</summary>
    private readonly long _time = handlerTimeout == Timeout.InfiniteTimeSpan ? long.MaxValue : (long)(handlerTimeout.TotalSeconds * clock.TimestampFrequency);

    private long _deadline = long.MaxValue;
    private long _clientDeadline = long.MaxValue;

    /// <summary>When the body began to be waited for; 0 when it is not.</summary>
    private long _bodyBegan;

    // Of the watch alone: how long this body may still be too slow, and when and at how many bytes that was reckoned.
    private TimeSpan _credit;
    private long _judgedBody;
    private long _judgedAt;
    private long _judgedBytes;

    /// <summary>When the exchange began, in the clock's own ticks.</summary>
    public long Began { get; private set; }

    public TimeProvider Clock => clock;

    /// <summary>By when the client gives up, in the clock's own ticks.</summary>
    public long ClientDeadline => Volatile.Read(ref _clientDeadline);

    /// <summary>Whether the body is still coming. A handler of the user's own may have done other things before.</summary>
    public bool IsReadingBody => Volatile.Read(ref _bodyBegan) != 0;

    /// <param name="clientTimeoutMs">How long the client waits, body included; <c>null</c> where it does not say.</param>
    public void Begin(long? clientTimeoutMs)
    {
        var now = Began = clock.GetTimestamp();
        Volatile.Write(ref _bodyBegan, 0);
        Volatile.Write(ref _clientDeadline, clientTimeoutMs is { } time ? now + (long)(time / 1000.0 * clock.TimestampFrequency) : long.MaxValue);
        Volatile.Write(ref _deadline, DeadlineFrom(now));
    }

    /// <summary>Nothing of this call is judged any more, and nothing of the next until it begins: its exchange is open before its times are known.</summary>
    public void End()
    {
        Volatile.Write(ref _deadline, long.MaxValue);
        Volatile.Write(ref _clientDeadline, long.MaxValue);
        Volatile.Write(ref _bodyBegan, 0);
    }

    public void BodyBegins() => Volatile.Write(ref _bodyBegan, Math.Max(clock.GetTimestamp(), 1));

    /// <summary>The function's time begins when the body has come. The order matters: the watch reads the other way round.</summary>
    public void BodyEnds()
    {
        Volatile.Write(ref _deadline, DeadlineFrom(clock.GetTimestamp()));
        Volatile.Write(ref _bodyBegan, 0);
    }

    /// <summary>From now on the function may take as long as it likes.</summary>
    public void StreamBegins()
    {
        Volatile.Write(ref _deadline, long.MaxValue);
        Volatile.Write(ref _clientDeadline, long.MaxValue);
    }

    /// <summary>For the watch alone.</summary>
    /// <param name="now">In the clock's own ticks.</param>
    /// <param name="bodyBytes">How much of the body has come.</param>
    public CallLateness Judge(long now, long bodyBytes)
    {
        if (now > ClientDeadline)
            return CallLateness.OverItsClientsTime;
        if (Volatile.Read(ref _bodyBegan) is not 0 and var began)
        {
            _credit = Credit(began, now, bodyBytes);
            (_judgedBody, _judgedAt, _judgedBytes) = (began, now, bodyBytes);
            return _credit < TimeSpan.Zero ? CallLateness.BodyTooSlow : CallLateness.None;
        }
        return now > Volatile.Read(ref _deadline) ? CallLateness.OverItsTime : CallLateness.None;
    }

    /// <summary>How long the body may still stall; <c>null</c> where none is on its way. For comparison: read beside the watch, it may be a little off.</summary>
    public TimeSpan? CreditLeft(long bodyBytes) =>
        Volatile.Read(ref _bodyBegan) is not 0 and var began ? Credit(began, clock.GetTimestamp(), bodyBytes) : null;

    private TimeSpan Credit(long began, long now, long bodyBytes)
    {
        var isNew = _judgedBody != began || bodyBytes < _judgedBytes;
        var (credit, at, bytes) = isNew ? (bodyGrace, began, 0) : (_credit, _judgedAt, _judgedBytes);
        credit += TimeSpan.FromSeconds((double)(bodyBytes - bytes) / minBodyRate) - clock.GetElapsedTime(at, now);
        // What came fast earns no more than the grace: a peer that sends much and then stalls has a few seconds, as any other.
        return credit < bodyGrace ? credit : bodyGrace;
    }

    private long DeadlineFrom(long now) => _time == long.MaxValue ? long.MaxValue : now + _time;
}

/// <summary>Why a call is given up.</summary>
internal enum CallLateness
{
    None,
    BodyTooSlow,
    OverItsTime,
    OverItsClientsTime,
}
