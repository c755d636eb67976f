using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Load;

/// <summary>Keep-alive connections to one server, each in a slot and with at most one call in flight.</summary>
/// <remarks>For one thread. A connection is opened on first use, and reopened if the server has closed it. The time of each call is recorded.</remarks>
internal sealed class Connections(int port, byte[] request, ReplyCheck check, int count) : IDisposable
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly int[] _ready = new int[256];
    private readonly Readiness _readiness = Readiness.Create();
    private readonly Socket?[] _sockets = new Socket?[count];
    private readonly long[] _sent = new long[count];

    /// <summary>The bytes of incomplete replies.</summary>
    private readonly Dictionary<int, byte[]> _partial = [];

    /// <summary>The times of completed calls, in microseconds.</summary>
    public List<double> Waits { get; } = [];

    /// <summary>The number of calls without a reply.</summary>
    public int Busy { get; private set; }

    /// <summary>Sends a call.</summary>
    /// <param name="slot">The slot of the connection, which has no call in flight.</param>
    /// <param name="due">The start of its time, as a time stamp of Stopwatch: now, or the time when it was due.</param>
    public void Begin(int slot, long due)
    {
        var socket = _sockets[slot];
        if (socket is null)
        {
            socket = _sockets[slot] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, port);
            _readiness.Add(socket, slot);
        }
        _sent[slot] = due;
        socket.Send(request);
        Busy++;
    }

    /// <summary>Waits for connections that can be read.</summary>
    /// <returns>Their slots; empty if the time expired first.</returns>
    public ReadOnlySpan<int> Wait(TimeSpan atMost) => _ready.AsSpan(0, _readiness.Wait(_ready, atMost));

    /// <summary>Reads the available bytes, and closes the connection after a reply with <c>Connection: close</c>.</summary>
    /// <returns>Whether the reply is complete.</returns>
    public bool Receive(int slot)
    {
        var kept = 0;
        if (_partial.Remove(slot, out var before))
        {
            before.CopyTo(_buffer, 0);
            kept = before.Length;
        }
        var received = _sockets[slot]!.Receive(_buffer.AsSpan(kept));
        if (received == 0)
            throw new IOException("The server closed a connection instead of answering.");
        var reply = _buffer.AsSpan(0, kept + received);
        if (!check.IsWhole(reply, out var isLast))
        {
            _partial.Add(slot, reply.ToArray());
            return false;
        }
        Waits.Add(Stopwatch.GetElapsedTime(_sent[slot]).TotalMicroseconds);
        Busy--;
        if (isLast)
            Close(slot);
        return true;
    }

    /// <summary>Closes the connections that the server has closed, which are readable without a call in flight.</summary>
    /// <remarks>Some servers close idle connections.</remarks>
    public void CloseDead()
    {
        for (var slot = 0; slot < count; slot++)
        {
            if (_sockets[slot]?.Poll(TimeSpan.Zero, SelectMode.SelectRead) == true)
                Close(slot);
        }
    }

    public void Dispose()
    {
        for (var slot = 0; slot < count; slot++)
            Close(slot);
        _readiness.Dispose();
    }

    private void Close(int slot)
    {
        if (_sockets[slot] is not { } socket)
            return;
        _readiness.Remove(socket, slot);
        socket.Dispose();
        _sockets[slot] = null;
    }
}
