using JsonRpcLite;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Finds servers that the host has started.</summary>
public static class JsonRpcServiceProviderExtensions
{
    /// <summary>Gets the server that AddJsonRpcServer has started, for instance to read its address if the port is 0.</summary>
    /// <remarks>The host owns the server: stopping the server stops the host.</remarks>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name of the server's set; empty for the default set.</param>
    /// <exception cref="InvalidOperationException">There is no server of this name, or the host has not started it yet.</exception>
    public static JsonRpcServer GetJsonRpcServer(this IServiceProvider services, string name = "")
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.FindHostedServer(name).Server
            ?? throw new InvalidOperationException("The host has not started the JSON-RPC server yet. Get the server after the host has started.");
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
