using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;

namespace JsonRpcLite;

/// <summary>Stops servers with their host, before it stops anything that calls under way may need.</summary>
internal sealed class ServersOfHost : IHostedLifecycleService
{
    private readonly ConcurrentBag<JsonRpcServer> _servers = [];

    public void Add(JsonRpcServer server) => _servers.Add(server);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.WhenAll(_servers.Select(server => server.StopAsync(cancellationToken)));

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
