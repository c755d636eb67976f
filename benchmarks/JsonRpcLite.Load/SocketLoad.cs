using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Load;

/// <summary>Keeps a server busy over a number of kept connections, from one thread, and checks every reply.</summary>
internal sealed class SocketLoad(int port, int connections)
{
    private readonly byte[] _request = Message.Request(port);
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly List<Socket> _busy = [];
    private readonly Stack<Socket> _kept = [];

    /// <summary>The bytes of a reply that did not come in one piece.</summary>
    private readonly Dictionary<Socket, byte[]> _partial = [];

    /// <summary>Calls for a time, and keeps the connections for the next.</summary>
    /// <returns>The calls that were answered.</returns>
    public long Run(TimeSpan time)
    {
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < connections; i++)
            Begin();
        var calls = 0L;
        var ready = new List<Socket>();
        while (_busy.Count > 0)
        {
            ready.Clear();
            ready.AddRange(_busy);
            Socket.Select(ready, null, null, TimeSpan.FromSeconds(30));
            if (ready.Count == 0)
                throw new TimeoutException("The server has not answered for 30 seconds.");
            var isOver = Stopwatch.GetElapsedTime(began) > time;
            foreach (var socket in ready)
            {
                if (!Receive(socket, out var isLast))
                    continue;
                calls++;
                if (!isOver && !isLast)
                {
                    socket.Send(_request);
                    continue;
                }
                _busy.Remove(socket);
                if (isLast)
                    socket.Dispose();
                else
                    _kept.Push(socket);
                if (!isOver)
                    Begin();
            }
        }
        return calls;
    }

    private void Begin()
    {
        // One that is readable while nothing was asked has been closed.
        while (_kept.TryPop(out var socket))
        {
            if (!socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
            {
                Send(socket);
                return;
            }
            socket.Dispose();
        }
        var connection = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        connection.Connect(IPAddress.Loopback, port);
        Send(connection);

        void Send(Socket socket)
        {
            socket.Send(_request);
            _busy.Add(socket);
        }
    }

    /// <summary>Says whether a whole reply is there now, and whether the server ends the connection with it.</summary>
    private bool Receive(Socket socket, out bool isLast)
    {
        var kept = 0;
        if (_partial.Remove(socket, out var before))
        {
            before.CopyTo(_buffer, 0);
            kept = before.Length;
        }
        var count = socket.Receive(_buffer.AsSpan(kept));
        if (count == 0)
            throw new IOException("The server closed a connection instead of answering.");
        ReadOnlySpan<byte> reply = _buffer.AsSpan(0, kept + count);
        isLast = false;
        var end = reply.IndexOf("\r\n\r\n"u8);
        if (end < 0 || reply.Length < end + 4 + Message.LengthIn(reply[..end]))
        {
            _partial.Add(socket, reply.ToArray());
            return false;
        }
        if (!reply.StartsWith("HTTP/1.1 200 "u8) || !reply[(end + 4)..].SequenceEqual(Message.ReplyBytes))
            throw new IOException($"A wrong reply: {System.Text.Encoding.UTF8.GetString(reply)}");
        isLast = reply[..end].IndexOf("\r\nConnection: close"u8) >= 0;
        return true;
    }
}
