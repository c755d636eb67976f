// From a bare TCP socket to a reply that a browser renders, step by step, with nothing but System.Net.Sockets. README.md beside this file tells the story.
using System.Net;
using System.Net.Sockets;
using SocketHello;

var port = 8081;
if (args is [_, "--port", var text] && ushort.TryParse(text, out var number))
    port = number;
else if (args.Length != 1)
    return Fail();
switch (args[0])
{
    case "server":
        await ListenAsync(Conversation.AnswerAsync);
        return 0;
    case "client":
        await Conversation.CallAsync(port);
        return 0;
    case "http":
        await ListenAsync(HandMadeHttp.AnswerAsync);
        return 0;
    default:
        return Fail();
}

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

static int Fail()
{
    Console.Error.WriteLine("Usage: SocketHello server|client|http [--port N]");
    return 2;
}
