using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JsonRpcLite;

/// <summary>Starts a server with the host.</summary>
/// <remarks><see cref="ServersOfHost"/> stops it, so that all servers of the host drain at the same time.</remarks>
internal sealed partial class HostedServer(
    HostKeys keys, IOptionsMonitor<JsonRpcHostOptions> options, JsonRpcServerFactory factory, IHostApplicationLifetime lifetime, ILoggerFactory loggers)
    : IHostedLifecycleService, IAsyncDisposable, IDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger(keys.Name.Length == 0 ? "JsonRpcLite.Server" : $"JsonRpcLite.Server.{keys.Name}");
    private volatile bool _isStopping;

    /// <summary>Completes when the end of the server was logged.</summary>
    private Task _end = Task.CompletedTask;

    /// <summary>The server; <c>null</c> before the start.</summary>
    public JsonRpcServer? Server { get; private set; }

    /// <summary>Whether the server accepts new calls.</summary>
    public ServerState State => Server is null ? ServerState.NotStarted : _isStopping || Server.IsStopping ? ServerState.Stopping : ServerState.Serving;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var configured = options.Get(keys.Name);
        var methods = factory.MakeMethods(keys.Name);
        PolicyMarks.Refuse(methods);
        UseRateLimits(methods, configured);
        var server = factory.WithLog(configured.MakeServerOptions());
        server.OnWarning ??= Warning;
        Server = factory.StopWithHost(JsonRpc.MakeServer(configured.Port ?? 0, methods, server));
        var others = AddressText.IsEveryInterface(configured.Server.HostName) ? " and every other network interface" : "";
        Listening(configured.UnixSocket is { } file ? $"unix:{file}" : $"{Server.Address}{others}");
        _end = StopHostWithServerAsync(Server);
        return Task.CompletedTask;
    }

    /// <summary>Adds the rate limits in front of everything in the set, so that nothing of a rejected call runs.</summary>
    private void UseRateLimits(JsonRpcMethods methods, JsonRpcHostOptions configured)
    {
        if (configured.RateLimits.Count == 0)
            return;
        var table = new RateLimitTable(configured.RateLimits);
        var rates = new RatesByPeriod(configured.Server.TimeProvider);
        methods.UseOutermost((info, next) => table.Around(info, next, rates))
            .CheckAtStart(all => table.RefuseUnknown(all, name => keys.Of($"{nameof(configured.RateLimits)}:{name}")));
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs before <see cref="ServersOfHost"/>, which was registered earlier: the host stops its services in reverse order.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (State == ServerState.Serving)
            Draining(options.Get(keys.Name).Server.DrainDelay + options.Get(keys.Name).Server.DrainTimeout);
        _isStopping = true;
        return Task.CompletedTask;
    }

    /// <summary>Waits for the log entry of the end of the server.</summary>
    /// <remarks>The server has stopped by now, unless the host's shutdown time-out expired before <see cref="ServersOfHost"/> ran.</remarks>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (Server is not null)
            await Server.StopAsync(cancellationToken).ConfigureAwait(false);
        await _end.ConfigureAwait(false);
    }

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stops the server of a host that is disposed without having been stopped, such as one whose start failed.</summary>
    public async ValueTask DisposeAsync()
    {
        _isStopping = true;
        if (Server is not null)
            await Server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        await _end.ConfigureAwait(false);
    }

    public void Dispose() => Task.Run(() => DisposeAsync().AsTask()).GetAwaiter().GetResult();

    /// <summary>Stops the host after code has stopped the server: the process has nothing left to serve, and a supervisor restarts it.</summary>
    private async Task StopHostWithServerAsync(JsonRpcServer server)
    {
        try
        {
            await server.Completion.ConfigureAwait(false);
        }
        catch (Exception e)
        {
            StopFailed(e);
        }
        Stopped();
        if (!_isStopping)
        {
            StoppingHost();
            lifetime.StopApplication();
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The JSON-RPC server listens on {Address}.")]
    private partial void Listening(string address);

    [LoggerMessage(2, LogLevel.Information, "The JSON-RPC server drains: calls in flight have up to {Time} to end.")]
    private partial void Draining(TimeSpan time);

    [LoggerMessage(3, LogLevel.Information, "The JSON-RPC server has stopped.")]
    private partial void Stopped();

    [LoggerMessage(4, LogLevel.Warning, "{Warning}")]
    private partial void Warning(string warning);

    [LoggerMessage(5, LogLevel.Warning, "The JSON-RPC server was stopped while the application ran; the application stops, too.")]
    private partial void StoppingHost();

    [LoggerMessage(6, LogLevel.Error, "The JSON-RPC server failed while it stopped.")]
    private partial void StopFailed(Exception exception);
}
