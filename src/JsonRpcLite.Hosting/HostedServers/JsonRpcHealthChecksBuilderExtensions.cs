using JsonRpcLite;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds health checks for the JSON-RPC servers of a host.</summary>
public static class JsonRpcHealthChecksBuilderExtensions
{
    /// <summary>Adds a health check, which is healthy while the servers accept calls.</summary>
    /// <remarks>
    /// It is unhealthy before a server has started, and from the moment when the host begins to stop. It covers the servers of AddJsonRpcServer and the endpoints of MapJsonRpc.
    /// A proxy that polls it has <see cref="JsonRpcServerOptions.DrainDelay"/> to notice the change.
    /// </remarks>
    /// <param name="builder">The health checks.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="server">The name of the only server of AddJsonRpcServer to check; <c>null</c> for all servers and endpoints.</param>
    /// <param name="failureStatus">The status that is reported while no calls are accepted; <see cref="HealthStatus.Unhealthy"/> by default.</param>
    /// <param name="tags">The tags of the check; <c>ready</c> by default.</param>
    /// <returns>The health checks.</returns>
    public static IHealthChecksBuilder AddJsonRpcHealth(
        this IHealthChecksBuilder builder, string name = "jsonrpc", string? server = null, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);
        return builder.Add(new HealthCheckRegistration(name, provider => new ServerHealth(StateOf(provider, server)), failureStatus, tags ?? ["ready"]));
    }

    private static Func<ServerState> StateOf(IServiceProvider provider, string? server)
    {
        if (server is null)
        {
            var all = provider.GetService<ServersOfHost>()
                ?? throw new InvalidOperationException("There is no JSON-RPC server. Add one: builder.Services.AddJsonRpc() or AddJsonRpcServer().");
            return () => all.State;
        }
        var hosted = provider.FindHostedServer(server);
        return () => hosted.State;
    }
}
