using JsonRpcLite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds servers that start and stop with the host, on the transports of this library.</summary>
public static class JsonRpcServerServiceCollectionExtensions
{
    /// <summary>Serves the default set of methods: starts a server with the host, and stops it with the host.</summary>
    /// <remarks>
    /// <para>A wrong setting is an <see cref="OptionsValidationException"/> when the host starts, which names the key and says what is allowed: a value out of range, and also a
    /// key that is not a setting. The settings
    /// are read once; to change them, start the program again.</para>
    /// <para>When the host stops, the server drains first: calls in flight end, and new ones are answered 503, within the host's time for stopping (30 s by default). When code
    /// stops the server, the host stops too.</para>
    /// <para>Policies of ASP.NET Core are not asked here. A method that has <c>[Authorize]</c> is an error at the start.</para>
    /// </remarks>
    /// <param name="services">The services of the application.</param>
    /// <param name="section">The section of the configuration that holds <see cref="JsonRpcHostOptions"/>; it may be missing. <c>null</c> reads none.</param>
    /// <param name="configure">Sets options in code; it comes after the configuration.</param>
    /// <param name="methods">Adds methods to the set. <c>null</c> where AddJsonRpc does it.</param>
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

    /// <summary>Serves a set of methods with a name, so that one host can have several servers.</summary>
    /// <inheritdoc cref="AddJsonRpcServer(IServiceCollection, string?, Action{JsonRpcHostOptions}?, Action{IJsonRpcBuilder}?)" path="/remarks"/>
    /// <inheritdoc cref="AddJsonRpcServer(IServiceCollection, string?, Action{JsonRpcHostOptions}?, Action{IJsonRpcBuilder}?)" path="/exception"/>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name of the set, as AddJsonRpc has it, and of the server.</param>
    /// <param name="section">The section of the configuration that holds <see cref="JsonRpcHostOptions"/>; it may be missing. <c>null</c> reads none.</param>
    /// <param name="configure">Sets options in code; it comes after the configuration.</param>
    /// <param name="methods">Adds methods to the set. <c>null</c> where AddJsonRpc does it.</param>
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
