using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JsonRpcLite.Hosting.Tests;

/// <summary>A host as programs build it, with servers of AddJsonRpcServer, and its log.</summary>
internal sealed class HostOfServers : IAsyncDisposable
{
    private readonly IHost _host;

    /// <param name="json">The contents of appsettings.json.</param>
    /// <param name="configure">Adds servers and services.</param>
    /// <param name="arguments">The command line.</param>
    public HostOfServers(string json, Action<IServiceCollection> configure, params string[] arguments)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { Args = arguments, EnvironmentName = Environments.Development });
        builder.Configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json)));
        builder.Configuration.AddEnvironmentVariables().AddCommandLine(arguments);
        builder.Logging.ClearProviders().AddProvider(Log);
        configure(builder.Services);
        _host = builder.Build();
    }

    public ListLogger Log { get; } = new();

    public IServiceProvider Services => _host.Services;

    public static async Task<HostOfServers> StartAsync(string json, Action<IServiceCollection> configure, params string[] arguments)
    {
        var host = new HostOfServers(json, configure, arguments);
        await host.StartAsync();
        return host;
    }

    public JsonRpcServer Server(string name = "") => Services.GetJsonRpcServer(name);

    public JsonRpcClient MakeClient(string name = "") => JsonRpc.MakeClient(Server(name).Address);

    public Task StartAsync() => _host.StartAsync();

    public Task StopAsync() => _host.StopAsync();

    /// <summary>Ends like a program whose host could not start.</summary>
    public ValueTask DisposeWithoutStopAsync() => ((IAsyncDisposable)_host).DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await DisposeWithoutStopAsync();
    }
}
