using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Load;

/// <summary>
/// Calls a server over a number of kept connections, each with one call under way at most, as fast as it answers or at a rate, and takes down how long each call took. At a rate a
/// call's time begins when it was due, so that the wait for a slow call before it is counted.
/// </summary>
internal sealed class PacedLoad : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly byte[] _request;
    private readonly ReplyCheck _check;
    private readonly double _ticksBetween;
    private readonly Readiness _readiness = Readiness.Create();
    private readonly Socket[] _sockets;
    private readonly long[] _due;
    private readonly Queue<int> _idle = [];
    private readonly int[] _ready = new int[256];
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly List<double> _microseconds = [];

    /// <param name="port">The server's, on loopback.</param>
    /// <param name="request">A call, head and body.</param>
    /// <param name="check">Checks each reply.</param>
    /// <param name="connections">How many there are.</param>
    /// <param name="rate">Calls a second over all connections; 0 for as many as are answered.</param>
    public PacedLoad(int port, byte[] request, ReplyCheck check, int connections, int rate)
    {
        (_request, _check, _ticksBetween) = (request, check, rate == 0 ? 0 : (double)Stopwatch.Frequency / rate);
        _due = new long[connections];
        _sockets = new Socket[connections];
        for (var slot = 0; slot < connections; slot++)
        {
            _sockets[slot] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            _sockets[slot].Connect(IPAddress.Loopback, port);
            _readiness.Add(_sockets[slot], slot);
            _idle.Enqueue(slot);
        }
    }

    /// <summary>Calls for a time.</summary>
    /// <returns>How long each call took, in microseconds.</returns>
    public IReadOnlyList<double> Run(TimeSpan time)
    {
        _microseconds.Clear();
        var began = Stopwatch.GetTimestamp();
        var end = began + (long)(time.TotalSeconds * Stopwatch.Frequency);
        for (double due = began; due < end || _idle.Count < _sockets.Length;)
        {
            var now = Stopwatch.GetTimestamp();
            while (_idle.Count > 0 && due < end && due <= now)
            {
                Begin(_idle.Dequeue(), _ticksBetween == 0 ? now : (long)due);
                due = _ticksBetween == 0 ? now : due + _ticksBetween;
            }
            if (_ticksBetween == 0 && now >= end)
                due = end;
            // At a rate it looks without a wait, which would not end in time for the next call.
            var count = _readiness.Wait(_ready, _ticksBetween == 0 ? Patience : TimeSpan.Zero);
            if (count == 0 && _ticksBetween == 0)
                throw new TimeoutException($"The server has not answered for {Patience.TotalSeconds} seconds.");
            foreach (var slot in _ready.AsSpan(0, count))
                Receive(slot);
        }
        return _microseconds;
    }

    public void Dispose()
    {
        foreach (var socket in _sockets)
            socket.Dispose();
        _readiness.Dispose();
    }

    private void Begin(int slot, long due)
    {
        _due[slot] = due;
        _sockets[slot].Send(_request);
    }

    /// <summary>Replies of these workloads are small, and come in one piece.</summary>
    private void Receive(int slot)
    {
        var count = _sockets[slot].Receive(_buffer);
        if (count == 0 || !_check.IsWhole(_buffer.AsSpan(0, count), out var isLast) || isLast)
            throw new IOException("The server closed a connection, or its reply came in pieces.");
        _microseconds.Add(Stopwatch.GetElapsedTime(_due[slot]).TotalMicroseconds);
        _idle.Enqueue(slot);
    }
}
