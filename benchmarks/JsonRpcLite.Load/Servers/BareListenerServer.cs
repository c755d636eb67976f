using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>The loop around an HttpListener that many programs use, with the same JSON work, lean, and without any rules.</summary>
internal static class BareListenerServer
{
    public static int Start(Workload workload)
    {
        while (true)
        {
            using var probe = new TcpListener(IPAddress.Loopback, 0);
            probe.Start();
            var port = ((IPEndPoint)probe.LocalEndpoint).Port;
            probe.Stop();

            var listener = new HttpListener();
            listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                listener.Start();
            }
            catch (HttpListenerException)
            {
                // Another process has taken the port just now.
                continue;
            }
            _ = ServeAsync(workload, listener);
            return port;
        }
    }

    private static async Task ServeAsync(Workload workload, HttpListener listener)
    {
        while (true)
        {
            var context = await listener.GetContextAsync();
            _ = AnswerAsync(workload, context);
        }
    }

    private static async Task AnswerAsync(Workload workload, HttpListenerContext context)
    {
        var body = new byte[context.Request.ContentLength64];
        await context.Request.InputStream.ReadExactlyAsync(body);
        var reply = workload == Workload.Subtract
            ? HandDispatch.Answer(workload, new ReadOnlySequence<byte>(body)).ToArray()
            : JsonSerializer.SerializeToUtf8Bytes<JsonNode>(new JsonObject { ["echo"] = JsonNode.Parse(body) });
        context.Response.ContentType = "application/json";
        context.Response.ContentLength64 = reply.Length;
        await context.Response.OutputStream.WriteAsync(reply);
        context.Response.Close();
    }
}
