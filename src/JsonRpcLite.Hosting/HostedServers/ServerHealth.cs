using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JsonRpcLite;

/// <summary>Says whether a server takes calls: not before its start, and not any more from the moment in which it begins to drain.</summary>
internal sealed class ServerHealth(HostedServer server) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(server switch
    {
        { IsServing: true } => HealthCheckResult.Healthy($"The server listens on {server.Server!.Address}."),
        { Server: null } => new HealthCheckResult(context.Registration.FailureStatus, "The server has not started."),
        _ => new HealthCheckResult(context.Registration.FailureStatus, "The server drains, or has stopped."),
    });
}
