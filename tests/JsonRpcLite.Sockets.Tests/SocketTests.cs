using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>The base of tests of the server's transport: servers that end with the test, a clock that moves only by hand, and the reported failures.</summary>
/// <param name="eventLoops">As <see cref="SocketTransport.EventLoops"/>; <c>null</c> leaves the default.</param>
public abstract class SocketTests(int? eventLoops = null) : IDisposable
{
    private readonly List<JsonRpcServer> _servers = [];

    private protected ManualClock Clock { get; } = new();

    /// <summary>The failures that any server of this test has reported to the hook.</summary>
    internal List<JsonRpcFailure> Failures { get; } = [];

    private protected JsonRpcServer Serve(SocketTransport? transport = null, Action<JsonRpcServerOptions>? configure = null, int port = 0) =>
        Start(options => JsonRpc.MakeServer(port, Echo, options), transport, configure);

    private protected JsonRpcServer Serve(JsonRpcMethods methods, Action<JsonRpcServerOptions>? configure = null, SocketTransport? transport = null) =>
        Start(options => JsonRpc.MakeServer(0, methods, options), transport, configure);

    private protected JsonRpcServer ServeRaw(HttpExchangeHandler handler, SocketTransport? transport = null, Action<JsonRpcServerOptions>? configure = null) =>
        Start(options => JsonRpc.MakeServer(0, handler, options), transport, configure);

    private protected static JsonNode? Echo(JsonNode? command) => new JsonObject { ["echo"] = command?.DeepClone() };

    private protected static async Task ShouldServeAsync(JsonRpcServer server) =>
        (await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("7"))).Text.Should().Be("{\"echo\":7}");

    public void Dispose()
    {
        // Nothing may wait for a clock that no longer moves.
        foreach (var server in _servers)
            server.StopAsync(new CancellationToken(canceled: true)).GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    private JsonRpcServer Start(Func<JsonRpcServerOptions, JsonRpcServer> make, SocketTransport? transport, Action<JsonRpcServerOptions>? configure)
    {
        var options = new JsonRpcServerOptions
        {
            Transport = transport ?? new SocketTransport(),
            TimeProvider = Clock,
            OnUnhandledException = failure =>
            {
                lock (Failures)
                    Failures.Add(failure);
            },
        };
        if (options.Transport is SocketTransport sockets)
            sockets.EventLoops = eventLoops ?? sockets.EventLoops;
        configure?.Invoke(options);
        var server = make(options);
        _servers.Add(server);
        return server;
    }
}
