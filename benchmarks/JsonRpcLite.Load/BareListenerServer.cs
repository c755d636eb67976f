using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>The loop around an HttpListener that many programs have, with the same JSON work, written as lean as it easily is, and none of the rules.</summary>
internal static class BareListenerServer
{
    public static int Start(string workload)
    {
        if (workload != Workload.Echo.Name)
            throw new ArgumentException("It knows nothing but the echo.", nameof(workload));
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();

        var listener = new HttpListener();
        listener.Prefixes.Add($"http://127.0.0.1:{port}/");
        listener.Start();
        _ = ServeAsync(listener);
        return port;
    }

    private static async Task ServeAsync(HttpListener listener)
    {
        while (true)
        {
            var context = await listener.GetContextAsync();
            _ = AnswerAsync(context);
        }
    }

    private static async Task AnswerAsync(HttpListenerContext context)
    {
        var body = new byte[context.Request.ContentLength64];
        await context.Request.InputStream.ReadExactlyAsync(body);
        var command = JsonNode.Parse(body);
        var reply = JsonSerializer.SerializeToUtf8Bytes<JsonNode>(new JsonObject { ["echo"] = command });
        context.Response.ContentType = "application/json";
        context.Response.ContentLength64 = reply.Length;
        await context.Response.OutputStream.WriteAsync(reply);
        context.Response.Close();
    }
}
