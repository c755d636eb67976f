namespace JsonRpcLite;

/// <summary>The deadlines of a call, and the rate at which its body arrives.</summary>
/// <remarks>The call's own flow writes the fields and the watch reads them, except for the fields that belong to the watch.</remarks>
internal sealed class CallTimes(TimeProvider clock, TimeSpan handlerTimeout, TimeSpan bodyGrace, int minBodyRate)
{
    /// <summary>The time-out of the function, in ticks of the clock.</summary>
    private readonly long _time = handlerTimeout == Timeout.InfiniteTimeSpan ? long.MaxValue : (long)(handlerTimeout.TotalSeconds * clock.TimestampFrequency);

    private long _deadline = long.MaxValue;
    private long _clientDeadline = long.MaxValue;

    /// <summary>The time when the call began to wait for its body; 0 if it does not wait.</summary>
    private long _bodyBegan;

    // Only the watch writes these: how long the current body may still be too slow, and the time and the byte count of the last calculation.
    private TimeSpan _credit;
    private long _judgedBody;
    private long _judgedAt;
    private long _judgedBytes;

    /// <summary>The time when the exchange began, in ticks of the clock.</summary>
    public long Began { get; private set; }

    public TimeProvider Clock => clock;

    /// <summary>The deadline of the client, in ticks of the clock.</summary>
    public long ClientDeadline => Volatile.Read(ref _clientDeadline);

    /// <summary>Whether the body is still being received.</summary>
    /// <remarks>A handler of the user's own may have done other work before it reads the body.</remarks>
    public bool IsReadingBody => Volatile.Read(ref _bodyBegan) != 0;

    /// <param name="clientTimeoutMs">The time-out of the client, including the body, in milliseconds; <c>null</c> if it declares none.</param>
    public void Begin(long? clientTimeoutMs)
    {
        var now = Began = clock.GetTimestamp();
        Volatile.Write(ref _bodyBegan, 0);
        Volatile.Write(ref _clientDeadline, clientTimeoutMs is { } time ? now + (long)(time / 1000.0 * clock.TimestampFrequency) : long.MaxValue);
        Volatile.Write(ref _deadline, DeadlineFrom(now));
    }

    /// <summary>Removes all deadlines, so that the watch does not judge this call, or the next one before it begins.</summary>
    /// <remarks>The next exchange opens before its times are set.</remarks>
    public void End()
    {
        Volatile.Write(ref _deadline, long.MaxValue);
        Volatile.Write(ref _clientDeadline, long.MaxValue);
        Volatile.Write(ref _bodyBegan, 0);
    }

    public void BodyBegins() => Volatile.Write(ref _bodyBegan, Math.Max(clock.GetTimestamp(), 1));

    /// <summary>Starts the function's time-out when the body has been received.</summary>
    /// <remarks>
    /// The call's flow writes <c>_deadline</c> and then <c>_bodyBegan</c>. The watch reads them in the opposite order (<see cref="Judge"/>), so that it never sees the old
    /// deadline of a call that no longer waits for its body.
    /// </remarks>
    public void BodyEnds()
    {
        Volatile.Write(ref _deadline, DeadlineFrom(clock.GetTimestamp()));
        Volatile.Write(ref _bodyBegan, 0);
    }

    /// <summary>Removes the deadlines, since a stream may take any time.</summary>
    public void StreamBegins()
    {
        Volatile.Write(ref _deadline, long.MaxValue);
        Volatile.Write(ref _clientDeadline, long.MaxValue);
    }

    /// <summary>Returns whether the call is late.</summary>
    /// <remarks>Only the watch calls this method.</remarks>
    /// <param name="now">The current time, in ticks of the clock.</param>
    /// <param name="bodyBytes">The number of bytes of the body that have been received.</param>
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

    /// <summary>How long the body may still stall; <c>null</c> if no body is being received.</summary>
    /// <remarks>The value is for comparison: it is read while the watch may write its fields, and may be slightly off.</remarks>
    public TimeSpan? CreditLeft(long bodyBytes) =>
        Volatile.Read(ref _bodyBegan) is not 0 and var began ? Credit(began, clock.GetTimestamp(), bodyBytes) : null;

    private TimeSpan Credit(long began, long now, long bodyBytes)
    {
        var isNew = _judgedBody != began || bodyBytes < _judgedBytes;
        var (credit, at, bytes) = isNew ? (bodyGrace, began, 0) : (_credit, _judgedAt, _judgedBytes);
        credit += TimeSpan.FromSeconds((double)(bodyBytes - bytes) / minBodyRate) - clock.GetElapsedTime(at, now);
        // Fast bytes earn no more than the grace period: a peer that sends much and then stalls has a few seconds, like any other.
        return credit < bodyGrace ? credit : bodyGrace;
    }

    private long DeadlineFrom(long now) => _time == long.MaxValue ? long.MaxValue : now + _time;
}

/// <summary>The reason why a call is given up.</summary>
internal enum CallLateness
{
    None,
    BodyTooSlow,
    OverItsTime,
    OverItsClientsTime,
}
