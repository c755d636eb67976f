using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;

namespace JsonRpcLite;

/// <summary>Stops servers with their host, before the host stops services that calls in flight may need.</summary>
internal sealed class ServersOfHost : IHostedLifecycleService
{
    private readonly ConcurrentBag<JsonRpcServer> _servers = [];

    private volatile bool _isStopping;

    /// <summary>The state of the servers: serving if all of them accept calls.</summary>
    public ServerState State => _isStopping || _servers.Any(server => server.IsStopping) ? ServerState.Stopping : _servers.IsEmpty ? ServerState.NotStarted : ServerState.Serving;

    public void Add(JsonRpcServer server) => _servers.Add(server);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        return Task.WhenAll(_servers.Select(server => server.StopAsync(cancellationToken)));
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
