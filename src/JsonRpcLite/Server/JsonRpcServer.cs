using System.Runtime.InteropServices;

namespace JsonRpcLite;

/// <summary>A running server, made by <see cref="JsonRpc"/>.MakeServer.</summary>
/// <remarks>All members are thread-safe.</remarks>
public sealed class JsonRpcServer : IDisposable, IAsyncDisposable
{
    /// <summary>The minimum time for sending the last replies when the server stops.</summary>
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
        if (IsOnEveryInterface && _options is { Authenticate: null, AllowedHosts.Count: 0 })
        {
            Warn($"{Address} listens on every interface ({nameof(JsonRpcServerOptions.HostName)} is '{_options.HostName}'): everyone who can reach this machine can call it. "
                + $"Set {nameof(JsonRpcServerOptions.Authenticate)} to authenticate callers, and {nameof(JsonRpcServerOptions.AllowedHosts)} to restrict the Host names.");
        }
    }

    /// <summary>The address of the server on this machine, such as <c>http://127.0.0.1:12345/</c>.</summary>
    public Uri Address { get; }

    /// <summary>Whether the server is draining or has stopped.</summary>
    public bool IsStopping => Volatile.Read(ref _isStopping) != 0;

    /// <summary>A task that completes when the server has stopped.</summary>
    public Task Completion => _completion.Task;

    private bool IsOnEveryInterface => AddressText.IsEveryInterface(_options.HostName) && !_transport.IsLoopback(_options.HostName);

    /// <summary>Stops the server after the calls in flight have finished.</summary>
    /// <remarks>
    /// <para>After <see cref="JsonRpcServerOptions.DrainDelay"/> the server answers new calls with 503. Calls in flight have <see cref="JsonRpcServerOptions.DrainTimeout"/> to
    /// finish; those that do not finish are answered with 503. The port is free when the task completes. Further calls of this method wait for the same shutdown.</para>
    /// <para>To stop the server from within a call, start the shutdown without awaiting it, <c>_ = server.StopAsync()</c>, and return; the caller gets its reply. A function that
    /// awaits the shutdown waits for itself, until <see cref="JsonRpcServerOptions.DrainTimeout"/> expires and its caller gets 503.</para>
    /// </remarks>
    /// <param name="cancellationToken">Ends the wait for calls in flight; the server then stops at once.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        using var hurry = cancellationToken.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _drainEnd);
        if (Interlocked.Exchange(ref _isStopping, 1) == 0)
            await StopOnceAsync().ConfigureAwait(false);
        await Completion.ConfigureAwait(false);
    }

    /// <summary>Runs until the process gets Ctrl+C (SIGINT) or SIGTERM, or until the server is stopped otherwise.</summary>
    /// <remarks>
    /// The server then stops as <see cref="StopAsync"/> does, and the method returns, so that the program can end in its own way. A second signal ends the wait for calls in
    /// flight.
    /// </remarks>
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
            // Otherwise the runtime would end the process now, while calls run.
            context.Cancel = true;
            if (!stop.TrySetResult())
                _drainEnd.Cancel();
        }
    }

    /// <summary>Runs as <see cref="RunUntilSignalAsync(CancellationToken)"/> does, and says where the server listens and that it has stopped.</summary>
    /// <remarks>
    /// It writes <c>Listening on http://127.0.0.1:12345/ (Ctrl+C ends it).</c> and, at the end, <c>Stopped.</c>. If <see cref="JsonRpcServerOptions.HostName"/> is <c>*</c>, the
    /// first line adds <c>and every other network interface</c> to the address. A signal that comes after the first line drains the server before it stops.
    /// </remarks>
    /// <param name="output">Where the two lines go, such as <see cref="Console.Out"/>.</param>
    /// <param name="cancellationToken">Stops the server as a signal does.</param>
    public async Task RunUntilSignalAsync(TextWriter output, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(output);
        // Starts before the line is written, so that a signal sent by a reader of the line is handled.
        var running = RunUntilSignalAsync(cancellationToken);
        await output.WriteLineAsync($"Listening on {Address}{(IsOnEveryInterface ? " and every other network interface" : "")} (Ctrl+C ends it).").ConfigureAwait(false);
        await running.ConfigureAwait(false);
        await output.WriteLineAsync("Stopped.").ConfigureAwait(false);
    }

    /// <summary>Stops as <see cref="StopAsync"/> does, and waits for the shutdown.</summary>
    /// <remarks>Further calls, on any thread, wait for the same shutdown. To stop the server from within a call, see <see cref="StopAsync"/>.</remarks>
    public void Dispose() => Task.Run(() => StopAsync()).GetAwaiter().GetResult();

    /// <summary>Stops as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

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
        // Replies that are being sent have the rest of the drain time, and at least LastReplies, which also covers the 503s above.
        var left = _drainEnd.IsCancellationRequested ? TimeSpan.Zero : _options.DrainTimeout - _options.TimeProvider.GetElapsedTime(began);
        using var end = new CancellationTokenSource(left > LastReplies ? left : LastReplies, _options.TimeProvider);
        await _transport.StopAsync(end.Token).ConfigureAwait(false);
    }

    /// <summary>Answers the calls that have not finished, and waits no longer than <see cref="LastReplies"/> for clients that read slowly.</summary>
    private async Task EndSurvivorsAsync()
    {
        try
        {
            await _chain.Watch.EndSurvivorsAsync().WaitAsync(LastReplies, _options.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // The transport's shutdown waits once more for the remaining replies.
        }
    }

    /// <summary>Waits for a time, or until a caller asks for a quick shutdown.</summary>
    private async Task WaitAsync(TimeSpan time)
    {
        try
        {
            await Task.Delay(time, _options.TimeProvider, _drainEnd.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The wait was cut short. The shutdown goes on.
        }
    }
}
