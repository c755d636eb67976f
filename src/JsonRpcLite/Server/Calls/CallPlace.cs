using System.Diagnostics;

namespace JsonRpcLite;

/// <summary>One place among the calls in flight: whose call it is, by when it must be done, and the token that ends it.</summary>
internal sealed class CallPlace(CallLimit limit, TimeProvider clock, TimeSpan handlerTimeout)
{
    /// <summary>The function's time in the clock's own ticks.</summary>
    private readonly long _time = handlerTimeout == Timeout.InfiniteTimeSpan ? long.MaxValue : (long)(handlerTimeout.TotalSeconds * clock.TimestampFrequency);

    /// <summary>When the body began to be read, 0 when it is not being read. Written by the call, read by the watch.</summary>
    private long _bodyBegan;

    /// <summary>By when the function must be done. Written by the call, read by the watch.</summary>
    private long _deadline;

    /// <summary>By when the client gives up. Written by the call, read by the watch.</summary>
    private long _clientDeadline;

    /// <summary>By when the client gives up, in the clock's own ticks.</summary>
    public long ClientDeadline => Volatile.Read(ref _clientDeadline);

    /// <summary>Whether the body is still coming. A handler of the user's own may have done other things before.</summary>
    public bool IsReadingBody => Volatile.Read(ref _bodyBegan) != 0;

    /// <summary>The call that has this place; <c>null</c> when it is free. Only under the lock of the limit.</summary>
    public HttpExchange? Exchange { get; set; }

    /// <summary>Where it stands in the list of taken places. Only under the lock of the limit.</summary>
    public int Index { get; set; }

    public CancellationTokenSource Cancellation { get; } = new();

    /// <summary>Whether the token is being cancelled, or about to be. Only under the lock of the limit.</summary>
    public bool IsCancelling { get; set; }

    /// <summary>Cancels the token of that call, if it still has this place.</summary>
    public void Cancel(HttpExchange exchange) => limit.Cancel(this, exchange);

    /// <summary>Takes one more place for the same call, if one is free.</summary>
    public bool TryTakeAnother() => limit.TryTakeAnother();

    public void GiveBackAnother() => limit.GiveBackAnother();

    /// <param name="clientTimeoutMs">How long the client waits, body included; <c>null</c> where it does not say.</param>
    public void CallBegins(long? clientTimeoutMs)
    {
        var now = clock.GetTimestamp();
        Volatile.Write(ref _deadline, DeadlineFrom(now));
        Volatile.Write(ref _clientDeadline, clientTimeoutMs is { } time ? now + (long)(time / 1000.0 * clock.TimestampFrequency) : long.MaxValue);
        Volatile.Write(ref _bodyBegan, 0);
    }

    public void BodyBegins() => Volatile.Write(ref _bodyBegan, Math.Max(clock.GetTimestamp(), 1));

    /// <summary>The function's time begins when the body has come. The order matters: the watch reads the other way round.</summary>
    public void BodyEnds()
    {
        Volatile.Write(ref _deadline, DeadlineFrom(clock.GetTimestamp()));
        Volatile.Write(ref _bodyBegan, 0);
    }

    public CallLateness Judge(long now, TimeSpan grace, int minBodyRate)
    {
        Debug.Assert(Exchange is not null);
        if (now > ClientDeadline)
            return CallLateness.OverItsClientsTime;
        if (Volatile.Read(ref _bodyBegan) is not 0 and var began)
        {
            var allowed = grace + TimeSpan.FromSeconds((double)Exchange.BodyBytesRead / minBodyRate);
            return clock.GetElapsedTime(began, now) > allowed ? CallLateness.BodyTooSlow : CallLateness.None;
        }
        return now > Volatile.Read(ref _deadline) ? CallLateness.OverItsTime : CallLateness.None;
    }

    private long DeadlineFrom(long now) => _time == long.MaxValue ? long.MaxValue : now + _time;
}

internal enum CallLateness
{
    None,
    BodyTooSlow,
    OverItsTime,
    OverItsClientsTime,
}
