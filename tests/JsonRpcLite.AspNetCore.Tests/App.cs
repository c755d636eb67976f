using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JsonRpcLite.AspNetCore.Tests;

/// <summary>An application on Kestrel at a free port of loopback, made as a user would make it.</summary>
internal sealed class App : IAsyncDisposable
{
    private App(WebApplication application)
    {
        Application = application;
        Address = new Uri(application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public WebApplication Application { get; }

    public Uri Address { get; }

    /// <param name="build">Adds services.</param>
    /// <param name="map">Adds middleware and endpoints.</param>
    /// <param name="protocols">The protocols of the one address.</param>
    public static async Task<App> StartAsync(Action<WebApplicationBuilder> build, Action<WebApplication> map, HttpProtocols protocols = HttpProtocols.Http1)
    {
        var builder = MakeBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        build(builder);
        var application = builder.Build();
        map(application);
        await application.StartAsync();
        return new App(application);
    }

    /// <summary>Without the logs on the console, and without the files of the folder.</summary>
    public static WebApplicationBuilder MakeBuilder()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Development" });
        builder.Logging.ClearProviders();
        return builder;
    }

    /// <summary>An HttpClient that speaks one version of HTTP.</summary>
    public static HttpClient MakeHttpClient(HttpProtocols protocols, HttpMessageHandler? handler = null) => new(handler ?? new SocketsHttpHandler())
    {
        DefaultRequestVersion = protocols == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    public JsonRpcClient MakeClient(string path = "/rpc", Action<JsonRpcClientOptions>? configure = null)
    {
        var options = new JsonRpcClientOptions();
        configure?.Invoke(options);
        return JsonRpc.MakeClient(new Uri(Address, path), options);
    }

    /// <summary>A client that names its user, for <see cref="TestAuthentication"/>.</summary>
    public JsonRpcClient MakeClientOf(string user, string path = "/rpc") => MakeClient(path, options => options.Headers["User"] = user);

    public async Task<HttpResponseMessage> PostAsync(string path, string body, params (string Name, string Value)[] headers)
    {
        using var client = new HttpClient();
        return await SendAsync(client, HttpMethod.Post, path, body, headers);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, string? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(Address, path)) { Version = client.DefaultRequestVersion, VersionPolicy = client.DefaultVersionPolicy };
        if (body is not null)
            request.Content = new StringContent(body, null, "application/json");
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await client.SendAsync(request);
    }

    public async ValueTask DisposeAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await Application.StopAsync(soon.Token);
        await Application.DisposeAsync();
    }
}
