using JsonRpcLite;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds JSON-RPC to an application's services.</summary>
public static partial class JsonRpcServiceCollectionExtensions
{
    /// <summary>Begins the default set of methods, or adds to it. MapJsonRpc of ASP.NET Core and AddJsonRpcServer serve it.</summary>
    /// <param name="services">The services of the application.</param>
    /// <param name="configure">Sets limits, discovery and more; <c>null</c> takes the defaults.</param>
    /// <returns>What methods and middleware are added to.</returns>
    /// <example>
    /// <code>
    /// builder.Services.AddJsonRpc().AddMethods&lt;OrderMethods>("order.");
    /// </code>
    /// </example>
    public static IJsonRpcBuilder AddJsonRpc(this IServiceCollection services, Action<JsonRpcServerOptions>? configure = null) => AddJsonRpc(services, "", configure);

    /// <summary>Begins a set of methods with a name, or adds to it: for applications that serve several, such as one for the public and one for operators.</summary>
    /// <inheritdoc cref="AddJsonRpc(IServiceCollection, Action{JsonRpcServerOptions}?)" path="/returns"/>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name, compared exactly.</param>
    /// <param name="configure">Sets limits, discovery and more; <c>null</c> takes the defaults.</param>
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

    /// <summary>What every set and every server needs.</summary>
    internal static void AddJsonRpcBasics(this IServiceCollection services)
    {
        services.AddLogging();
        services.AddOptions();
        services.TryAddSingleton<JsonRpcServerFactory>();
        services.TryAddSingleton<ServersOfHost>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ServersOfHost>(static provider => provider.GetRequiredService<ServersOfHost>()));
    }
}
