using System.Buffers;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JsonRpcLite.Load;

/// <summary>Kestrel with as little above it as there can be, and the same JSON work: pipes in and out, no logging, no routes.</summary>
internal static class KestrelServer
{
    public static int Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(AnswerAsync);
        ((IHost)app).Start();
        return new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
    }

    private static async Task AnswerAsync(HttpContext http)
    {
        var length = (int)http.Request.ContentLength!;
        var read = await http.Request.BodyReader.ReadAtLeastAsync(length);
        var command = Parse(read.Buffer);
        http.Request.BodyReader.AdvanceTo(read.Buffer.End);
        var output = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(output))
            new JsonObject { ["echo"] = command }.WriteTo(writer);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = output.WrittenCount;
        http.Response.BodyWriter.Write(output.WrittenSpan);
        await http.Response.BodyWriter.FlushAsync();
    }

    private static JsonNode? Parse(ReadOnlySequence<byte> body)
    {
        var reader = new Utf8JsonReader(body);
        return JsonNode.Parse(ref reader);
    }
}
