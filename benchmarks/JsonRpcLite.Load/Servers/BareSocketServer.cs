using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Load;

/// <summary>The minimum work of a server with asynchronous sockets.</summary>
/// <remarks>
/// Each connection keeps a buffer, a request ends where its length says, nothing of it is checked, and the JSON work is the same. The distance to this server is what a portable
/// server can still gain.
/// </remarks>
internal static class BareSocketServer
{
    public static int Start(Workload workload)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        _ = AcceptAsync(workload, listener);
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    private static async Task AcceptAsync(Workload workload, Socket listener)
    {
        while (true)
        {
            var accepted = await listener.AcceptAsync();
            accepted.NoDelay = true;
            _ = ServeAsync(workload, accepted);
        }
    }

    private static async Task ServeAsync(Workload workload, Socket socket)
    {
        using var connection = socket;
        var (input, output, unread) = (new byte[1024], new byte[1024], 0);
        while (await socket.ReceiveAsync(input.AsMemory(unread)) is > 0 and var count)
        {
            unread += count;
            if (FindBody(input.AsSpan(0, unread)) is { } body)
            {
                var length = Answer(workload, input.AsMemory(body), ref output);
                await socket.SendAsync(output.AsMemory(0, length));
                unread = 0;
            }
            else if (unread == input.Length)
            {
                Array.Resize(ref input, 2 * unread);
            }
        }
    }

    private static Range? FindBody(ReadOnlySpan<byte> request)
    {
        var end = request.IndexOf("\r\n\r\n"u8);
        if (end < 0 || !ReplyCheck.TryFindLength(request[..end], out var length) || request.Length < end + 4 + length)
            return null;
        return (end + 4)..(end + 4 + length);
    }

    private static int Answer(Workload workload, ReadOnlyMemory<byte> body, ref byte[] output)
    {
        var reply = HandDispatch.Answer(workload, new ReadOnlySequence<byte>(body));
        var head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\nContent-Length: "u8;
        const int most = 16;
        if (output.Length < head.Length + most + reply.Length)
            output = new byte[head.Length + most + reply.Length];
        head.CopyTo(output);
        reply.Length.TryFormat(output.AsSpan(head.Length), out var digits, provider: CultureInfo.InvariantCulture);
        var length = head.Length + digits;
        "\r\n\r\n"u8.CopyTo(output.AsSpan(length));
        reply.CopyTo(output.AsSpan(length + 4));
        return length + 4 + reply.Length;
    }
}
