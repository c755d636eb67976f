using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JsonRpcLite.Hosts.Tests;

/// <summary>The transport of MapJsonRpc, for all paths and methods of an application that listens on loopback.</summary>
internal sealed class AspNetCoreTransport : EndpointTransport
{
    private WebApplication _app = null!;

    public AspNetCoreTransport()
        : base(new EndpointSites(new NoServices()))
    {
    }

    protected override Uri Start(ServerTransportContext context)
    {
        base.Start(context);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, context.Port);
            kestrel.Limits.MinRequestBodyDataRate = null;
            // The handlers check the head, if a request gets that far.
            kestrel.Limits.MaxRequestLineSize = 2 * context.Limits.MaxRequestTargetSize;
            kestrel.Limits.MaxRequestHeadersTotalSize = 1 << 20;
            kestrel.Limits.MaxRequestHeaderCount = 10_000;
        });
        _app = builder.Build();
        _app.Run(ServeAsync);
        ((IHost)_app).Start();
        return new Uri(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());
    }

    /// <summary>It listens on loopback whatever the name; the suites use other names to test what a server on a network would do.</summary>
    protected override bool IsLoopback(string hostName) => hostName is "localhost" or "127.0.0.1";

    protected override async ValueTask StopAsync(CancellationToken cancellationToken)
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(250));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    /// <summary>The application has no rules for host names and origins; the options of each test have them.</summary>
    private sealed class NoServices : IServiceProvider
    {
        public object? GetService(Type serviceType) => null;
    }
}
