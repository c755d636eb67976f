using System.Globalization;

namespace JsonRpcLite;

/// <summary>Watches the time limits of each exchange: the rate of its body, and the deadlines of the server and of the client.</summary>
/// <remarks>
/// The watch answers a late exchange itself (a timer, on a thread of the pool), since the function may block its own thread. The function keeps the exchange and its permit until
/// it ends, and its own answer is dropped.
/// </remarks>
internal sealed class CallWatch : IDisposable
{
    /// <summary>How long a stream that was cancelled because it was late has for its last message.</summary>
    private static readonly TimeSpan LastMessageTime = TimeSpan.FromSeconds(5);

    private readonly JsonRpcServerOptions _options;
    private readonly CallsInFlight _calls;
    private readonly EarlyAnswers _answers;
    private readonly ITimer _timer;
    private readonly TimeSpan _tick;
    private readonly Lock _setting = new();

    /// <summary>The time of the next look, in ticks of the clock, written under the lock.</summary>
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

    /// <summary>The memory of bodies that are being received.</summary>
    public BodyBudget Budget { get; }

    /// <summary>Makes the watch look earlier, for a client whose deadline is before the next look.</summary>
    /// <remarks>
    /// <para>Few clients declare a time-out that is so short; and of many that do, only the first one moves the next look, since the deadlines of the others are later.</para>
    /// <para>The race: the watch's thread writes <c>_nextLook</c> and then reads the table of exchanges; the call's thread has entered its exchange in the table and then reads
    /// <c>_nextLook</c>. So either the watch sees the exchange, or the call sees the time of the next look.</para>
    /// </remarks>
    /// <param name="deadline">The deadline, in ticks of the clock.</param>
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
            // A timer counts whole milliseconds, and a call is late only after its deadline. However many clients declare short time-outs, the watch looks at most once in each
            // shortest tick.
            var wait = TimeSpan.FromMilliseconds(Math.Max(_options.TimeProvider.GetElapsedTime(now, deadline).TotalMilliseconds + 1, Housekeeping.ShortestTick));
            var look = now + TicksOf(wait);
            if (look >= _nextLook)
                return;
            Volatile.Write(ref _nextLook, look);
            _timer.Change(wait, _tick);
        }
    }

    /// <summary>Tracks the reading of a call's body: while the call waits for it, the call holds no permit and its bytes count.</summary>
    /// <exception cref="HttpRefusalException">The body has been received, but no permit is free: 503.</exception>
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

    /// <summary>Answers 503 to the calls that have not ended within the drain time, and cancels their tokens.</summary>
    /// <remarks>
    /// A call whose body is still being received is refused, and its client may try again elsewhere. The other calls have run, and may have done their work, so they get the code
    /// of a time-out. A batch gets an answer for each call.
    /// </remarks>
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
                // A batch finishes joining its answers soon, but a handler around it may run on.
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

    /// <summary>Cancels the functions of all streams, so that the shutdown does not wait for streams that may never end.</summary>
    /// <remarks>They can still send a last message, until the drain time ends.</remarks>
    public void CancelStreams() => _calls.Table.ForEach(static call =>
    {
        // A stream that has sent nothing yet may be waiting for its first item.
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
        // A look that takes longer than a tick must not overlap with the next one: only one thread may write the fields of CallTimes that belong to the watch.
        if (Interlocked.Exchange(ref _isLooking, 1) != 0)
            return;
        try
        {
            var now = _options.TimeProvider.GetTimestamp();
            lock (_setting)
                Volatile.Write(ref _nextLook, now + TicksOf(_tick));
            // The race with a call that enters the table now and then reads _nextLook: see LookBy.
            Interlocked.MemoryBarrier();
            var next = long.MaxValue;
            _calls.Table.ForEach(call =>
            {
                // In this order: read the state, read the call's times, and change the state only if it is still the one that was read.
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

    /// <summary>Cancels a stream that is late, and aborts it if it does not end within some seconds.</summary>
    /// <remarks>A stream is late only if it has sent nothing but heartbeats. Its cancelled function says so in the last message.</remarks>
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
            string.Create(CultureInfo.InvariantCulture, $"The body is slower than the minimum rate of {_options.Limits.MinRequestRate} bytes a second.")),
        CallLateness.OverItsClientsTime => _answers.AnswerAsync(
            call, 504, JsonRpcErrorCodes.TimedOut, $"The call took longer than the client's time-out ({HeaderFields.TimeoutMs})."),
        _ => _answers.AnswerAsync(call, 504, JsonRpcErrorCodes.TimedOut,
            string.Create(CultureInfo.InvariantCulture, $"The call took longer than {_options.Limits.HandlerTimeout.TotalSeconds:0.###} s.")),
    };

    private bool RefuseSlowBody(ServerCall call)
    {
        var seen = call.Exchange.Right.Look();
        if (!call.Times.IsReadingBody || !call.Exchange.TryTake(seen, ReplyEvent.GivenUp))
            return false;
        // On another thread, since this one is receiving the body of another call.
        _ = Task.Run(
            () => _answers.AnswerAsync(call, 408, JsonRpcErrorCodes.Refused, "The request bodies that the server is receiving take too much memory, and this one is the slowest."));
        return true;
    }
}
