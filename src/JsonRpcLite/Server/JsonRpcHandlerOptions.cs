using System.Text.Json;

namespace JsonRpcLite;

/// <summary>The settings of a handler that <see cref="JsonRpc"/>.MakeHandler makes.</summary>
/// <remarks>
/// A handler has no settings for access, limits, the log and authentication: those of the server that it runs in count. The values are copied when the handler is made; later
/// changes have no effect on it.
/// </remarks>
public sealed class JsonRpcHandlerOptions
{
    /// <summary>Creates options with the default values.</summary>
    public JsonRpcHandlerOptions()
        : this(new(), new())
    {
    }

    /// <summary>A server's options as its own handler needs them.</summary>
    internal JsonRpcHandlerOptions(JsonRpcServerOptions server)
        : this(server.Protocol, server.Discovery) =>
        (SerializerOptions, OnUnhandledException) = (server.SerializerOptions, server.OnUnhandledException);

    private JsonRpcHandlerOptions(JsonRpcProtocolOptions protocol, JsonRpcDiscoveryOptions discovery) => (Protocol, Discovery) = (protocol, discovery);

    /// <summary>How values become JSON and JSON becomes values; see <see cref="JsonRpcServerOptions.SerializerOptions"/>.</summary>
    public JsonSerializerOptions? SerializerOptions { get; set; }

    /// <summary>Receives unexpected exceptions; see <see cref="JsonRpcServerOptions.OnUnhandledException"/>.</summary>
    /// <value>By default (<c>null</c>) they go where those of the server go that the handler runs in.</value>
    public Action<JsonRpcFailure>? OnUnhandledException { get; set; }

    /// <summary>Whether the program guards the exchanges that it makes itself and hands to the handler.</summary>
    /// <remarks>
    /// A server of this library guards what it hands on, and the setting has no effect there. An exchange of your own has passed no browser guard, no Host names, no limits, no log
    /// and no authentication: by default the handler says so in one line on stderr when it gets the first one, and answers it. Set it to <c>true</c> where something in front does
    /// all of that.
    /// </remarks>
    /// <value><c>false</c> by default.</value>
    public bool IsGuarded { get; set; }

    /// <summary>The settings of JSON-RPC itself. A plain function's handler has no use for them.</summary>
    public JsonRpcProtocolOptions Protocol { get; }

    /// <summary>Whether <c>rpc.discover</c> is answered, and with which title and version. A plain function's handler has no use for it.</summary>
    /// <remarks>A handler has no page to try calls on: <see cref="JsonRpcDiscoveryOptions.Playground"/> set to <c>true</c> is an <see cref="ArgumentException"/> when the handler
    /// is made.</remarks>
    public JsonRpcDiscoveryOptions Discovery { get; }

    /// <summary>A copy that nobody else holds.</summary>
    /// <exception cref="ArgumentException">A page was asked for, which a handler does not have.</exception>
    internal JsonRpcHandlerOptions Freeze()
    {
        if (Discovery.Playground == true)
        {
            throw new ArgumentException(
                $"{nameof(Discovery)}.{nameof(JsonRpcDiscoveryOptions.Playground)} is true, but a handler has no page. Leave it out, or pass the function or the methods to MakeServer, whose server has one.",
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
