using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite;

/// <summary>Starts the server behind an endpoint.</summary>
internal static class EndpointServer
{
    /// <summary>The services that a call has already: those of its request, which calls of a batch that run side by side must not share.</summary>
    public static Func<JsonRpcCall, IServiceProvider?> FindServices(JsonRpcEndpointOptions options) =>
        options.ShareRequestScope
            ? static call => call.GetHttpContext()?.RequestServices
            : static call => call.BatchIndex < 0 ? call.GetHttpContext()?.RequestServices : null;

    /// <param name="transport">The endpoint.</param>
    /// <param name="services">The services of the application.</param>
    /// <param name="methods">The methods, not started yet.</param>
    /// <param name="serverOptions">The options of the server; they are copied.</param>
    /// <param name="options">The options of the endpoint.</param>
    /// <exception cref="InvalidOperationException">The options do not go with an endpoint, or a method does not say who may call it.</exception>
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
            throw Refuse(nameof(options.Authenticate), "the endpoint's authentication is the application's: use AddAuthentication and RequireAuthorization.");
        if (options.TrustedProxies.Count > 0)
            throw Refuse(nameof(options.TrustedProxies), "behind a proxy the application says who called: app.UseForwardedHeaders(), with KnownProxies or KnownIPNetworks.");
        if (options.Transport is not null)
            throw Refuse(nameof(options.Transport), "the endpoint is the transport.");
        if (options.HostName != new JsonRpcServerOptions().HostName)
            throw Refuse(nameof(options.HostName), "the endpoint is where the application listens. The names by which it may be called stand in AllowedHosts.");
    }

    private static InvalidOperationException Refuse(string property, string reason) => new($"{nameof(JsonRpcServerOptions)}.{property} must not be set for MapJsonRpc: {reason}");
}
