using JsonRpcLite;
using JsonRpcLite.CompilerServices;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds clients whose requests go through <see cref="IHttpClientFactory"/>.</summary>
public static class JsonRpcClientServiceCollectionExtensions
{
    /// <summary>Adds a client: a keyed singleton <see cref="JsonRpcClient"/>, with its name as the key.</summary>
    /// <remarks>
    /// <para>To inject it: <c>[FromKeyedServices("name")] JsonRpcClient client</c>.</para>
    /// <para>Each call gets its HttpClient from the factory, so that handlers and connections are renewed while the client remains. The settings of the returned builder apply to
    /// each call: handlers, headers, the version of HTTP, resilience.</para>
    /// <para>Only <see cref="JsonRpcClientOptions.Timeout"/> limits the time of a call; <see cref="HttpClient.Timeout"/> is infinite unless the builder sets it. As in clients
    /// with their own connections, redirects are not followed and cookies are not stored. Calls are asynchronous: a synchronous one would skip handlers, and throws
    /// <see cref="NotSupportedException"/>.</para>
    /// </remarks>
    /// <param name="services">The services of the application.</param>
    /// <param name="name">The name of the client, and of its HttpClient.</param>
    /// <param name="address">An absolute http or https address, including the path.</param>
    /// <param name="configure">Sets time-out, header fields, middleware and more, when the client is made. The transport cannot be set.</param>
    /// <returns>The builder of the HttpClient.</returns>
    /// <exception cref="InvalidOperationException">There is a client of this name already.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddJsonRpcClient("shop", new Uri("https://shop.example/rpc")).AddHttpMessageHandler&lt;TokenHandler>();
    /// </code>
    /// </example>
    public static IHttpClientBuilder AddJsonRpcClient(this IServiceCollection services, string name, Uri address, Action<IServiceProvider, JsonRpcClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        return AddClient(services, name, address, configure);
    }

    /// <summary>Adds a client that calls the <see cref="HttpClient.BaseAddress"/> of its HttpClient, such as one from the configuration.</summary>
    /// <inheritdoc cref="AddJsonRpcClient(IServiceCollection, string, Uri, Action{IServiceProvider, JsonRpcClientOptions}?)"
    ///     path="/*[not(self::summary or self::param[@name='address'] or self::example)]"/>
    /// <example>
    /// <code>
    /// builder.Services.AddJsonRpcClient("shop").ConfigureHttpClient(http => http.BaseAddress = new Uri(builder.Configuration["Shop:Address"]!));
    /// </code>
    /// </example>
    public static IHttpClientBuilder AddJsonRpcClient(this IServiceCollection services, string name, Action<IServiceProvider, JsonRpcClientOptions>? configure = null) =>
        AddClient(services, name, address: null, configure);

    /// <summary>Adds a client of a contract, which becomes a singleton service that calls the server.</summary>
    /// <inheritdoc cref="AddJsonRpcClient(IServiceCollection, string, Uri, Action{IServiceProvider, JsonRpcClientOptions}?)"
    ///     path="/*[not(self::summary or self::param[@name='name'] or self::example)]"/>
    /// <typeparam name="TContract">A partial interface with <see cref="JsonRpcContractAttribute"/>. Its full name is the name of the client.</typeparam>
    /// <example>
    /// <code>
    /// builder.Services.AddJsonRpcClient&lt;IStock>(new Uri("https://shop.example/rpc"));
    /// </code>
    /// </example>
    public static IHttpClientBuilder AddJsonRpcClient<TContract>(this IServiceCollection services, Uri address, Action<IServiceProvider, JsonRpcClientOptions>? configure = null)
        where TContract : class, IJsonRpcContract<TContract>
    {
        ArgumentNullException.ThrowIfNull(address);
        return AddContract<TContract>(AddClient(services, NameOf<TContract>(), address, configure));
    }

    /// <summary>Adds a client of a contract that calls the <see cref="HttpClient.BaseAddress"/> of its HttpClient.</summary>
    /// <inheritdoc cref="AddJsonRpcClient{TContract}(IServiceCollection, Uri, Action{IServiceProvider, JsonRpcClientOptions}?)"
    ///     path="/*[not(self::summary or self::param[@name='address'] or self::example)]"/>
    public static IHttpClientBuilder AddJsonRpcClient<TContract>(this IServiceCollection services, Action<IServiceProvider, JsonRpcClientOptions>? configure = null)
        where TContract : class, IJsonRpcContract<TContract> => AddContract<TContract>(AddClient(services, NameOf<TContract>(), address: null, configure));

    private static string NameOf<TContract>() => typeof(TContract).FullName ?? typeof(TContract).Name;

    private static IHttpClientBuilder AddContract<TContract>(IHttpClientBuilder builder)
        where TContract : class, IJsonRpcContract<TContract>
    {
        var name = builder.Name;
        builder.Services.AddSingleton(provider => provider.GetRequiredKeyedService<JsonRpcClient>(name).As<TContract>());
        return builder;
    }

    private static IHttpClientBuilder AddClient(IServiceCollection services, string name, Uri? address, Action<IServiceProvider, JsonRpcClientOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        if (services.Any(service => service.ServiceType == typeof(JsonRpcClient) && name.Equals(service.ServiceKey)))
            throw new InvalidOperationException($"AddJsonRpcClient was called twice for '{name}'. Give each client a different name.");
        services.AddKeyedSingleton(name, (provider, _) => MakeClient(provider, name, address, configure));
        return services
            .AddHttpClient(name, static http => http.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(static (handler, _) =>
            {
                // As on the transport's own connections. A redirect would turn a call into a GET, and cookies of one caller would be sent with the calls of another.
                if (handler is SocketsHttpHandler sockets)
                    (sockets.AllowAutoRedirect, sockets.UseCookies, sockets.ConnectTimeout) = (false, false, TimeSpan.FromSeconds(10));
            });
    }

    private static JsonRpcClient MakeClient(IServiceProvider provider, string name, Uri? address, Action<IServiceProvider, JsonRpcClientOptions>? configure)
    {
        var factory = provider.GetRequiredService<IHttpClientFactory>();
        var options = new JsonRpcClientOptions();
        configure?.Invoke(provider, options);
        if (options.Transport is not null)
        {
            throw new InvalidOperationException($"The client '{name}' sends through IHttpClientFactory; its {nameof(JsonRpcClientOptions.Transport)} cannot be set. "
                + $"For another transport use {nameof(JsonRpc)}.{nameof(JsonRpc.MakeClient)}.");
        }
        options.Transport = new HttpClientTransport(() => factory.CreateClient(name));
        address ??= factory.CreateClient(name).BaseAddress
            ?? throw new InvalidOperationException(
                $"The client '{name}' has no address. Give it to AddJsonRpcClient, or set BaseAddress: .ConfigureHttpClient(http => http.BaseAddress = ...).");
        return JsonRpc.MakeClient(address, options);
    }
}
