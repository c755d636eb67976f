using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Load;

/// <summary>
/// Keep-alive connections to one server, each in a slot and with at most one call under way: opened when first used, opened anew where the server has closed one. It takes down
/// how long each call took. For one thread.
/// </summary>
internal sealed class Connections(int port, byte[] request, ReplyCheck check, int count) : IDisposable
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly int[] _ready = new int[256];
    private readonly Readiness _readiness = Readiness.Create();
    private readonly Socket?[] _sockets = new Socket?[count];
    private readonly long[] _sent = new long[count];

    /// <summary>The bytes of a reply that did not come in one piece.</summary>
    private readonly Dictionary<int, byte[]> _partial = [];

    /// <summary>How long each call took that has its reply, in microseconds.</summary>
    public List<double> Waits { get; } = [];

    /// <summary>The calls that have no reply yet.</summary>
    public int Busy { get; private set; }

    /// <summary>Sends a call.</summary>
    /// <param name="slot">The connection, which has no call under way.</param>
    /// <param name="due">When its time begins, as a time stamp of Stopwatch: now, or when it should have been sent.</param>
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
    /// <returns>Their slots; none when the time was over first.</returns>
    public ReadOnlySpan<int> Wait(TimeSpan atMost) => _ready.AsSpan(0, _readiness.Wait(_ready, atMost));

    /// <summary>Reads what is there, and closes the connection after a reply that says so.</summary>
    /// <returns>Whether the call has its reply now.</returns>
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

    /// <summary>Closes those that the server has closed: they can be read while no call is under way. Some servers do that to idle ones.</summary>
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
