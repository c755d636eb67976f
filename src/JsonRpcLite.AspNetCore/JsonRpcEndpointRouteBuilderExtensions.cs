using System.Diagnostics.CodeAnalysis;
using JsonRpcLite;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps JSON-RPC endpoints.</summary>
public static class JsonRpcEndpointRouteBuilderExtensions
{
    /// <summary>Maps the default set of methods, which <c>AddJsonRpc</c> has begun, to a path.</summary>
    /// <remarks>
    /// <para>It is an endpoint like any other: <c>RequireAuthorization</c>, <c>RequireCors</c>, <c>RequireHost</c>, <c>RequireRateLimiting</c>, groups and metadata filters apply
    /// to it. It handles every HTTP method itself, and answers those that it does not support with 405. The library's own limits and rules apply as on a standalone server; host
    /// names and origins that the application allows (<c>AllowedHosts</c>, CORS) are allowed here, too.</para>
    /// <para>The application authenticates callers. A method, its class, or a method of a contract may have <c>[Authorize]</c> with a policy, roles or schemes. A caller without
    /// permission is answered with -32003 (<see cref="JsonRpcErrorCodes.NotAllowed"/>), and does not see the method in <c>rpc.discover</c>.</para>
    /// <para>The endpoint drains when the application begins to stop: see <see cref="JsonRpcServerOptions.DrainDelay"/> and <see cref="JsonRpcServerOptions.DrainTimeout"/>.</para>
    /// </remarks>
    /// <param name="endpoints">The application, or a group.</param>
    /// <param name="pattern">The path, such as <c>/rpc</c>.</param>
    /// <param name="configure">Sets the options of the endpoint; <c>null</c> uses the defaults.</param>
    /// <returns>The builder of conventions, such as <c>RequireAuthorization()</c>.</returns>
    /// <exception cref="InvalidOperationException">There is no such set, or the options are not allowed for an endpoint.</exception>
    /// <exception cref="NotSupportedException">A parameter or result of a method has no JSON contract, and is not a service.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddJsonRpc().AddMethods&lt;OrderMethods>("order.");
    /// var app = builder.Build();
    /// app.MapJsonRpc("/rpc").RequireAuthorization();
    /// </code>
    /// </example>
    public static IEndpointConventionBuilder MapJsonRpc(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern, Action<JsonRpcEndpointOptions>? configure = null) =>
        MapJsonRpc(endpoints, pattern, "", configure);

    /// <summary>Maps a named set of methods to a path.</summary>
    /// <inheritdoc cref="MapJsonRpc(IEndpointRouteBuilder, string, Action{JsonRpcEndpointOptions}?)"/>
    /// <param name="endpoints">The application, or a group.</param>
    /// <param name="pattern">The path, such as <c>/rpc</c>.</param>
    /// <param name="name">The name of the set of <c>AddJsonRpc</c>.</param>
    /// <param name="configure">Sets the options of the endpoint; <c>null</c> uses the defaults.</param>
    public static IEndpointConventionBuilder MapJsonRpc(
        this IEndpointRouteBuilder endpoints, [StringSyntax("Route")] string pattern, string name, Action<JsonRpcEndpointOptions>? configure = null)
    {
        var factory = FactoryOf(endpoints, pattern);
        ArgumentNullException.ThrowIfNull(name);
        var options = OptionsOf(configure);
        return Map(endpoints, pattern, factory, factory.MakeMethods(name, EndpointServer.FindServices(options)), factory.MakeOptions(name), options);
    }

    /// <summary>Maps a registry of methods to a path.</summary>
    /// <remarks>Parameters of functions may be services.</remarks>
    /// <inheritdoc cref="MapJsonRpc(IEndpointRouteBuilder, string, Action{JsonRpcEndpointOptions}?)"/>
    /// <param name="endpoints">The application, or a group.</param>
    /// <param name="pattern">The path, such as <c>/rpc</c>.</param>
    /// <param name="methods">The methods. The registry is copied, and may serve other servers, too.</param>
    /// <param name="options">The limits, discovery and more, which are copied. <c>null</c> uses the defaults.</param>
    /// <param name="configure">Sets the options of the endpoint; <c>null</c> uses the defaults.</param>
    public static IEndpointConventionBuilder MapJsonRpc(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern,
        JsonRpcMethods methods,
        JsonRpcServerOptions? options = null,
        Action<JsonRpcEndpointOptions>? configure = null)
    {
        var factory = FactoryOf(endpoints, pattern);
        ArgumentNullException.ThrowIfNull(methods);
        var endpointOptions = OptionsOf(configure);
        var served = factory.WithServices(methods, EndpointServer.FindServices(endpointOptions));
        return Map(endpoints, pattern, factory, served, options ?? new JsonRpcServerOptions(), endpointOptions);
    }

    /// <summary>Gets the HTTP context of a call that came through <c>MapJsonRpc</c>; <c>null</c> for any other call.</summary>
    /// <remarks>Functions may also have a parameter of the type <see cref="HttpContext"/>.</remarks>
    /// <param name="call">The call. All calls of a batch share one context, which is not thread-safe.</param>
    public static HttpContext? GetHttpContext(this JsonRpcCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return (call.Exchange as EndpointExchange)?.Http;
    }

    private static JsonRpcServerFactory FactoryOf(IEndpointRouteBuilder endpoints, string pattern)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        return endpoints.ServiceProvider.GetService<JsonRpcServerFactory>()
            ?? throw new InvalidOperationException($"MapJsonRpc(\"{pattern}\") needs the services of JSON-RPC. Add them: builder.Services.AddJsonRpc().");
    }

    private static JsonRpcEndpointOptions OptionsOf(Action<JsonRpcEndpointOptions>? configure)
    {
        var options = new JsonRpcEndpointOptions();
        configure?.Invoke(options);
        return options;
    }

    private static IEndpointConventionBuilder Map(
        IEndpointRouteBuilder endpoints,
        string pattern,
        JsonRpcServerFactory factory,
        JsonRpcMethods methods,
        JsonRpcServerOptions serverOptions,
        JsonRpcEndpointOptions options)
    {
        var transport = new EndpointTransport(new EndpointSites(endpoints.ServiceProvider));
        var server = EndpointServer.Start(transport, endpoints.ServiceProvider, methods, serverOptions, options);
        factory.StopWithHost(server);
        return endpoints.Map(pattern, transport.ServeAsync).WithDisplayName($"JSON-RPC {pattern}");
    }
}
