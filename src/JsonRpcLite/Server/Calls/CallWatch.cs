using System.Globalization;

namespace JsonRpcLite;

/// <summary>
/// Watches the time of each exchange: its body must keep coming, and its function must be done, in the server's time and in its client's. One that is late is answered by the watch
/// (a timer, on a thread of the pool), since the function may block its own thread; the function keeps the exchange and its permit until it ends, and what it answers is dropped.
/// </summary>
internal sealed class CallWatch : IDisposable
{
    /// <summary>How long a stream that was cancelled since it was late has for its last message.</summary>
    private static readonly TimeSpan LastMessageTime = TimeSpan.FromSeconds(5);

    private readonly JsonRpcServerOptions _options;
    private readonly CallsInFlight _calls;
    private readonly EarlyAnswers _answers;
    private readonly ITimer _timer;
    private readonly TimeSpan _tick;
    private readonly Lock _setting = new();

    /// <summary>When the watch looks the next time, in the clock's own ticks. Written under the lock.</summary>
    private long _nextLook;

    private int _isLooking;

    public CallWatch(JsonRpcServerOptions options, CallsInFlight calls, EarlyAnswers answers)
    {
        (_options, _calls, _answers) = (options, calls, answers);
        Budget = new BodyBudget(options.Limits.MaxRequestBodyMemory, options.Limits.MaxRequestBodyMemoryPerAddress, calls.Table, RefuseSlowBody);
        var shortest = options.Limits.HandlerTimeout == Timeout.InfiniteTimeSpan || options.Limits.HandlerTimeout > options.Limits.RequestGracePeriod
            ? options.Limits.RequestGracePeriod : options.Limits.HandlerTimeout;
        _tick = Housekeeping.TickFor(shortest);
        _nextLook = options.TimeProvider.GetTimestamp() + TicksOf(_tick);
        _timer = options.TimeProvider.CreateTimer(static watch => ((CallWatch)watch!).Look(), this, _tick, _tick);
    }

    /// <summary>The memory of bodies under way.</summary>
    public BodyBudget Budget { get; }

    /// <summary>
    /// Lets the watch look earlier than it would, for a client that waits for less than is left until then. Nearly none does; and of many that do only the first moves the watch,
    /// since the time of the others ends later. Called when the exchange is in the table: the watch writes down when it will look next, and then looks at the table; a call does it
    /// the other way round.
    /// </summary>
    /// <param name="deadline">In the clock's own ticks.</param>
    public void LookBy(long deadline)
    {
        if (deadline == long.MaxValue)
            return;
        Interlocked.MemoryBarrier();
        if (deadline >= Volatile.Read(ref _nextLook))
            return;
        lock (_setting)
        {
            var now = _options.TimeProvider.GetTimestamp();
            // A timer counts whole milliseconds, and a call is late only after its deadline. However many clients ask for short times, the watch looks no more often than at each
            // tick of the shortest.
            var wait = TimeSpan.FromMilliseconds(Math.Max(_options.TimeProvider.GetElapsedTime(now, deadline).TotalMilliseconds + 1, Housekeeping.ShortestTick));
            var look = now + TicksOf(wait);
            if (look >= _nextLook)
                return;
            Volatile.Write(ref _nextLook, look);
            _timer.Change(wait, _tick);
        }
    }

    /// <summary>What the reading of a body does to its call: while it waits, the call holds no permit, and its bytes are reckoned.</summary>
    /// <exception cref="HttpRefusalException">The body has come, and no permit is free: 503.</exception>
    public void OnBody(HttpExchange exchange, BodyStage stage)
    {
        var call = ServerCall.Of(exchange)!;
        switch (stage)
        {
            case BodyStage.Awaited:
                call.LendPermit();
                call.Times.BodyBegins();
                Budget.Charge(call);
                break;
            case BodyStage.Coming:
                Budget.Charge(call);
                break;
            case BodyStage.Come:
                call.Times.BodyEnds();
                if (!call.TryRegainPermit())
                    throw new HttpRefusalException(503, CallsInFlight.Full) { RetryAfter = TimeSpan.FromSeconds(1) };
                break;
            default:
                call.Times.BodyEnds();
                Budget.Release(call);
                call.RegainPermit();
                break;
        }
    }

