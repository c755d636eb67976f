using JsonRpcLite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds servers that start and stop with the host, on the transports of this library.</summary>
public static class JsonRpcServerServiceCollectionExtensions
{
    /// <summary>Serves the default set of methods on a server that starts and stops with the host.</summary>
    /// <remarks>
    /// <para>An invalid setting throws an <see cref="OptionsValidationException"/> when the host starts, which names the key and the allowed values. Invalid settings are values
    /// out of range, and also keys that are not settings. The settings are read once; restart the program to change them.</para>
    /// <para>When the host stops, the server drains first: calls in flight end, and new calls are answered with 503, within the host's shutdown time-out (30 s by default). When
    /// code stops the server, the host stops, too.</para>
    /// <para>Policies of ASP.NET Core do not apply here. A method that has <c>[Authorize]</c> is an error at the start.</para>
    /// </remarks>
    /// <param name="services">The services of the application.</param>
    /// <param name="section">The section of the configuration that holds <see cref="JsonRpcHostOptions"/>; it may be missing. <c>null</c> reads no section.</param>
    /// <param name="configure">Sets options in code, after the configuration.</param>
    /// <param name="methods">Adds methods to the set. <c>null</c> if AddJsonRpc adds them.</param>
    /// <returns>The services.</returns>
    /// <exception cref="InvalidOperationException">The set is served already.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddJsonRpcServer(methods: set => set.AddMethods&lt;OrderMethods>("order."));
    /// </code>
    /// </example>
    public static IServiceCollection AddJsonRpcServer(
        this IServiceCollection services, string? section = "JsonRpc", Action<JsonRpcHostOptions>? configure = null, Action<IJsonRpcBuilder>? methods = null) =>
        AddJsonRpcServer(services, "", section, configure, methods);

    /// <summary>Serves a named set of methods, so that one host can have several servers.</summary>
    /// <inheritdoc cref="AddJsonRpcServer(IServiceCollection, string?, Action{JsonRpcHostOptions}?, Action{IJsonRpcBuilder}?)" path="/remarks"/>
    /// <inheritdoc cref="AddJsonRpcServer(IServiceCollection, string?, Action{JsonRpcHostOptions}?, Action{IJsonRpcBuilder}?)" path="/exception"/>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name of the set of AddJsonRpc, and of the server.</param>
    /// <param name="section">The section of the configuration that holds <see cref="JsonRpcHostOptions"/>; it may be missing. <c>null</c> reads no section.</param>
    /// <param name="configure">Sets options in code, after the configuration.</param>
    /// <param name="methods">Adds methods to the set. <c>null</c> if AddJsonRpc adds them.</param>
    /// <returns>The services.</returns>
    /// <example>
    /// <code>
    /// builder.Services.AddJsonRpcServer("admin", "JsonRpcAdmin", methods: set => set.AddMethods&lt;AdminMethods>());
    /// </code>
    /// </example>
    public static IServiceCollection AddJsonRpcServer(
        this IServiceCollection services, string name, string? section, Action<JsonRpcHostOptions>? configure = null, Action<IJsonRpcBuilder>? methods = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        if (services.Any(service => service.ServiceType == typeof(HostedServer) && name.Equals(service.ServiceKey)))
            throw new InvalidOperationException(
                $"AddJsonRpcServer was called twice for {(name.Length == 0 ? "the default set" : $"the set '{name}'")}. Each set has one server; give another set a name.");
        services.AddJsonRpcBasics();
        methods?.Invoke(services.AddJsonRpc(name));

        var keys = new HostKeys(name, section);
        services.AddSingleton<IConfigureOptions<JsonRpcHostOptions>>(provider =>
            new HostOptionsReader(keys, provider.GetService<IConfiguration>(), provider.GetRequiredService<IOptionsFactory<JsonRpcServerOptions>>()));
        if (configure is not null)
            services.Configure(name, configure);
        services.AddSingleton<IValidateOptions<JsonRpcHostOptions>>(new HostOptionsRules(keys));
        services.AddOptions<JsonRpcHostOptions>(name).ValidateOnStart();

        services.AddKeyedSingleton(name, (provider, _) => MakeServer(provider, keys));
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<HostedServer>(name));
        return services;
    }

    private static HostedServer MakeServer(IServiceProvider provider, HostKeys keys) => new(
        keys,
        provider.GetRequiredService<IOptionsMonitor<JsonRpcHostOptions>>(),
        provider.GetRequiredService<JsonRpcServerFactory>(),
        provider.GetRequiredService<IHostApplicationLifetime>(),
        provider.GetRequiredService<Microsoft.Extensions.Logging.ILoggerFactory>());
}
