using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite;

/// <summary>Starts the server behind an endpoint.</summary>
internal static class EndpointServer
{
    /// <summary>Gets the function that finds the services that a call has already: those of its request.</summary>
    /// <remarks>Calls of a batch that run in parallel must not share them.</remarks>
    public static Func<JsonRpcCall, IServiceProvider?> FindServices(JsonRpcEndpointOptions options) =>
        options.ShareRequestScope
            ? static call => call.GetHttpContext()?.RequestServices
            : static call => call.BatchIndex < 0 ? call.GetHttpContext()?.RequestServices : null;

    /// <param name="transport">The transport of the endpoint.</param>
    /// <param name="services">The services of the application.</param>
    /// <param name="methods">The methods, which no server has started with.</param>
    /// <param name="serverOptions">The options of the server, which are copied.</param>
    /// <param name="options">The options of the endpoint.</param>
    /// <exception cref="InvalidOperationException">The options are not allowed for an endpoint, or a method does not specify who may call it.</exception>
    public static JsonRpcServer Start(
        EndpointTransport transport, IServiceProvider services, JsonRpcMethods methods, JsonRpcServerOptions serverOptions, JsonRpcEndpointOptions options)
    {
        Check(serverOptions);
        var copy = services.GetRequiredService<JsonRpcServerFactory>().WithLog(new JsonRpcServerOptions(serverOptions) { Transport = transport });
        if (options.ShareRequestScope)
            copy.Protocol.MaxBatchParallelism = 1;
        methods.FillParameters(static parameter => parameter.ParameterType == typeof(HttpContext) ? static call => call.GetHttpContext() : null);
        MethodAuthorization.Add(methods, services, options.RequireMarkedMethods);
        return JsonRpc.MakeServer(0, methods, copy);
    }

    private static void Check(JsonRpcServerOptions options)
    {
        if (options.Authenticate is not null)
            throw Refuse(nameof(options.Authenticate), "the application authenticates callers of the endpoint. Use AddAuthentication and RequireAuthorization.");
        if (options.TrustedProxies.Count > 0)
            throw Refuse(
                nameof(options.TrustedProxies),
                "behind a proxy the application determines the caller's address. Use app.UseForwardedHeaders(), with KnownProxies or KnownIPNetworks.");
        if (options.Transport is not null)
            throw Refuse(nameof(options.Transport), "the endpoint is the transport.");
        if (options.HostName != new JsonRpcServerOptions().HostName)
            throw Refuse(nameof(options.HostName), "the application determines where the endpoint listens. Set the names by which clients may call it in AllowedHosts.");
    }

    private static InvalidOperationException Refuse(string property, string reason) => new($"{nameof(JsonRpcServerOptions)}.{property} must not be set for MapJsonRpc: {reason}");
}
