using JsonRpcLite;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds health checks of servers that the host has started.</summary>
public static class JsonRpcHealthChecksBuilderExtensions
{
    /// <summary>Adds a health check of a server of AddJsonRpcServer: healthy while it takes calls, unhealthy before it has started and from the moment in which it begins to
    /// drain.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="server">The name of the server's set; empty for the default one.</param>
    /// <param name="failureStatus">What is reported while the server takes no calls; <see cref="HealthStatus.Unhealthy"/> by default.</param>
    /// <param name="tags">The tags of the check; <c>ready</c> by default.</param>
    /// <returns>The health checks.</returns>
    public static IHealthChecksBuilder AddJsonRpcServer(this IHealthChecksBuilder builder, string name = "jsonrpc", string server = "", HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(server);
        return builder.Add(new HealthCheckRegistration(name, provider => new ServerHealth(provider.FindHostedServer(server)), failureStatus, tags ?? ["ready"]));
    }
}
