using JsonRpcLite;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Finds servers that the host has started.</summary>
public static class JsonRpcServiceProviderExtensions
{
    /// <summary>The server that AddJsonRpcServer has started, such as for its address where the port is 0. It is the host's: to stop it stops the host.</summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name of the server's set; empty for the default one.</param>
    /// <exception cref="InvalidOperationException">There is no server of this name, or the host has not started it yet.</exception>
    public static JsonRpcServer GetJsonRpcServer(this IServiceProvider services, string name = "")
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.FindHostedServer(name).Server
            ?? throw new InvalidOperationException("The host has not started the JSON-RPC server yet. Its address is known when the host has started.");
    }

    internal static HostedServer FindHostedServer(this IServiceProvider services, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return services.GetKeyedService<HostedServer>(name)
            ?? throw new InvalidOperationException(
                name.Length == 0
                    ? "There is no JSON-RPC server. Add one: builder.Services.AddJsonRpcServer()."
                    : $"There is no JSON-RPC server named '{name}'. Add one: builder.Services.AddJsonRpcServer(\"{name}\", section).");
    }
}
