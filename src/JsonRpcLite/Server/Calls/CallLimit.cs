using System.Globalization;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// Counts the calls in flight, refuses those above the limit and those that come while the server stops, and watches the time of each: the
/// body must keep coming, and the function must be done, in the server's time and in its client's. A call that is late is answered by the watch (a timer, on a thread of the pool), since the
/// function may block its own thread; the function keeps the exchange and its place until it ends, and its answer is dropped.
/// </summary>
internal sealed class CallLimit : IDisposable
{
    /// <summary>In milliseconds. What clients ask for makes the watch look no more often than this, however many they are.</summary>
    private const int ShortestTick = 10;

    private readonly JsonRpcServerOptions _options;
    private readonly ErrorReply _errors;
    private readonly Action<HttpExchange, EarlyReply> _onEarlyReply;
    private readonly HttpExchangeHandler _next;
    private readonly ITimer _watch;
    private readonly TimeSpan _tick;

    /// <summary>Guards everything below, and that an exchange in a place is the one whose handler runs.</summary>
    private readonly Lock _lock = new();
    private readonly List<CallPlace> _taken = [];
    private readonly Stack<CallPlace> _free = [];
    private int _takenMore;

    /// <summary>When the watch looks the next time, in the clock's own ticks.</summary>
    private long _nextLook;
    private TaskCompletionSource? _drained;

    public CallLimit(JsonRpcServerOptions options, ErrorReply errors, Action<HttpExchange, EarlyReply> onEarlyReply, HttpExchangeHandler next)
    {
        _options = options;
        _errors = errors;
        _onEarlyReply = onEarlyReply;
        _next = next;
        var shortest = options.Limits.HandlerTimeout == Timeout.InfiniteTimeSpan || options.Limits.HandlerTimeout > options.Limits.RequestGracePeriod
            ? options.Limits.RequestGracePeriod : options.Limits.HandlerTimeout;
        _tick = TimeSpan.FromMilliseconds(Math.Clamp(shortest.TotalMilliseconds / 10, ShortestTick, 1000));
        _nextLook = options.TimeProvider.GetTimestamp() + TicksOf(_tick);
        _watch = options.TimeProvider.CreateTimer(static limit => ((CallLimit)limit!).AnswerLateCalls(), this, _tick, _tick);
    }

    /// <summary>Whether the end is near: calls are served, and each connection ends with its reply.</summary>
    public bool IsDraining { get; private set; }

    /// <summary>Whether new calls are refused.</summary>
    public bool IsStopping { get; private set; }

    private bool IsFull => _taken.Count + _takenMore >= _options.Limits.MaxConcurrentCalls;

    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (!TryGetClientTimeout(exchange.RequestFields, out var clientTimeoutMs))
        {
            _errors.Refuse(exchange, 400, $"{HttpFields.TimeoutMs} is no number of milliseconds, 1 to 10 digits and at least 1.");
            return default;
        }
        if (TryEnter(exchange, clientTimeoutMs) is { } place)
            return RunAsync(place, exchange, cancellationToken);

