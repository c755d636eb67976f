using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JsonRpcLite.Load;

/// <summary>Kestrel with a minimal application and the same JSON work: pipes in and out, no logging, no routes.</summary>
internal static class KestrelServer
{
    public static int Start(Workload workload) => Start(app => app.Run(http => AnswerAsync(workload, http)));

    /// <summary>The same with Kestrel's fastest settings: nothing is handed over to the thread pool.</summary>
    /// <remarks>The system's notifications run the transport, and the transport runs the application. A handler that blocks stalls other connections.</remarks>
    public static int StartInline(Workload workload)
    {
        // The runtime reads this when the first socket is created. There is no other way to set it.
        Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
        return Start(
            builder => builder.WebHost.UseSockets(sockets => (sockets.UnsafePreferInlineScheduling, sockets.WaitForDataBeforeAllocatingBuffer) = (true, false)),
            app => app.Run(http => AnswerAsync(workload, http)));
    }

    /// <summary>The same behind a route, like any endpoint.</summary>
    /// <remarks>The distance to it is what an endpoint can still gain.</remarks>
    public static int StartEndpoint(Workload workload) => Start(app => app.MapPost("/", (RequestDelegate)(http => AnswerAsync(workload, http))));

    public static int Start(Action<WebApplication> compose) => Start(_ => { }, compose);

    public static int Start(Action<WebApplicationBuilder> configure, Action<WebApplication> compose)
    {
        var builder = WebApplication.CreateSlimBuilder();
        configure(builder);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = ServerProcess.BodyLimit;
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(5);
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        compose(app);
        ((IHost)app).Start();
        return new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
    }

    private static async Task AnswerAsync(Workload workload, HttpContext http)
    {
        var length = (int)http.Request.ContentLength!;
        var read = await http.Request.BodyReader.ReadAtLeastAsync(length);
        var reply = HandDispatch.Answer(workload, read.Buffer);
        http.Request.BodyReader.AdvanceTo(read.Buffer.End);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = reply.Length;
        http.Response.BodyWriter.Write(reply);
        await http.Response.BodyWriter.FlushAsync();
    }
}
