using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JsonRpcLite;

/// <summary>Makes the registry and the options that AddJsonRpc has configured, for hosts and for tests that start a server.</summary>
/// <remarks>It is a singleton service of the application. Thread-safe.</remarks>
/// <example>
/// <code>
/// var factory = services.GetRequiredService&lt;JsonRpcServerFactory>();
/// var transport = new InMemoryTransport();
/// using var server = JsonRpc.MakeServer(0, factory.MakeMethods(), new JsonRpcServerOptions(factory.MakeOptions()) { Transport = transport });
/// using var client = JsonRpc.MakeClient(server.Address, new() { Transport = transport.CreateClient() });
/// </code>
/// </example>
public sealed class JsonRpcServerFactory
{
    private readonly IServiceProvider _services;

    /// <summary>Makes the factory.</summary>
    /// <remarks>The container calls it.</remarks>
    /// <param name="services">The services of the application.</param>
    public JsonRpcServerFactory(IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        _services = services;
    }

    /// <summary>Makes the registry of a set: its methods and middleware, where each call has its own services.</summary>
    /// <param name="name">The name of the set of AddJsonRpc; empty for the default set.</param>
    /// <param name="findServices">Finds services that a call has already, such as those of an HTTP request. <c>null</c>, or a result of <c>null</c>, means a new scope.</param>
    /// <exception cref="InvalidOperationException">There is no set of this name.</exception>
    /// <exception cref="ArgumentException">Two methods have the same name, or a method cannot be called with JSON.</exception>
    public JsonRpcMethods MakeMethods(string name = "", Func<JsonRpcCall, IServiceProvider?>? findServices = null)
    {
        var set = SetOf(name);
        var methods = new JsonRpcMethods();
        foreach (var step in set.Steps)
            step(methods, _services);
        return AddServices(methods, findServices);
    }

    /// <summary>Copies a registry and lets its functions have services as parameters.</summary>
    /// <remarks>Each call then has its own services (<see cref="JsonRpcCall.Services"/>).</remarks>
    /// <param name="methods">The registry, which does not change.</param>
    /// <param name="findServices">As for <see cref="MakeMethods"/>.</param>
    public JsonRpcMethods WithServices(JsonRpcMethods methods, Func<JsonRpcCall, IServiceProvider?>? findServices = null) => AddServices(new JsonRpcMethods(methods), findServices);

    /// <summary>Makes the options of a set.</summary>
    /// <remarks>Unexpected exceptions go to the application's logs unless the options specify otherwise.</remarks>
    /// <param name="name">The name of the set of AddJsonRpc; empty for the default set.</param>
    /// <exception cref="InvalidOperationException">There is no set of this name.</exception>
    /// <exception cref="OptionsValidationException">The options are not valid.</exception>
    public JsonRpcServerOptions MakeOptions(string name = "")
    {
        _ = SetOf(name);
        var configured = _services.GetRequiredService<IOptionsMonitor<JsonRpcServerOptions>>().Get(name);
        return WithLog(new JsonRpcServerOptions(configured) { Transport = configured.Transport });
    }

    /// <summary>Stops a server together with the host.</summary>
    /// <remarks>The server drains before the host stops anything else, within the host's shutdown time-out.</remarks>
    /// <param name="server">The server. It may also be stopped earlier.</param>
    /// <returns>The server.</returns>
    public JsonRpcServer StopWithHost(JsonRpcServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        _services.GetRequiredService<ServersOfHost>().Add(server);
        return server;
    }

    /// <summary>Sends unexpected exceptions to the application's logs unless the options specify otherwise.</summary>
    /// <remarks>The log contains the id that the caller receives.</remarks>
    /// <param name="options">The options, which are changed.</param>
    /// <returns>The options.</returns>
    public JsonRpcServerOptions WithLog(JsonRpcServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.OnUnhandledException ??= new CallLog(_services.GetRequiredService<ILoggerFactory>()).Write;
        return options;
    }

    private MethodSet SetOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var set = _services.GetRequiredService<IOptionsMonitor<MethodSet>>().Get(name);
        if (set.Exists)
            return set;
        var call = name.Length == 0 ? "AddJsonRpc()" : $"AddJsonRpc(\"{name}\")";
        throw new InvalidOperationException($"There is no set of JSON-RPC methods{(name.Length == 0 ? "" : $" named '{name}'")}. Add one: builder.Services.{call}.");
    }

    private JsonRpcMethods AddServices(JsonRpcMethods methods, Func<JsonRpcCall, IServiceProvider?>? findServices) => methods
        .FillParameters(new ServiceParameters(_services.GetService<IServiceProviderIsService>()).Fill)
        .UseOutermost(new CallScopes(_services.GetRequiredService<IServiceScopeFactory>(), findServices).InvokeAsync);
}
