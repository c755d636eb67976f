// From a bare TCP socket to a reply that a browser renders, step by step, with nothing but System.Net.Sockets. README.md beside this file explains each step.
using System.Net;
using System.Net.Sockets;
using Shared;
using SocketHello;

var arguments = new CommandLine(args, port: 8081, "server", "client", "http");
var port = arguments.Port;
if (arguments.Has("client"))
    await Conversation.CallAsync(port);
else if (arguments.Has("server"))
    await ListenAsync(Conversation.AnswerAsync);
else if (arguments.Has("http"))
    await ListenAsync(HandMadeHttp.AnswerAsync);
else
    arguments.EndWithUsage();

async Task ListenAsync(Func<NetworkStream, Task> answer)
{
    using var listener = new TcpListener(IPAddress.Loopback, port);
    listener.Start();
    Console.WriteLine($"Listening on port {((IPEndPoint)listener.LocalEndpoint).Port} of this machine (Ctrl+C ends it).");
    while (true)
        _ = ServeAsync(await listener.AcceptTcpClientAsync(), answer);
}

static async Task ServeAsync(TcpClient client, Func<NetworkStream, Task> answer)
{
    using (client)
    {
        try
        {
            await answer(client.GetStream());
        }
        catch (IOException e)
        {
            Console.WriteLine($"A client broke off: {e.Message}");
        }
    }
}
