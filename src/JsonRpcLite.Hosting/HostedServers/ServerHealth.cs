using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JsonRpcLite;

/// <summary>Says whether a server takes calls: not before its start, and not any more from the moment at which it begins to drain.</summary>
internal sealed class ServerHealth(Func<ServerState> state) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(state() switch
    {
        ServerState.Serving => HealthCheckResult.Healthy("Calls are taken."),
        ServerState.NotStarted => new HealthCheckResult(context.Registration.FailureStatus, "No server has started."),
        _ => new HealthCheckResult(context.Registration.FailureStatus, "The server drains, or has stopped."),
    });
}
