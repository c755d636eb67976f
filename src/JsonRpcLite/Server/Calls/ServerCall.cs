namespace JsonRpcLite;

/// <summary>The server's data of an exchange that it serves: the permits, the times, and the bytes of its body.</summary>
/// <remarks>Each exchange object has one, which is reused with it.</remarks>
internal sealed class ServerCall(
    object owner, HttpExchange exchange, StripedPermits permits, StripedPermits streams, CallTimes times, FailureReport failures, CancellationToken stopping = default)
{
    private const int NoPermit = 0, HasLeft = -1;

    /// <summary>The stripe of the call's permit plus one; or <see cref="NoPermit"/> or <see cref="HasLeft"/>.</summary>
    /// <remarks>
    /// The call's flow takes and releases the permit. After that, a read of the body that the handler did not await, on another thread, must not take one: it compares this field
    /// with <see cref="NoPermit"/>, and finds <see cref="HasLeft"/>.
    /// </remarks>
    private int _permit;

    /// <summary>The stripe of the stream's permit plus one; <see cref="NoPermit"/> if the call is not a stream.</summary>
    /// <remarks>Only the call's flow writes it; the thread of the shutdown reads it.</remarks>
    private int _streamPermit;

    /// <summary>The measurement object, reused for the next exchange.</summary>
    private HttpMeasure? _httpMeasure;

    /// <summary>Whether the permit was released while the body is received, and must be taken again.</summary>
    private bool _isPermitLent;

    /// <summary>Whether a read of the body had to wait; only such a read can still run when the exchange ends.</summary>
    private bool _wasBodyAwaited;

    public HttpExchange Exchange => exchange;

    /// <summary>The server that created this object; another server creates its own.</summary>
    public object Owner => owner;

    /// <summary>The permits of functions, for a batch that runs several at a time.</summary>
    public StripedPermits Permits => permits;

    /// <summary>The receiver of unexpected exceptions.</summary>
    public FailureReport Failures => failures;

    public CallTimes Times => times;

    /// <summary>A token that is cancelled when the server begins to drain.</summary>
    public CancellationToken Stopping => stopping;

    /// <summary>The guard of the user's middleware around the exchange; <c>null</c> if there is none.</summary>
    public NextGuard? Next { get; set; }

    /// <summary>Whether a handler of the application's own serves the exchange, which may call other handlers.</summary>
    public bool IsOfHandler { get; init; }

    /// <summary>Whether the baggage of the peer is accepted.</summary>
    public bool AcceptsBaggage { get; init; }

    /// <summary>The measurement of the exchange's only call; <c>null</c> if it is not measured, and for a batch.</summary>
    public CallMeasure? Measure { get; set; }

    /// <summary>The measurement of the exchange itself, on a server that does not speak JSON-RPC; <c>null</c> if it is not measured.</summary>
    public HttpMeasure? HttpMeasure { get; private set; }

    public bool IsMeasured => Measure is not null || HttpMeasure is not null;

    /// <summary>The time when the exchange began, if there is a traffic log.</summary>
    public long Began { get; set; }

    /// <summary>The number of parts of a stream, and of bytes of its body, that have been sent.</summary>
    public (int Pieces, long Bytes) Sent { get; set; }

    /// <summary>The index of its segment in the table: that of the core that it began on.</summary>
    public int Segment { get; set; }

    /// <summary>The index of its slot in the segment.</summary>
    public int Slot { get; set; }

    /// <summary>The number of bytes of the body that the budget counts.</summary>
    private long _charged;

    /// <summary>Returns the data of an exchange; <c>null</c> if no server serves it.</summary>
    public static ServerCall? Of(HttpExchange exchange) => exchange.ServerState as ServerCall;

    /// <summary>Returns the receiver of exceptions that a handler does not report itself.</summary>
    public static FailureReport FailuresOf(HttpExchange exchange) => Of(exchange)?.Failures ?? FailureReport.ToStandardError;

    /// <summary>Whether the peer may see exceptions.</summary>
    /// <remarks>Only the server of the exchange can decide it, since it knows which addresses it listens on.</remarks>
    public static bool ShowsDetails(HttpExchange exchange) => Of(exchange)?.Failures.ShowsDetails(exchange) == true;

    /// <summary>Returns the facts about a failed call for the report.</summary>
    public static FailedCall Failed(HttpExchange exchange, int code, int statusCode, string? method = null, string? requestId = null)
    {
        var times = Of(exchange)?.Times;
        return new FailedCall
        {
            RemoteEndPoint = exchange.RemoteEndPoint,
            Method = method,
            RequestId = requestId,
            Code = code,
            StatusCode = statusCode,
            Duration = times?.Clock.GetElapsedTime(times.Began),
            TraceId = TraceParent.TraceOf(exchange),
            ShowsDetails = ShowsDetails(exchange),
        };
    }

    /// <summary>Ends the measurements when the reply has been sent, or when it is certain that none will be sent.</summary>
    /// <param name="statusCode">The status that was sent; <c>null</c> if no reply was sent.</param>
    public void EndMeasures(int? statusCode)
    {
        Measure?.End();
        HttpMeasure?.End(statusCode);
        (Measure, HttpMeasure) = (null, null);
    }

