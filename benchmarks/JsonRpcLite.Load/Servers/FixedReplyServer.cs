using System.Net;
using System.Net.Sockets;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>The floor: one thread that finds the end of each request and always sends the same reply.</summary>
/// <remarks>Clients are measured against it.</remarks>
internal sealed class FixedReplyServer
{
    public const string Name = "fixed";

    private const int Listening = 0;

    private readonly byte[] _reply;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly Readiness _readiness = Readiness.Create();
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <summary>The sockets by slot; the first one listens.</summary>
    private readonly List<Socket?> _connections = [null];
    private readonly Stack<int> _free = [];

    /// <summary>The bytes of incomplete requests.</summary>
    private readonly Dictionary<int, byte[]> _partial = [];

    private FixedReplyServer(Workload workload)
    {
        _reply = Encoding.UTF8.GetBytes(
            $"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\nContent-Length: {Encoding.UTF8.GetByteCount(workload.Reply)}\r\n\r\n{workload.Reply}");
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(512);
        _readiness.Add(_listener, Listening);
    }

    public static int Start(Workload workload)
    {
        var server = new FixedReplyServer(workload);
        new Thread(server.Serve) { IsBackground = true }.Start();
        return ((IPEndPoint)server._listener.LocalEndPoint!).Port;
    }

    private void Serve()
    {
        var ready = new int[256];
        while (true)
        {
            var count = _readiness.Wait(ready, TimeSpan.FromSeconds(60));
            foreach (var slot in ready.AsSpan(0, count))
            {
                if (slot == Listening)
                    Accept();
                else
                    Answer(slot);
            }
        }
    }

    private void Accept()
    {
        var accepted = _listener.Accept();
        accepted.NoDelay = true;
        if (!_free.TryPop(out var slot))
        {
            slot = _connections.Count;
            _connections.Add(null);
        }
        _connections[slot] = accepted;
        _readiness.Add(accepted, slot);
    }

    private void Answer(int slot)
    {
        var socket = _connections[slot]!;
        var kept = 0;
        if (_partial.Remove(slot, out var before))
        {
            before.CopyTo(_buffer, 0);
            kept = before.Length;
        }
        var count = socket.Receive(_buffer.AsSpan(kept), SocketFlags.None, out var error);
        if (count == 0 || error != SocketError.Success)
        {
            _readiness.Remove(socket, slot);
            socket.Dispose();
            _connections[slot] = null;
            _free.Push(slot);
            return;
        }
        var request = _buffer.AsSpan(0, kept + count);
        if (IsWhole(request))
            socket.Send(_reply, SocketFlags.None, out _);
        else
            _partial.Add(slot, request.ToArray());
    }

    private static bool IsWhole(ReadOnlySpan<byte> request)
    {
        var end = request.IndexOf("\r\n\r\n"u8);
        return end >= 0 && ReplyCheck.TryFindLength(request[..end], out var length) && request.Length == end + 4 + length;
    }
}
