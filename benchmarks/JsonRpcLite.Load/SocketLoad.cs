using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Load;

/// <summary>
/// Keeps a server busy over a number of kept connections, from one thread, and checks every reply. Of many connections some have a call in flight at a time, and all have their turn.
/// </summary>
internal sealed class SocketLoad(int port, int connections, Workload workload) : IDisposable
{
    private const int MostAtOnce = 64;

    private readonly byte[] _request = workload.Request(port);
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly List<Socket> _busy = [];
    private readonly Queue<Socket> _kept = [];
    private int _opened;

    /// <summary>The bytes of a reply that did not come in one piece.</summary>
    private readonly Dictionary<Socket, byte[]> _partial = [];

    /// <summary>Calls for a time, and keeps the connections for the next.</summary>
    /// <returns>The calls that were answered.</returns>
    public long Run(TimeSpan time)
    {
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < Math.Min(connections, MostAtOnce); i++)
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
                if (!isOver && !isLast && connections <= MostAtOnce)
                {
                    socket.Send(_request);
                    continue;
                }
                _busy.Remove(socket);
                if (isLast)
                    Close(socket);
                else
                    _kept.Enqueue(socket);
                if (!isOver)
                    Begin();
            }
        }
        return calls;
    }

    public void Dispose()
    {
        foreach (var socket in _busy.Concat(_kept))
            socket.Dispose();
    }

    private void Begin()
    {
        while (_opened == connections && _kept.TryDequeue(out var socket))
        {
            // One that is readable while nothing was asked has been closed.
            if (!socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
            {
                Send(socket);
                return;
            }
            Close(socket);
        }
        _opened++;
        var connection = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        connection.Connect(IPAddress.Loopback, port);
        Send(connection);

        void Send(Socket socket)
        {
            socket.Send(_request);
            _busy.Add(socket);
        }
    }

    private void Close(Socket socket)
    {
        socket.Dispose();
        _opened--;
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
        if (end < 0 || !TryFindBody(reply[..end], reply[(end + 4)..], out var body))
        {
            _partial.Add(socket, reply.ToArray());
            return false;
        }
        if (!reply.StartsWith("HTTP/1.1 200 "u8) || !workload.IsRight(body))
            throw new IOException($"A wrong reply: {System.Text.Encoding.UTF8.GetString(reply)}");
        isLast = reply[..end].IndexOf("\r\nConnection: close"u8) >= 0;
        return true;
    }

    /// <summary>The body, when all of it is there; one of chunks is taken for one chunk, as these replies are small.</summary>
    private static bool TryFindBody(ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> body)
    {
        var length = Message.LengthIn(head);
        body = rest;
        if (length >= 0 || !rest.EndsWith("\r\n0\r\n\r\n"u8))
            return rest.Length == length;
        body = rest[(rest.IndexOf("\r\n"u8) + 2)..^7];
        return true;
    }
}
