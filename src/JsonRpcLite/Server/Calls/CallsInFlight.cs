namespace JsonRpcLite;

/// <summary>Admits and counts the exchanges, calls and streams of a server, each up to its limit.</summary>
/// <remarks>
/// An exchange counts from its head until it ends, a call from the moment when its function is about to run. The shutdown waits for them. The class is thread-safe. To keep cores
/// apart, a call writes only to the permit stripes and table slots of its processor core.
/// </remarks>
/// <param name="options">The limits, and the clock.</param>
/// <param name="isOfHandler">Whether the server has a handler of the application's own.</param>
internal sealed class CallsInFlight(JsonRpcServerOptions options, bool isOfHandler = false)
{
    public const string Stopping = "The server is stopping.";
    public const string Full = "Too many calls are in flight; try again.";
    public const string FullOfStreams = "Too many streams are open; try again.";

    private readonly CancellationTokenSource _draining = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isDraining;
    private volatile bool _isStopping;

    /// <summary>The delegate that all calls share.</summary>
    private Func<bool>? _askIfStopping;

    /// <summary>The exchanges in flight.</summary>
    public ExchangeTable Table { get; } = new(options.Limits.MaxConcurrentExchanges);

    /// <summary>The permits of functions.</summary>
    public StripedPermits Permits { get; } = new(options.Limits.MaxConcurrentCalls);

    /// <summary>The permits of streams.</summary>
    public StripedPermits Streams { get; } = new(options.Limits.MaxConcurrentStreams);

    /// <summary>Whether the shutdown has begun: calls are served, and each connection ends with its reply.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>A token that is cancelled when draining begins.</summary>
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

    /// <summary>Admits an exchange; returns <c>false</c> if there are too many, or if the server is stopping.</summary>
    public bool TryEnter(ServerCall call)
    {
        if (_isStopping || !Table.TryEnter(call))
            return false;
        // The race with the shutdown: its thread writes _isStopping and then reads the table; this thread has written the table and now reads _isStopping.
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

    /// <summary>Ends each connection with its next reply from now on, so that clients connect to another server.</summary>
    public void BeginToDrain()
    {
        _isDraining = true;
        // Not awaited: the user's callbacks may take any time, and must not delay the drain.
        _ = _draining.CancelAsync();
    }

    /// <summary>Refuses new exchanges from now on; the task completes when no exchange is in flight.</summary>
    public Task StopAsync()
    {
        _isDraining = _isStopping = true;
        Interlocked.MemoryBarrier();
        if (Table.IsEmpty)
            _drained.TrySetResult();
        return _drained.Task;
    }
}
