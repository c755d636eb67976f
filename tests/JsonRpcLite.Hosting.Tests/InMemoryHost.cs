using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite.Hosting.Tests;

/// <summary>A container, and a server in memory for its default set.</summary>
internal sealed class InMemoryHost : IAsyncDisposable
{
    private readonly InMemoryTransport _transport = new();
    private readonly JsonRpcServer _server;

    public InMemoryHost(Action<IServiceCollection> configure)
    {
        var services = new ServiceCollection();
        configure(services);
        Services = services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
        var factory = Services.GetRequiredService<JsonRpcServerFactory>();
        _server = JsonRpc.MakeServer(0, factory.MakeMethods(), new JsonRpcServerOptions(factory.MakeOptions()) { Transport = _transport });
        Client = JsonRpc.MakeClient(_server.Address, new() { Transport = _transport.CreateClient() });
    }

    public ServiceProvider Services { get; }

    public JsonRpcClient Client { get; }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
        await Services.DisposeAsync();
    }
}
