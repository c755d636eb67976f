using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace JsonRpcLite;

/// <summary>Reports whether a server accepts calls: from its start until it begins to drain.</summary>
internal sealed class ServerHealth(Func<ServerState> state) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(state() switch
    {
        ServerState.Serving => HealthCheckResult.Healthy("The server accepts calls."),
        ServerState.NotStarted => new HealthCheckResult(context.Registration.FailureStatus, "No server has started."),
        _ => new HealthCheckResult(context.Registration.FailureStatus, "The server is draining or has stopped."),
    });
}