        exchange.ResponseFields["Retry-After"] = "1";
        exchange.CloseConnection = true;
        _errors.Refuse(exchange, 503, IsStopping ? "The server is stopping." : "Too many calls are in flight; try again.");
        return default;
    }

    /// <summary>Ends each connection with its next reply from now on, so that clients come back elsewhere.</summary>
    public void BeginToDrain() => IsDraining = true;

    /// <summary>Refuses new calls from now on; the task ends when none is in flight.</summary>
    public Task StopAsync()
    {
        lock (_lock)
        {
            IsDraining = IsStopping = true;
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_taken.Count == 0)
                _drained.TrySetResult();
            return _drained.Task;
        }
    }

    /// <summary>
    /// Answers 503 to the calls that stopping has waited for in vain, and cancels their tokens. Whoever still sends a body is refused, and may try again elsewhere. The others have run, and may have
    /// done what they were to do: their code is that of a call that took too long. A batch is answered call by call.
    /// </summary>
    public Task EndSurvivorsAsync()
    {
        List<(CallPlace Place, HttpExchange Exchange)> survivors = [];
        lock (_lock)
        {
            foreach (var place in _taken)
            {
                // Both are taken along: outside of the lock the place may be left.
                if (place.Exchange!.TryBeginEarlyReply())
                    survivors.Add((place, place.Exchange));
            }
        }
        return Task.WhenAll(survivors.ConvertAll(s => s.Place.IsReadingBody
            ? EndAsync(s.Place, s.Exchange, 503, JsonRpcErrorCodes.Refused, "The server is stopping.")
            : EndAsync(s.Place, s.Exchange, 503, JsonRpcErrorCodes.TimedOut, "The server stopped before the call was done.")));
    }

    public bool TryTakeAnother()
    {
        lock (_lock)
        {
            if (IsStopping || IsFull)
                return false;
            _takenMore++;
            return true;
        }
    }

    public void GiveBackAnother()
    {
        lock (_lock)
            _takenMore--;
    }

    public void Dispose() => _watch.Dispose();

    private static bool TryGetClientTimeout(HttpFields fields, out long? milliseconds)
    {
        const int maxDigits = 10;
        milliseconds = null;
        if (fields[HttpFields.TimeoutMs] is not { } text)
            return true;
        if (text.Length > maxDigits || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            return false;
        milliseconds = number;
        return true;
    }

    private CallPlace? TryEnter(HttpExchange exchange, long? clientTimeoutMs)
    {
        lock (_lock)
        {
            if (IsStopping || IsFull)
                return null;
            if (!_free.TryPop(out var place))
                place = new CallPlace(this, _options.TimeProvider, _options.Limits.HandlerTimeout);
            place.Exchange = exchange;
            place.CallBegins(clientTimeoutMs);
            LookBy(place.ClientDeadline);
            place.Index = _taken.Count;
            _taken.Add(place);
            exchange.Place = place;
            return place;
        }
    }

    private void Leave(CallPlace place)
    {
        lock (_lock)
        {
            // The last one moves into the gap, so that leaving costs the same however many are in flight.
            var last = _taken[^1];
            _taken[place.Index] = last;
            last.Index = place.Index;
            _taken.RemoveAt(_taken.Count - 1);

            // A call that was answered early may still be about to be cancelled: its token must not become another call's.
            var isReusable = !place.Exchange!.IsAnsweredEarly && !place.IsCancelling && place.Cancellation.TryReset();
            place.Exchange.Place = null;
            place.Exchange = null;
            if (isReusable)
                _free.Push(place);
            if (IsStopping && _taken.Count == 0)
                _drained?.TrySetResult();
        }
    }

    /// <summary>For the transport: the caller is gone. What the token's callbacks do, and for how long, is the function's concern.</summary>
    public void Cancel(CallPlace place, HttpExchange exchange)
    {
        lock (_lock)
        {
            if (place.Exchange != exchange)
                return;
            place.IsCancelling = true;
        }
        _ = place.Cancellation.CancelAsync();
    }

    private ValueTask RunAsync(CallPlace place, HttpExchange exchange, CancellationToken cancellationToken)
    {
        var disconnect = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), place.Cancellation);
        ValueTask running;
        try
        {
            running = _next(exchange, place.Cancellation.Token);
        }
        catch (Exception e)
        {
            running = ValueTask.FromException(e);
        }
        // Nearly every call has ended by now, and needs no machinery for waiting; but for one whose caller goes away in this very moment.
        if (!running.IsCompletedSuccessfully || cancellationToken.CanBeCanceled && !disconnect.Unregister())
            return AwaitAsync(running, disconnect, place, exchange);
        running.GetAwaiter().GetResult();
        End(place, exchange);
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitAsync(ValueTask running, CancellationTokenRegistration disconnect, CallPlace place, HttpExchange exchange)
    {
        try
        {
            await running.ConfigureAwait(false);
        }
        finally
        {
            await disconnect.DisposeAsync().ConfigureAwait(false);
            End(place, exchange);
        }
    }

    private void End(CallPlace place, HttpExchange exchange)
    {
        if (IsDraining && !exchange.IsAnsweredEarly)
            exchange.CloseConnection = true;
        Leave(place);
    }

    /// <summary>
    /// Lets the watch look earlier than it would, for a client that waits for less than is left until then. Nearly none does; and of many that do only the first moves the watch, since the time of
    /// the others ends later. Under the lock.
    /// </summary>
    private void LookBy(long deadline)
    {
        if (deadline >= _nextLook)
            return;
        var now = _options.TimeProvider.GetTimestamp();
        // A timer counts whole milliseconds, and a call is late only after its deadline.
        var wait = TimeSpan.FromMilliseconds(Math.Max(_options.TimeProvider.GetElapsedTime(now, deadline).TotalMilliseconds + 1, ShortestTick));
        var look = now + TicksOf(wait);
        if (look >= _nextLook)
            return;
        _nextLook = look;
        _watch.Change(wait, _tick);
    }

    private long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * _options.TimeProvider.TimestampFrequency);

    private void AnswerLateCalls()
    {
        List<(CallPlace Place, HttpExchange Exchange, CallLateness Lateness)>? late = null;
        lock (_lock)
        {
            var now = _options.TimeProvider.GetTimestamp();
            _nextLook = now + TicksOf(_tick);
            var next = long.MaxValue;
            foreach (var place in _taken)
            {
                var lateness = place.Judge(now, _options.Limits.RequestGracePeriod, _options.Limits.MinRequestRate);
                if (lateness == CallLateness.None)
                    next = Math.Min(next, place.ClientDeadline);
                if (lateness != CallLateness.None && place.Exchange!.TryBeginEarlyReply())
                    (late ??= []).Add((place, place.Exchange, lateness));
            }
            LookBy(next);
        }
        foreach (var (place, exchange, lateness) in late ?? [])
        {
            _ = lateness switch
            {
                CallLateness.BodyTooSlow => EndAsync(place, exchange, 408, JsonRpcErrorCodes.Refused, $"The body comes slower than {_options.Limits.MinRequestRate} bytes a second."),
                CallLateness.OverItsClientsTime => EndAsync(place, exchange, 504, JsonRpcErrorCodes.TimedOut, $"The call took longer than its client waits ({HttpFields.TimeoutMs})."),
                _ => EndAsync(place, exchange, 504, JsonRpcErrorCodes.TimedOut, $"The call took longer than {_options.Limits.HandlerTimeout.TotalSeconds:0.###} s."),
            };
        }
    }

    private EarlyReply MakeReply(HttpExchange exchange, int statusCode, int code, string message)
    {
        try
        {
            if (code == JsonRpcErrorCodes.TimedOut && exchange.EarlyAnswer is { } answer)
                return answer.Make(statusCode, message);
        }
        catch (Exception e)
        {
            // Somebody waits for a reply: any is better than none.
            exchange.Failures?.Report(e, exchange.RemoteEndPoint);
        }
        return _errors.MakeEarly(statusCode, code, message);
    }

    private async Task EndAsync(CallPlace place, HttpExchange exchange, int statusCode, int code, string message)
    {
        try
        {
            // The token's callbacks are user code; they may block or throw, and are nobody's concern but the function's.
            _ = place.Cancellation.CancelAsync();
            var reply = MakeReply(exchange, statusCode, code, message);
            if (exchange.CallingOrigin is { } origin)
                BrowserGuard.LetRead(reply.Fields, origin);
            var sending = exchange.SendEarlyAsync(reply.StatusCode, reply.Fields, reply.Body);
            // A log that blocks must not hold up the others that are late.
            _ = Task.Run(() => _onEarlyReply(exchange, reply));
            await sending.ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The connection is gone; nobody waits for this reply any more.
        }
    }
}
