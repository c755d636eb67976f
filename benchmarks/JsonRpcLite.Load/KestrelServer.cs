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

/// <summary>Kestrel, with as little above it as there can be, or as a minimal API. No logging.</summary>
internal static class KestrelServer
{
    /// <summary>Pipes in and out, no routes, and the same JSON work; JSON-RPC is dispatched by hand.</summary>
    public static int StartRaw(string workload) => Start(app => app.Run(workload == Workload.Subtract.Name ? SubtractAsync : EchoAsync));

    /// <summary>As most people write it.</summary>
    public static int StartMinimal(string workload) => Start(app =>
    {
        if (workload == Workload.Subtract.Name)
            app.MapPost("/", (Request request) => request.Method == "subtract" ? Results.Ok(new Response("2.0", request.Params[0] - request.Params[1], request.Id)) : Results.BadRequest());
        else
            app.MapPost("/", (JsonNode command) => new JsonObject { ["echo"] = command.DeepClone() });
    });

    private static int Start(Action<WebApplication> configure)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        var app = builder.Build();
        configure(app);
        ((IHost)app).Start();
        return new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
    }

    private static Task EchoAsync(HttpContext http) => AnswerAsync(http, static (body, writer) =>
    {
        var reader = new Utf8JsonReader(body);
        new JsonObject { ["echo"] = JsonNode.Parse(ref reader) }.WriteTo(writer);
    });

    private static Task SubtractAsync(HttpContext http) => AnswerAsync(http, static (body, writer) =>
    {
        var reader = new Utf8JsonReader(body);
        var (isSubtract, id) = (false, 0L);
        Span<int> parameters = stackalloc int[2];
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
                continue;
            if (reader.ValueTextEquals("method"u8))
            {
                reader.Read();
                isSubtract = reader.ValueTextEquals("subtract"u8);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                id = reader.GetInt64();
            }
            else if (reader.ValueTextEquals("params"u8))
            {
                reader.Read();
                for (var i = 0; reader.Read() && reader.TokenType == JsonTokenType.Number; i++)
                    parameters[i] = reader.GetInt32();
            }
        }
        writer.WriteStartObject();
        writer.WriteString("jsonrpc"u8, "2.0"u8);
        if (isSubtract)
            writer.WriteNumber("result"u8, parameters[0] - parameters[1]);
        writer.WriteNumber("id"u8, id);
        writer.WriteEndObject();
    });

    private static async Task AnswerAsync(HttpContext http, Action<ReadOnlySequence<byte>, Utf8JsonWriter> answer)
    {
        var length = (int)http.Request.ContentLength!;
        var read = await http.Request.BodyReader.ReadAtLeastAsync(length);
        var output = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(output))
            answer(read.Buffer, writer);
        http.Request.BodyReader.AdvanceTo(read.Buffer.End);
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = output.WrittenCount;
        http.Response.BodyWriter.Write(output.WrittenSpan);
        await http.Response.BodyWriter.FlushAsync();
    }

    private sealed record Request(string Jsonrpc, string Method, int[] Params, long Id);

    private sealed record Response(string Jsonrpc, int Result, long Id);
}
