using JsonRpcLite;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds JSON-RPC to an application's services.</summary>
public static partial class JsonRpcServiceCollectionExtensions
{
    /// <summary>Begins the default set of methods, or adds to it.</summary>
    /// <remarks>MapJsonRpc of ASP.NET Core and AddJsonRpcServer serve the set.</remarks>
    /// <param name="services">The services of the application.</param>
    /// <param name="configure">Sets limits, discovery and more; <c>null</c> uses the defaults.</param>
    /// <returns>The builder, which adds methods and middleware to the set.</returns>
    /// <example>
    /// <code>
    /// builder.Services.AddJsonRpc().AddMethods&lt;OrderMethods>("order.");
    /// </code>
    /// </example>
    public static IJsonRpcBuilder AddJsonRpc(this IServiceCollection services, Action<JsonRpcServerOptions>? configure = null) => AddJsonRpc(services, "", configure);

    /// <summary>Begins a named set of methods, or adds to it.</summary>
    /// <remarks>It is for applications that serve several sets, such as one for the public and one for operators.</remarks>
    /// <inheritdoc cref="AddJsonRpc(IServiceCollection, Action{JsonRpcServerOptions}?)" path="/returns"/>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name, compared exactly.</param>
    /// <param name="configure">Sets limits, discovery and more; <c>null</c> uses the defaults.</param>
    public static IJsonRpcBuilder AddJsonRpc(this IServiceCollection services, string name, Action<JsonRpcServerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        services.AddJsonRpcBasics();
        services.Configure<MethodSet>(name, static set => set.Exists = true);
        if (configure is not null)
            services.Configure(name, configure);
        return new JsonRpcBuilder(services, name);
    }

    /// <summary>Adds the services that every set and every server needs.</summary>
    internal static void AddJsonRpcBasics(this IServiceCollection services)
    {
        services.AddLogging();
        services.AddOptions();
        services.TryAddSingleton<JsonRpcServerFactory>();
        services.TryAddSingleton<ServersOfHost>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ServersOfHost>(static provider => provider.GetRequiredService<ServersOfHost>()));
    }
}