    /// <summary>
    /// Answers 503 to the calls that stopping has waited for in vain, and cancels their tokens. Whoever still sends a body is refused, and may try again elsewhere. The others have
    /// run, and may have done what they were to do: their code is that of a call that took too long. A batch is answered call by call.
    /// </summary>
    public Task EndSurvivorsAsync()
    {
        List<Task> answering = [];
        _calls.Table.ForEach(call =>
        {
            var wait = default(SpinWait);
            bool isReadingBody;
            while (true)
            {
                var seen = call.Exchange.Right.Look();
                if (seen.State == ReplyState.Streaming && TryAbort(call, seen))
                    return;
                isReadingBody = call.Times.IsReadingBody;
                if (seen.State == ReplyState.Open && call.Exchange.TryTake(seen, ReplyEvent.GivenUp))
                    break;
                // A batch that is joining its answers is done in a moment, but may have a handler around it that is not.
                if (call.Exchange.Right.State is not (ReplyState.Open or ReplyState.Joining or ReplyState.Streaming))
                    return;
                wait.SpinOnce();
            }
            answering.Add(isReadingBody
                ? _answers.AnswerAsync(call, 503, JsonRpcErrorCodes.Refused, CallsInFlight.Stopping)
                : _answers.AnswerAsync(call, 503, JsonRpcErrorCodes.TimedOut, "The server stopped before the call was done."));
        });
        return Task.WhenAll(answering);
    }

    /// <summary>
    /// Cancels the functions of all streams, so that a stop need not wait for what might never end. They may still say how they have ended, until the drain's time is over.
    /// </summary>
    public void CancelStreams() => _calls.Table.ForEach(static call =>
    {
        // One that has sent nothing so far may wait for its first item.
        while (call.IsStream && call.Exchange.Right.Look() is { State: ReplyState.Open or ReplyState.Streaming, IsCancelled: false } seen)
        {
            if (call.Exchange.TryCancel(seen))
                return;
        }
    });

    public void Dispose() => _timer.Dispose();

    private long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * _options.TimeProvider.TimestampFrequency);

    private void Look()
    {
        // A look that takes longer than a tick must not meet the next one: what is judged belongs to one thread.
        if (Interlocked.Exchange(ref _isLooking, 1) != 0)
            return;
        try
        {
            var now = _options.TimeProvider.GetTimestamp();
            lock (_setting)
                Volatile.Write(ref _nextLook, now + TicksOf(_tick));
            // Against a call that enters the table in this moment, and asks when the next look is.
            Interlocked.MemoryBarrier();
            var next = long.MaxValue;
            _calls.Table.ForEach(call =>
            {
                // In this order: the word, what it stands for, and then the move of this very word.
                var seen = call.Exchange.Right.Look();
                if (seen.State == ReplyState.Streaming)
                    JudgeStream(call, seen, now);
                if (seen.State != ReplyState.Open)
                    return;
                var deadline = call.Times.ClientDeadline;
                var lateness = call.Times.Judge(now, call.Exchange.BodyBytesRead);
                if (lateness == CallLateness.None)
                    next = Math.Min(next, deadline);
                else if (call.Exchange.TryTake(seen, ReplyEvent.GivenUp))
                    _ = AnswerAsync(call, lateness);
            });
            LookBy(next);
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    /// <summary>
    /// A stream is late only where it has sent nothing but signs of life. Its function is cancelled, and says so in the last message. One that does not end is cut off after some
    /// seconds.
    /// </summary>
    private void JudgeStream(ServerCall call, ReplyRight.ReplySnapshot seen, long now)
    {
        if (!seen.IsCancelled && call.Times.Judge(now, call.Exchange.BodyBytesRead) != CallLateness.None)
            call.Exchange.TryCancel(seen);
        else if (seen.IsCancelled && call.Times.Judge(now - TicksOf(LastMessageTime), call.Exchange.BodyBytesRead) != CallLateness.None)
            TryAbort(call, seen);
    }

    private static bool TryAbort(ServerCall call, ReplyRight.ReplySnapshot seen)
    {
        if (!call.Exchange.TryTake(seen, ReplyEvent.GivenUp))
            return false;
        call.Exchange.Abort();
        return true;
    }

    private Task AnswerAsync(ServerCall call, CallLateness lateness) => lateness switch
    {
        CallLateness.BodyTooSlow => _answers.AnswerAsync(call, 408, JsonRpcErrorCodes.Refused,
            string.Create(CultureInfo.InvariantCulture, $"The body comes slower than {_options.Limits.MinRequestRate} bytes a second.")),
        CallLateness.OverItsClientsTime => _answers.AnswerAsync(call, 504, JsonRpcErrorCodes.TimedOut, $"The call took longer than its client waits ({HeaderFields.TimeoutMs})."),
        _ => _answers.AnswerAsync(call, 504, JsonRpcErrorCodes.TimedOut,
            string.Create(CultureInfo.InvariantCulture, $"The call took longer than {_options.Limits.HandlerTimeout.TotalSeconds:0.###} s.")),
    };

    private bool RefuseSlowBody(ServerCall call)
    {
        var seen = call.Exchange.Right.Look();
        if (!call.Times.IsReadingBody || !call.Exchange.TryTake(seen, ReplyEvent.GivenUp))
            return false;
        // Not here, on the thread of another call's body.
        _ = Task.Run(
            () => _answers.AnswerAsync(call, 408, JsonRpcErrorCodes.Refused, "The server holds too much of bodies that are still coming, and this one comes the slowest."));
        return true;
    }
}
