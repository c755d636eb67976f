using System.Diagnostics;

namespace JsonRpcLite.Load;

/// <summary>Keeps a server busy over a number of keep-alive connections, from one thread and with bytes made beforehand, and checks every reply.</summary>
internal sealed class SocketLoad(int port, byte[] request, ReplyCheck check, int count) : IDisposable
{
    /// <summary>How many connections are opened before the server has to answer on all of them: fewer than any server's backlog, which drops what does not fit.</summary>
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

    /// <summary>Calls for a time, at least once on each connection, and keeps the connections for the next.</summary>
    /// <param name="before">How long it calls, without a pause, before it counts.</param>
    /// <param name="time">How long it counts.</param>
    /// <param name="onCounting">Called when it begins to count, unless that is at once.</param>
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

    /// <summary>Reads replies and sends the next calls, until the time is over and no call is under way.</summary>
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
