using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JsonRpcLite;

/// <summary>
/// Makes what AddJsonRpc has configured: the registry and the options of a server, for hosts, and for tests that start one by hand. A service of the application, a singleton.
/// Thread-safe.
/// </summary>
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

    /// <summary>For the container.</summary>
    /// <param name="services">The services of the application.</param>
    public JsonRpcServerFactory(IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        _services = services;
    }

    /// <summary>Makes the registry of a set: its methods and middleware, each call with services of its own.</summary>
    /// <param name="name">The name that was given to AddJsonRpc; empty for the default set.</param>
    /// <param name="findServices">Gives services that a call has already, such as those of an HTTP request; <c>null</c>, or an answer of <c>null</c>, for a scope of its
    /// own.</param>
    /// <exception cref="InvalidOperationException">There is no set of this name.</exception>
    /// <exception cref="ArgumentException">Two methods have one name, or a method cannot be called with JSON.</exception>
    public JsonRpcMethods MakeMethods(string name = "", Func<JsonRpcCall, IServiceProvider?>? findServices = null)
    {
        var set = SetOf(name);
        var methods = new JsonRpcMethods();
        foreach (var step in set.Steps)
            step(methods, _services);
        return AddServices(methods, findServices);
    }

    /// <summary>Copies a registry, so that its functions can have services as parameters and each call has services of its own (<see cref="JsonRpcCall.Services"/>).</summary>
    /// <param name="methods">The registry, which stays as it is.</param>
    /// <param name="findServices">As for <see cref="MakeMethods"/>.</param>
    public JsonRpcMethods WithServices(JsonRpcMethods methods, Func<JsonRpcCall, IServiceProvider?>? findServices = null) => AddServices(new JsonRpcMethods(methods), findServices);

    /// <summary>Makes the options of a set. Unexpected exceptions go to the application's logs, unless the options say otherwise.</summary>
    /// <param name="name">The name that was given to AddJsonRpc; empty for the default set.</param>
    /// <exception cref="InvalidOperationException">There is no set of this name.</exception>
    /// <exception cref="OptionsValidationException">The options are not valid.</exception>
    public JsonRpcServerOptions MakeOptions(string name = "")
    {
        _ = SetOf(name);
        var configured = _services.GetRequiredService<IOptionsMonitor<JsonRpcServerOptions>>().Get(name);
        return WithLog(new JsonRpcServerOptions(configured) { Transport = configured.Transport });
    }

    /// <summary>Has a server stopped with the host: it drains before the host stops anything else, within the host's time for that.</summary>
    /// <param name="server">The server; it may stop earlier by itself.</param>
    /// <returns>The server.</returns>
    public JsonRpcServer StopWithHost(JsonRpcServer server)
    {
        ArgumentNullException.ThrowIfNull(server);
        _services.GetRequiredService<ServersOfHost>().Add(server);
        return server;
    }

    /// <summary>Sends unexpected exceptions to the application's logs, with the id that the caller got, unless the options say otherwise.</summary>
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
