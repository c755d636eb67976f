using System.Net;
using System.Net.Sockets;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>Calls with a JSON text of one size, one after another on one connection, and checks that each comes back whole.</summary>
internal sealed class BodyLoad(int port, int size) : IDisposable
{
    private static readonly byte[] Before = "{\"echo\":\""u8.ToArray();

    private Socket _socket = Connect(port);
    private readonly byte[] _request = MakeRequest(port, size);
    private readonly byte[] _reply = new byte[size + 4096];

    public long Run(TimeSpan time)
    {
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        var calls = 0L;
        do
        {
            Call();
            calls++;
        }
        while (System.Diagnostics.Stopwatch.GetElapsedTime(began) < time);
        return calls;
    }

    public void Call()
    {
        // Sent from another thread: both sides may have their buffers full of the other's bytes.
        var sending = size > 100_000 ? Task.Run(Send) : null;
        if (sending is null)
            Send();
        var (received, whole) = (0, int.MaxValue);
        while (received < whole)
        {
            var count = _socket.Receive(_reply.AsSpan(received));
            if (count == 0)
                throw new IOException("The server closed the connection instead of answering.");
            received += count;
            if (whole == int.MaxValue && _reply.AsSpan(0, Math.Min(received, 4096)).IndexOf("\r\n\r\n"u8) is var end and > 0)
                whole = end + 4 + Message.LengthIn(_reply.AsSpan(0, end));
        }
        sending?.Wait();
        var head = _reply.AsSpan(0, whole).IndexOf("\r\n\r\n"u8);
        var body = _reply.AsSpan(head + 4, whole - head - 4);
        if (!_reply.AsSpan().StartsWith("HTTP/1.1 200 "u8) || !body.StartsWith(Before) || body.Length != size - 2 + Before.Length + 2 || body[Before.Length..^2].ContainsAnyExcept((byte)'x'))
            throw new IOException($"A wrong reply: {Encoding.UTF8.GetString(_reply.AsSpan(0, Math.Min(whole, 300)))}");
        if (_reply.AsSpan(0, head).IndexOf("\r\nConnection: close"u8) >= 0)
        {
            _socket.Dispose();
            _socket = Connect(port);
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Send()
    {
        for (var sent = 0; sent < _request.Length;)
            sent += _socket.Send(_request.AsSpan(sent));
    }

    private static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 60_000 };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    private static byte[] MakeRequest(int port, int size)
    {
        var head = Encoding.UTF8.GetBytes($"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n\r\n");
        var request = new byte[head.Length + size];
        head.CopyTo(request, 0);
        request.AsSpan(head.Length).Fill((byte)'x');
        request[head.Length] = request[^1] = (byte)'"';
        return request;
    }
}
