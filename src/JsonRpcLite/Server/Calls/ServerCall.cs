namespace JsonRpcLite;

/// <summary>
/// What a server keeps with an exchange while it serves it: its permit, its times, what its body holds. One for each exchange object, used again with it.
/// </summary>
internal sealed class ServerCall(
    object owner, HttpExchange exchange, StripedPermits permits, StripedPermits streams, CallTimes times, FailureReport failures, CancellationToken stopping = default)
{
    private const int NoPermit = 0, HasLeft = -1;

    /// <summary>
    /// The stripe of the call's permit and one; or one of the constants. The flow takes and gives it back; a read of the body that was left behind must not take one any more.
    /// </summary>
    private int _permit;

    /// <summary>The stripe of the stream's permit and one; <see cref="NoPermit"/> where it is not a stream. Written by the flow alone, and read by the shutdown.</summary>
    private int _streamPermit;

    /// <summary>Used again for the next exchange.</summary>
    private HttpMeasure? _httpMeasure;

    /// <summary>Whether the permit was given back while the body comes, and is to be taken again.</summary>
    private bool _isPermitLent;

    /// <summary>Whether a read of the body had to wait: only then can one be left behind.</summary>
    private bool _wasBodyAwaited;

    public HttpExchange Exchange => exchange;

    /// <summary>The server that has made it: another makes its own.</summary>
    public object Owner => owner;

    /// <summary>The permits of functions, for a batch that runs several at a time.</summary>
    public StripedPermits Permits => permits;

    /// <summary>Where unexpected exceptions go.</summary>
    public FailureReport Failures => failures;

    public CallTimes Times => times;

    /// <summary>Cancelled when the server begins to drain.</summary>
    public CancellationToken Stopping => stopping;

    /// <summary>Watches over middleware of the user's own around the exchange; <c>null</c> where there is none.</summary>
    public NextGuard? Next { get; set; }

    /// <summary>Whether the exchange is served by a handler of the application's own, which may call others.</summary>
    public bool IsOfHandler { get; init; }

    /// <summary>Whether the peer's baggage is taken.</summary>
    public bool AcceptsBaggage { get; init; }

    /// <summary>The measure of a call that is the exchange's only one; <c>null</c> where it is not measured, and for a batch.</summary>
    public CallMeasure? Measure { get; set; }

    /// <summary>The measure of the exchange itself, on a server that does not speak JSON-RPC; <c>null</c> where it is not measured.</summary>
    public HttpMeasure? HttpMeasure { get; private set; }

    public bool IsMeasured => Measure is not null || HttpMeasure is not null;

    /// <summary>When the exchange began, where a log wants to know.</summary>
    public long Began { get; set; }

    /// <summary>Of a stream: how many pieces and how many bytes of body have been sent.</summary>
    public (int Pieces, long Bytes) Sent { get; set; }

    /// <summary>In which segment of the table it stands: that of the core that it began on.</summary>
    public int Segment { get; set; }

    /// <summary>Where it stands in its segment.</summary>
    public int Slot { get; set; }

    /// <summary>How many bytes of the body are reckoned in the budget.</summary>
    private long _charged;

    /// <summary><c>null</c> where no server serves the exchange.</summary>
    public static ServerCall? Of(HttpExchange exchange) => exchange.ServerState as ServerCall;

    /// <summary>Where exceptions go that a handler does not report itself.</summary>
    public static FailureReport FailuresOf(HttpExchange exchange) => Of(exchange)?.Failures ?? FailureReport.ToStandardError;

    /// <summary>Whether the peer may see exceptions. Only the server can say that the exchange belongs to, which knows whom it listens to.</summary>
    public static bool ShowsDetails(HttpExchange exchange) => Of(exchange)?.Failures.ShowsDetails(exchange) == true;

    /// <summary>What a report says of a call that failed.</summary>
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

    /// <summary>The reply has been sent, or none ever will be.</summary>
    /// <param name="statusCode">The status that was sent; <c>null</c> where none was.</param>
    public void EndMeasures(int? statusCode)
    {
        Measure?.End();
        HttpMeasure?.End(statusCode);
        (Measure, HttpMeasure) = (null, null);
    }

    /// <summary>Measures the exchange itself.</summary>
    public HttpMeasure MeasureHttp() => HttpMeasure = _httpMeasure ??= new HttpMeasure();

    /// <summary>An early reply has been sent. The exchange is never used again, and its flow may still look at its measures.</summary>
    public void EndMeasuresEarly(int statusCode, int code)
    {
        exchange.EarlyAnswer?.End(code);
        HttpMeasure?.End(statusCode);
    }

    /// <summary>Before the exchange enters the table.</summary>
    public void Begin(long? clientTimeoutMs)
    {
        _permit = NoPermit;
        _isPermitLent = _wasBodyAwaited = false;
        Sent = default;
        times.Begin(clientTimeoutMs);
    }

    /// <summary>Takes a permit for the function, unless the call has one: middleware may call the function again. False where none is free.</summary>
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

    /// <summary>Whether it has a stream's permit, for any thread.</summary>
    public bool IsStream => Volatile.Read(ref _streamPermit) > NoPermit;

    /// <summary>Whether the server stops: what streams is cancelled.</summary>
    public bool IsStopping => AsksIfStopping?.Invoke() == true;

    /// <summary>Says whether the server stops; <c>null</c> where no server does.</summary>
    public Func<bool>? AsksIfStopping { get; init; }

    /// <summary>
    /// Takes a permit for a stream, and gives the function's back: many streams that are silent keep no call out. False where none is free, and then the call stays what it is.
    /// </summary>
    public bool TryBecomeStream()
    {
        if (_streamPermit > NoPermit)
            return true;
        // Work that a handler left behind flushes too late: its permit would never be given back.
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

    /// <summary>While the body comes, the permit is another call's.</summary>
    public void LendPermit()
    {
        _wasBodyAwaited = true;
        var held = Volatile.Read(ref _permit);
        if (held <= NoPermit || Interlocked.CompareExchange(ref _permit, NoPermit, held) != held)
            return;
        _isPermitLent = true;
        permits.GiveBack(held - 1);
    }

    /// <summary>Takes a permit again, if there was one. False where none is free.</summary>
    public bool TryRegainPermit()
    {
        if (!_isPermitLent)
            return true;
        _isPermitLent = !TryTakePermit();
        return !_isPermitLent;
    }

    /// <summary>For a handler that goes on without its body: takes a permit again, if there was one, and above the limit if it must. What runs counts.</summary>
    public void RegainPermit()
    {
        if (TryRegainPermit())
            return;
        _isPermitLent = false;
        var stripe = permits.TakeAnyway(Segment);
        if (Interlocked.CompareExchange(ref _permit, stripe + 1, NoPermit) != NoPermit)
            permits.GiveBack(stripe);
    }

    /// <summary>Gives the permit back, and takes none any more. A read of the body that was left behind, or is begun too late, finds that.</summary>
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

    /// <summary>Reckons with so many bytes of the body, and says how many more that is than before.</summary>
    public long Charge(long bytes) => bytes - Interlocked.Exchange(ref _charged, bytes);

    /// <summary>How many bytes of the body are reckoned with.</summary>
    public long Charged => Volatile.Read(ref _charged);
}
