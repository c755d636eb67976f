using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

/// <summary>The base of the suites that run on each kind of host: a server for the test, and ways to call it.</summary>
public abstract class HostTests : IDisposable
{
    private readonly List<JsonRpcServer> _servers = [];

    private protected HostTests(Host host) => Host = host;

    /// <summary>The failures that any server of this test has reported to the hook.</summary>
    internal List<JsonRpcFailure> Failures { get; } = [];

    private protected Host Host { get; }

    private protected ManualClock Clock { get; } = new();

    private protected bool Can(Ability ability) => Host.Can(ability);

    private protected HostedServer Serve(Func<JsonNode?, JsonNode?> func, Action<JsonRpcServerOptions>? configure = null) =>
        Start(options => JsonRpc.MakeServer(0, func, options), configure);

    private protected HostedServer ServeAsync(Func<JsonNode?, CancellationToken, Task<JsonNode?>> func, Action<JsonRpcServerOptions>? configure = null) =>
        Start(options => JsonRpc.MakeServer(0, func, options), configure);

    private protected HostedServer ServeRaw(HttpExchangeHandler handler, Action<JsonRpcServerOptions>? configure = null) =>
        Start(options => JsonRpc.MakeServer(0, handler, options), configure);

    private protected HostedServer Serve(JsonRpcMethods methods, Action<JsonRpcServerOptions>? configure = null) =>
        Start(options => JsonRpc.MakeServer(0, methods, options), configure);

    private protected HostedServer Start(Func<JsonRpcServerOptions, JsonRpcServer> make, Action<JsonRpcServerOptions>? configure = null)
    {
        var transport = Host.MakeTransport();
        var options = new JsonRpcServerOptions
        {
            Transport = transport,
            TimeProvider = Clock,
            OnUnhandledException = failure =>
            {
                lock (Failures)
                    Failures.Add(failure);
            },
        };
        configure?.Invoke(options);
        var server = make(options);
        _servers.Add(server);
        return new HostedServer(Host, server, transport);
    }

    /// <summary>The echo that nearly every test uses.</summary>
    private protected static JsonNode? Echo(JsonNode? command) => new JsonObject { ["echo"] = command };

    /// <summary>The response to what is not a valid request.</summary>
    private protected static string InvalidRequest(string reason, string id = "null") =>
        $$$"""{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request","data":{"reason":"{{{reason}}}"}},"id":{{{id}}}}""";

    /// <summary>Waits until a condition is true that may become true a moment after the reply, for at most half a minute.</summary>
    private protected static Task EventuallyAsync(Func<bool> condition) => EventuallyAsync(() => Task.FromResult(condition()));

    /// <inheritdoc cref="EventuallyAsync(Func{bool})"/>
    private protected static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; i < 3000; i++)
        {
            if (await condition())
                return;
            await Task.Delay(10);
        }
        throw new TimeoutException("It did not come true.");
    }

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        // Nothing may wait for a clock that no longer moves.
        foreach (var server in _servers)
            server.StopAsync(new CancellationToken(canceled: true)).GetAwaiter().GetResult();
    }
}

internal sealed record HostedServer(Host Host, JsonRpcServer Server, ServerTransport Transport)
{
    public Task<RawReply> ExchangeAsync(RawRequest request) => Host.ExchangeAsync(Server, Transport, request);

    public JsonRpcClient MakeClient(JsonRpcClientOptions? options = null)
    {
        options ??= new JsonRpcClientOptions();
        options.Transport ??= Host.MakeClientTransport(Transport);
        return JsonRpc.MakeClient(Server.Address, options);
    }
}
