using System.Net;
using System.Net.Sockets;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>What clients are measured against, and the floor of all servers: one thread, and always the same reply.</summary>
internal static class FixedReplyServer
{
    public static int Start(string body)
    {
        var reply = Encoding.UTF8.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(512);
        new Thread(() => Serve(listener, reply)) { IsBackground = true }.Start();
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    private static void Serve(Socket listener, byte[] reply)
    {
        var connections = new Dictionary<Socket, List<byte>>();
        var ready = new List<Socket>();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            ready.Clear();
            ready.Add(listener);
            ready.AddRange(connections.Keys);
            Socket.Select(ready, null, null, -1);
            foreach (var socket in ready)
            {
                if (socket == listener)
                {
                    var accepted = listener.Accept();
                    accepted.NoDelay = true;
                    connections.Add(accepted, []);
                    continue;
                }
                var count = socket.Receive(buffer, SocketFlags.None, out var error);
                if (count == 0 || error != SocketError.Success)
                {
                    connections.Remove(socket);
                    socket.Dispose();
                    continue;
                }
                var pending = connections[socket];
                if (pending.Count == 0 && IsWhole(buffer.AsSpan(0, count)))
                {
                    socket.Send(reply, SocketFlags.None, out _);
                    continue;
                }
                pending.AddRange(buffer.AsSpan(0, count));
                if (IsWhole(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(pending)))
                {
                    pending.Clear();
                    socket.Send(reply, SocketFlags.None, out _);
                }
            }
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> request)
    {
        var end = request.IndexOf("\r\n\r\n"u8);
        return end >= 0 && Message.LengthIn(request[..end]) is var length and >= 0 && request.Length == end + 4 + length;
    }
}