    /// <summary>Begins to measure the exchange itself.</summary>
    public HttpMeasure MeasureHttp() => HttpMeasure = _httpMeasure ??= new HttpMeasure();

    /// <summary>Ends the measurements when an early reply has been sent.</summary>
    /// <remarks>The fields keep their values: the exchange is never used again, and its flow may still read them.</remarks>
    public void EndMeasuresEarly(int statusCode, int code)
    {
        exchange.EarlyAnswer?.End(code);
        HttpMeasure?.End(statusCode);
    }

    /// <summary>Prepares the data for an exchange, before it enters the table.</summary>
    public void Begin(long? clientTimeoutMs)
    {
        _permit = NoPermit;
        _isPermitLent = _wasBodyAwaited = false;
        Sent = default;
        times.Begin(clientTimeoutMs);
    }

    /// <summary>Takes a permit for the function; returns <c>false</c> if no permit is free.</summary>
    /// <remarks>A call that already has a permit keeps it, since middleware may call the function again.</remarks>
    public bool TryTakePermit()
    {
        if (Volatile.Read(ref _permit) > NoPermit || _streamPermit > NoPermit)
            return true;
        var stripe = permits.Take(Segment);
        if (stripe < 0)
            return false;
        if (!_wasBodyAwaited)
            _permit = stripe + 1;
        else if (Interlocked.CompareExchange(ref _permit, stripe + 1, NoPermit) != NoPermit)
            permits.GiveBack(stripe);
        return true;
    }

    /// <summary>Whether the call has a stream's permit; for any thread.</summary>
    public bool IsStream => Volatile.Read(ref _streamPermit) > NoPermit;

    /// <summary>Whether the server is stopping, so that streams are cancelled.</summary>
    public bool IsStopping => AsksIfStopping?.Invoke() == true;

    /// <summary>Returns whether the server is stopping; <c>null</c> if no server serves the exchange.</summary>
    public Func<bool>? AsksIfStopping { get; init; }

    /// <summary>Takes a permit for a stream and releases the function's, so that silent streams do not block calls.</summary>
    /// <returns><c>false</c> if no permit is free. The call then keeps the permit that it has.</returns>
    public bool TryBecomeStream()
    {
        if (_streamPermit > NoPermit)
            return true;
        // Code that still runs after its handler has ended flushes too late: its permit would never be released.
        if (Volatile.Read(ref _permit) == HasLeft)
            return false;
        var stripe = streams.Take(Segment);
        if (stripe < 0)
            return false;
        Interlocked.Exchange(ref _streamPermit, stripe + 1);
        var held = Volatile.Read(ref _permit);
        if (held > NoPermit && Interlocked.CompareExchange(ref _permit, NoPermit, held) == held)
            permits.GiveBack(held - 1);
        return true;
    }

    /// <summary>Releases the permit while the body is being received, so that another call can use it.</summary>
    public void LendPermit()
    {
        _wasBodyAwaited = true;
        var held = Volatile.Read(ref _permit);
        if (held <= NoPermit || Interlocked.CompareExchange(ref _permit, NoPermit, held) != held)
            return;
        _isPermitLent = true;
        permits.GiveBack(held - 1);
    }

    /// <summary>Takes the permit again, if the call had one; returns <c>false</c> if no permit is free.</summary>
    public bool TryRegainPermit()
    {
        if (!_isPermitLent)
            return true;
        _isPermitLent = !TryTakePermit();
        return !_isPermitLent;
    }

    /// <summary>Takes the permit again, if the call had one, for a handler that continues without its body.</summary>
    /// <remarks>It may exceed the limit, since a handler that runs must count.</remarks>
    public void RegainPermit()
    {
        if (TryRegainPermit())
            return;
        _isPermitLent = false;
        var stripe = permits.TakeAnyway(Segment);
        if (Interlocked.CompareExchange(ref _permit, stripe + 1, NoPermit) != NoPermit)
            permits.GiveBack(stripe);
    }

    /// <summary>Releases the permits; the call cannot take another one.</summary>
    /// <remarks>A read of the body that was not awaited, or that begins too late, finds <see cref="HasLeft"/>.</remarks>
    public void Leave()
    {
        times.End();
        int held;
        if (exchange.HasReadBody)
            (held, _permit) = (_permit, HasLeft);
        else
            held = Interlocked.Exchange(ref _permit, HasLeft);
        if (held > NoPermit)
            permits.GiveBack(held - 1);
        if (_streamPermit == NoPermit)
            return;
        streams.GiveBack(_streamPermit - 1);
        _streamPermit = NoPermit;
    }

    /// <summary>Sets the number of bytes that the budget counts, and returns the difference from the number before.</summary>
    public long Charge(long bytes) => bytes - Interlocked.Exchange(ref _charged, bytes);

    /// <summary>The number of bytes of the body that the budget counts.</summary>
    public long Charged => Volatile.Read(ref _charged);
}
