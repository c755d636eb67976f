using System.Text.Json;

namespace JsonRpcLite;

/// <summary>The settings of a handler that <see cref="JsonRpc"/>.MakeHandler makes.</summary>
/// <remarks>
/// A handler has no settings for access, limits, the log and authentication: those of the server that it runs in apply. The values are copied when the handler is made; later
/// changes have no effect on it.
/// </remarks>
public sealed class JsonRpcHandlerOptions
{
    /// <summary>Creates options with the default values.</summary>
    public JsonRpcHandlerOptions()
        : this(new(), new())
    {
    }

    /// <summary>Creates the options of the handler that a server makes for its methods.</summary>
    internal JsonRpcHandlerOptions(JsonRpcServerOptions server)
        : this(server.Protocol, server.Discovery) =>
        (SerializerOptions, OnUnhandledException) = (server.SerializerOptions, server.OnUnhandledException);

    private JsonRpcHandlerOptions(JsonRpcProtocolOptions protocol, JsonRpcDiscoveryOptions discovery) => (Protocol, Discovery) = (protocol, discovery);

    /// <summary>The options for converting values to and from JSON; see <see cref="JsonRpcServerOptions.SerializerOptions"/>.</summary>
    public JsonSerializerOptions? SerializerOptions { get; set; }

    /// <summary>Receives unexpected exceptions; see <see cref="JsonRpcServerOptions.OnUnhandledException"/>.</summary>
    /// <value>By default (<c>null</c>) they go to the receiver of the server that the handler runs in.</value>
    public Action<JsonRpcFailure>? OnUnhandledException { get; set; }

    /// <summary>Whether the program itself guards the exchanges that it creates and passes to the handler.</summary>
    /// <remarks>
    /// A server of this library guards the exchanges that it passes on, and the setting has no effect there. An exchange that you create yourself has passed no browser guard, no
    /// check of Host names, no limits, no log and no authentication. By default the handler says so in one line on stderr when it gets the first one, and answers it. Set this to
    /// <c>true</c> if the code in front of the handler does all of that.
    /// </remarks>
    /// <value><c>false</c> by default.</value>
    public bool IsGuarded { get; set; }

    /// <summary>The settings of JSON-RPC, which the handler of a plain function ignores.</summary>
    public JsonRpcProtocolOptions Protocol { get; }

    /// <summary>The settings of discovery, which the handler of a plain function ignores.</summary>
    /// <remarks>
    /// They say whether <c>rpc.discover</c> is answered, and with which title and version. A handler has no page to try calls on: if
    /// <see cref="JsonRpcDiscoveryOptions.Playground"/> is <c>true</c>, MakeHandler throws an <see cref="ArgumentException"/>.
    /// </remarks>
    public JsonRpcDiscoveryOptions Discovery { get; }

    /// <summary>Returns a private copy of the options.</summary>
    /// <exception cref="ArgumentException">The options request the playground page, which a handler does not have.</exception>
    internal JsonRpcHandlerOptions Freeze()
    {
        if (Discovery.Playground == true)
        {
            throw new ArgumentException(
                $"{nameof(Discovery)}.{nameof(JsonRpcDiscoveryOptions.Playground)} is true, but a handler has no page. Do not set it, or pass the function or the methods to MakeServer, whose server has the page.",
                nameof(JsonRpcDiscoveryOptions.Playground));
        }
        return new JsonRpcHandlerOptions(new JsonRpcProtocolOptions(Protocol), new JsonRpcDiscoveryOptions(Discovery))
        {
            SerializerOptions = SerializerOptions,
            OnUnhandledException = OnUnhandledException,
            IsGuarded = IsGuarded,
        };
    }
}
