namespace JsonRpcLite;

/// <summary>
/// The gate of a server: admits exchanges from their head on, and calls when their function is about to run, each up to its limit, and counts them until they end, also when the
/// server waits for that. Thread-safe; nothing in it is written by every call but stripes and slots of the processor core.
/// </summary>
/// <param name="options">The limits, and the clock.</param>
/// <param name="isOfHandler">Whether a handler of the application's own serves.</param>
internal sealed class CallsInFlight(JsonRpcServerOptions options, bool isOfHandler = false)
{
    public const string Stopping = "The server is stopping.";
    public const string Full = "Too many calls are in flight; try again.";
    public const string FullOfStreams = "Too many streams are open; try again.";

    private readonly CancellationTokenSource _draining = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isDraining;
    private volatile bool _isStopping;

    /// <summary>The same for all calls.</summary>
    private Func<bool>? _askIfStopping;

    /// <summary>The exchanges under way.</summary>
    public ExchangeTable Table { get; } = new(options.Limits.MaxConcurrentExchanges);

    /// <summary>The permits of functions.</summary>
    public StripedPermits Permits { get; } = new(options.Limits.MaxConcurrentCalls);

    /// <summary>The permits of streams.</summary>
    public StripedPermits Streams { get; } = new(options.Limits.MaxConcurrentStreams);

    /// <summary>Whether the end is near: calls are served, and each connection ends with its reply.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>Cancelled when draining begins.</summary>
    public CancellationToken DrainBegins => _draining.Token;

    /// <summary>Whether new exchanges are refused.</summary>
    public bool IsStopping => _isStopping;

    public ServerCall MakeCall(HttpExchange exchange, FailureReport failures) =>
        new(this, exchange, Permits, Streams,
            new CallTimes(options.TimeProvider, options.Limits.HandlerTimeout, options.Limits.RequestGracePeriod, options.Limits.MinRequestRate), failures, DrainBegins)
        {
            AcceptsBaggage = options.AcceptBaggage,
            IsOfHandler = isOfHandler,
            AsksIfStopping = _askIfStopping ??= () => _isStopping,
        };

    /// <summary>Lets an exchange in. False where there are too many, or the server stops.</summary>
    public bool TryEnter(ServerCall call)
    {
        if (_isStopping || !Table.TryEnter(call))
            return false;
        // The stop says that it stops, and looks into the table then; here it is the other way round.
        if (!_isStopping)
            return true;
        Leave(call);
        return false;
    }

    public void Leave(ServerCall call)
    {
        call.Leave();
        Table.Leave(call);
        if (_isStopping && Table.IsEmpty)
            _drained.TrySetResult();
    }

    /// <summary>Ends each connection with its next reply from now on, so that clients come back elsewhere.</summary>
    public void BeginToDrain()
    {
        _isDraining = true;
        // What users' functions do then, and for how long, is not the drain's concern.
        _ = _draining.CancelAsync();
    }

    /// <summary>Refuses new exchanges from now on; the task ends when none is under way.</summary>
    public Task StopAsync()
    {
        _isDraining = _isStopping = true;
        Interlocked.MemoryBarrier();
        if (Table.IsEmpty)
            _drained.TrySetResult();
        return _drained.Task;
    }
}
