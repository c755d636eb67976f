using System.Diagnostics;

namespace JsonRpcLite.Load;

/// <summary>Keeps a server busy over a number of keep-alive connections, and checks every reply.</summary>
/// <remarks>It uses one thread, and bytes that were made beforehand.</remarks>
internal sealed class SocketLoad(int port, byte[] request, ReplyCheck check, int count) : IDisposable
{
    /// <summary>The number of connections to open before the server must answer on all of them.</summary>
    /// <remarks>It is less than any server's backlog, which drops what does not fit.</remarks>
    private const int Wave = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Connections _connections = new(port, request, check, count);

    /// <summary>Opens all connections, with a call on each.</summary>
    public void Open()
    {
        for (var slot = 0; slot < count;)
        {
            for (var last = Math.Min(slot + Wave, count); slot < last; slot++)
                _connections.Begin(slot, Stopwatch.GetTimestamp());
            Answer(_ => true);
        }
    }

    /// <summary>Calls for a time, at least once on each connection, and keeps the connections for the next one.</summary>
    /// <param name="before">The time of calls, without a pause, before it counts.</param>
    /// <param name="time">The time for which it counts.</param>
    /// <param name="onCounting">Called when it begins to count, unless that is immediately.</param>
    public LoadSample Run(TimeSpan before, TimeSpan time, Action onCounting)
    {
        var counts = before == TimeSpan.Zero;
        _connections.Waits.Clear();
        _connections.CloseDead();
        var began = Stopwatch.GetTimestamp();
        for (var slot = 0; slot < count; slot++)
            _connections.Begin(slot, Stopwatch.GetTimestamp());
        Answer(IsOver);
        return LoadSample.Of(Stopwatch.GetElapsedTime(began), _connections.Waits);

        bool IsOver(long now)
        {
            var elapsed = Stopwatch.GetElapsedTime(began, now);
            if (counts)
                return elapsed > time;
            if (elapsed > before)
            {
                counts = true;
                onCounting();
                _connections.Waits.Clear();
                began = Stopwatch.GetTimestamp();
            }
            return false;
        }
    }

    public void Dispose() => _connections.Dispose();

    /// <summary>Reads replies and sends the next calls, until the time has expired and no call is in flight.</summary>
    private void Answer(Func<long, bool> isOver)
    {
        while (_connections.Busy > 0)
        {
            var ready = _connections.Wait(Patience);
            if (ready.IsEmpty)
                throw new TimeoutException($"The server has not answered for {Patience.TotalSeconds} seconds.");
            var isEnd = isOver(Stopwatch.GetTimestamp());
            foreach (var slot in ready)
            {
                if (_connections.Receive(slot) && !isEnd)
                    _connections.Begin(slot, Stopwatch.GetTimestamp());
            }
        }
    }
}
