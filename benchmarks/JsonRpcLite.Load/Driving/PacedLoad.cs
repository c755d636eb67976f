using System.Diagnostics;

namespace JsonRpcLite.Load;

/// <summary>Calls a server at a fixed rate over a number of keep-alive connections.</summary>
/// <remarks>The time of a call begins when it is due, so that waiting for a slow call before it counts.</remarks>
internal sealed class PacedLoad(int port, byte[] request, ReplyCheck check, int count, int rate) : IDisposable
{
    private readonly Connections _connections = new(port, request, check, count);
    private readonly Queue<int> _idle = new(Enumerable.Range(0, count));
    private readonly double _ticksBetween = (double)Stopwatch.Frequency / rate;

    public LoadSample Run(TimeSpan time)
    {
        _connections.Waits.Clear();
        _connections.CloseDead();
        var began = Stopwatch.GetTimestamp();
        var end = began + (long)(time.TotalSeconds * Stopwatch.Frequency);
        for (double due = began; due < end || _connections.Busy > 0;)
        {
            var now = Stopwatch.GetTimestamp();
            while (_idle.Count > 0 && due < end && due <= now)
            {
                _connections.Begin(_idle.Dequeue(), (long)due);
                due += _ticksBetween;
            }
            // Polls without waiting, because a wait would not end in time for the next call.
            foreach (var slot in _connections.Wait(TimeSpan.Zero))
            {
                if (_connections.Receive(slot))
                    _idle.Enqueue(slot);
            }
        }
        return LoadSample.Of(Stopwatch.GetElapsedTime(began), _connections.Waits);
    }

    public void Dispose() => _connections.Dispose();
}
