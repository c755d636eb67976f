using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>A server that runs, made by <see cref="JsonRpc"/>.MakeServer. Thread-safe.</summary>
public sealed class JsonRpcServer : IDisposable, IAsyncDisposable
{
    /// <summary>The least time that replies on their way have to leave when the server stops.</summary>
    private static readonly TimeSpan LastReplies = TimeSpan.FromSeconds(1);

    private readonly JsonRpcServerOptions _options;
    private readonly ServerTransport _transport;
    private readonly HandlerChain _chain;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _drainEnd = new();
    private int _isStopping;

    internal JsonRpcServer(int port, JsonRpcServerOptions? options, Func<JsonRpcServerOptions, FailureReport, HandlerChain> compose)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(port);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, ushort.MaxValue);
        _options = (options ?? new JsonRpcServerOptions()).Freeze();
        _transport = _options.Transport!;
        var failures = new FailureReport(_options.OnUnhandledException, _options.DetailedErrors ? exchange => ProxyRule.IsLocal(_transport, exchange) : null);
        _chain = compose(_options, failures);
        try
        {
            Address = _transport.StartOnce(new ServerTransportContext(
                port, _options.HostName, LimitsOf(_options), _options.TimeProvider, _chain.ServeAsync, _chain.RefuseAsync, exception => failures.Report(exception, default)));
        }
        catch
        {
            _chain.Dispose();
            throw;
        }
        _chain.Gauges.Start(Address);
        if (IsOpenToAll(_options))
        {
            Warn($"{Address} listens on every interface ({nameof(JsonRpcServerOptions.HostName)} is '{_options.HostName}'): everyone who can reach this machine can call it. "
                + $"Set {nameof(JsonRpcServerOptions.Authenticate)} to say who may, and {nameof(JsonRpcServerOptions.AllowedHosts)} to say by which names.");
        }
    }

    /// <summary>Where the server can be reached from this machine, such as <c>http://127.0.0.1:12345/</c>.</summary>
    public Uri Address { get; }

    /// <summary>Whether the server has begun to stop: it drains, or has stopped.</summary>
    public bool IsStopping => Volatile.Read(ref _isStopping) != 0;

    /// <summary>Ends when the server has stopped.</summary>
    public Task Completion => _completion.Task;

    /// <summary>
    /// Stops: after <see cref="JsonRpcServerOptions.DrainDelay"/> new calls get 503, calls in flight have <see cref="JsonRpcServerOptions.DrainTimeout"/> to finish, those that do
    /// not are answered 503, and the port is free when the task ends. Further calls wait for the same end.
    /// </summary>
    /// <remarks>
    /// A function that ends its own server begins it and returns, <c>_ = server.StopAsync()</c>, and its caller is answered. One that waits for the end waits for itself: in vain,
    /// until <see cref="JsonRpcServerOptions.DrainTimeout"/> is over and its caller has got 503.
    /// </remarks>
    /// <param name="cancellationToken">Ends the waiting for calls in flight; the server then stops at once.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        using var hurry = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _drainEnd);
        if (Interlocked.Exchange(ref _isStopping, 1) == 0)
            await StopOnceAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(false);
    }

    /// <summary>
    /// Runs until the process is told to end, by Ctrl+C (SIGINT) or SIGTERM, or until the server is stopped otherwise; then stops as
    /// <see cref="StopAsync"/> does, and returns, so that the program can end in its own way. A second signal ends the waiting for calls.
    /// </summary>
    /// <param name="cancellationToken">Stops the server as a signal does.</param>
    public async Task RunUntilSignalAsync(CancellationToken cancellationToken = default)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var cancelled = cancellationToken.UnsafeRegister(static task => ((TaskCompletionSource)task!).TrySetResult(), stop);

        await Task.WhenAny(stop.Task, Completion).ConfigureAwait(false);
        await StopAsync(CancellationToken.None).ConfigureAwait(false);

        void OnSignal(PosixSignalContext context)
        {
            // Without this the runtime would end the process now, in the middle of calls.
            context.Cancel = true;
            if (!stop.TrySetResult())
                _drainEnd.Cancel();
        }
    }

    /// <summary>Stops as <see cref="StopAsync"/> does, and waits for it; again, or on several threads, for the same end. Inside of a call see there.</summary>
    public void Dispose() => Task.Run(() => StopAsync()).GetAwaiter().GetResult();

    /// <summary>Stops as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private static bool IsOpenToAll(JsonRpcServerOptions options) =>
        options.HostName is "*" or "+" or "0.0.0.0" or "::" or "[::]" && options is { Authenticate: null, AllowedHosts.Count: 0 }
        && !options.Transport!.IsLoopback(options.HostName);

    private static HttpLimits LimitsOf(JsonRpcServerOptions options) => new()
    {
        MaxRequestBodySize = options.Limits.MaxRequestBodySize,
        MaxResponseBodySize = options.Limits.MaxResponseBodySize,
        MaxRequestTargetSize = options.Limits.MaxRequestTargetSize,
        MaxRequestHeadSize = options.Limits.MaxRequestHeadSize,
        MaxRequestHeaderCount = options.Limits.MaxRequestHeaderCount,
        MinResponseRate = options.Limits.MinResponseRate,
        ResponseGracePeriod = options.Limits.ResponseGracePeriod,
    };

    private void Warn(string text)
    {
        if (_options.OnWarning is { } hook)
            hook(text);
        else
            FailureReport.Warn($"JsonRpcLite: {text}");
    }

    private async Task StopOnceAsync()
    {
        try
        {
            await DrainAsync().ConfigureAwait(false);
            _completion.TrySetResult();
        }
        catch (Exception e)
        {
            _completion.TrySetException(e);
        }
        finally
        {
            _chain.Dispose();
        }
    }

    private async Task DrainAsync()
    {
        _chain.Calls.BeginToDrain();
        if (_options.DrainDelay > TimeSpan.Zero)
            await WaitAsync(_options.DrainDelay).ConfigureAwait(false);
        var began = _options.TimeProvider.GetTimestamp();
        try
        {
            var drained = _chain.Calls.StopAsync();
            _chain.Watch.CancelStreams();
            await drained.WaitAsync(_options.DrainTimeout, _options.TimeProvider, _drainEnd.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            await EndSurvivorsAsync().ConfigureAwait(false);
        }
        // What is left of the drain time is for replies on their way, and a moment in any case, also for those that were just made.
        var left = _drainEnd.IsCancellationRequested ? TimeSpan.Zero : _options.DrainTimeout - _options.TimeProvider.GetElapsedTime(began);
        using var end = new CancellationTokenSource(left > LastReplies ? left : LastReplies, _options.TimeProvider);
        await _transport.StopAsync(end.Token).ConfigureAwait(false);
    }

    /// <summary>A peer that does not take its reply holds up the stop for no longer than the others have.</summary>
    private async Task EndSurvivorsAsync()
    {
        try
        {
            await _chain.Watch.EndSurvivorsAsync().WaitAsync(LastReplies, _options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The transport gives what is left a last moment.
        }
    }

    /// <summary>Waits, unless somebody is in a hurry.</summary>
    private async Task WaitAsync(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, _options.TimeProvider, _drainEnd.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The waiting was ended, not the stop.
        }
    }
}
