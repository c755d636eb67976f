using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Load;

/// <summary>Keeps a server busy over a number of kept connections, from one thread and with bytes made beforehand, and checks every reply.</summary>
internal sealed class SocketLoad(int port, byte[] request, ReplyCheck check, int connections) : IDisposable
{
    /// <summary>How many connections are opened before the server has to answer on all of them: fewer than any server's backlog, which drops what does not fit.</summary>
    private const int Wave = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly int[] _ready = new int[256];
    private readonly Readiness _readiness = Readiness.Create();
    private readonly Socket?[] _sockets = new Socket?[connections];

    /// <summary>The bytes of a reply that did not come in one piece.</summary>
    private readonly Dictionary<int, byte[]> _partial = [];

    private int _busy;

    /// <summary>Opens all connections, with a call on each.</summary>
    public void Open()
    {
        for (var slot = 0; slot < connections;)
        {
            for (var last = Math.Min(slot + Wave, connections); slot < last; slot++)
                Begin(slot);
            Answer(() => true);
        }
    }

    /// <summary>Calls for a time, at least once on each connection, and keeps the connections for the next.</summary>
    /// <returns>The calls that were answered.</returns>
    public long Run(TimeSpan time)
    {
        var began = Stopwatch.GetTimestamp();
        for (var slot = 0; slot < connections; slot++)
        {
            // One that is readable while nothing was asked has been closed, as some servers do with idle ones.
            if (_sockets[slot]?.Poll(TimeSpan.Zero, SelectMode.SelectRead) == true)
                Close(slot);
            Begin(slot);
        }
        return Answer(() => Stopwatch.GetElapsedTime(began) > time);
    }

    public void Dispose()
    {
        for (var slot = 0; slot < connections; slot++)
            Close(slot);
        _readiness.Dispose();
    }

    private long Answer(Func<bool> isOver)
    {
        var calls = 0L;
        while (_busy > 0)
        {
            var count = _readiness.Wait(_ready, Patience);
            if (count == 0)
                throw new TimeoutException($"The server has not answered for {Patience.TotalSeconds} seconds.");
            var isEnd = isOver();
            foreach (var slot in _ready.AsSpan(0, count))
            {
                if (!Receive(slot, out var isLast))
                    continue;
                calls++;
                _busy--;
                if (isLast)
                    Close(slot);
                if (!isEnd)
                    Begin(slot);
            }
        }
        return calls;
    }

    private void Begin(int slot)
    {
        var socket = _sockets[slot];
        if (socket is null)
        {
            socket = _sockets[slot] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, port);
            _readiness.Add(socket, slot);
        }
        socket.Send(request);
        _busy++;
    }

    private void Close(int slot)
    {
        if (_sockets[slot] is not { } socket)
            return;
        _readiness.Remove(socket, slot);
        socket.Dispose();
        _sockets[slot] = null;
    }

    /// <summary>Says whether a whole reply is there now, and whether the server ends the connection with it.</summary>
    private bool Receive(int slot, out bool isLast)
    {
        var kept = 0;
        if (_partial.Remove(slot, out var before))
        {
            before.CopyTo(_buffer, 0);
            kept = before.Length;
        }
        var count = _sockets[slot]!.Receive(_buffer.AsSpan(kept));
        if (count == 0)
            throw new IOException("The server closed a connection instead of answering.");
        var received = _buffer.AsSpan(0, kept + count);
        if (check.IsWhole(received, out isLast))
            return true;
        _partial.Add(slot, received.ToArray());
        return false;
    }
}
