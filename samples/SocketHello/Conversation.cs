using System.Net.Sockets;
using System.Text;

namespace SocketHello;

/// <summary>Step 1: two programs, a connection, and text both ways. Everything that arrives is shown, even a browser's request.</summary>
internal static class Conversation
{
    public static async Task AnswerAsync(NetworkStream stream)
    {
        // What one side sends in one piece may arrive in several, or several pieces in one: nothing here marks the end of a message. That is what HTTP is for.
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer) is var count and > 0)
        {
            Console.WriteLine($"Received: {Encoding.UTF8.GetString(buffer, 0, count)}");
            await stream.WriteAsync("server received your message"u8.ToArray());
        }
    }

    public static async Task CallAsync(int port)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", port);
        await client.GetStream().WriteAsync("Hello World from client"u8.ToArray());

        var buffer = new byte[4096];
        var count = await client.GetStream().ReadAsync(buffer);
        Console.WriteLine($"Received: {Encoding.UTF8.GetString(buffer, 0, count)}");
    }
}
