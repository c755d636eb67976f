using System.Globalization;
using System.Text;

namespace JsonRpcLite;

/// <summary>One coarse clock for all connections of a transport.</summary>
/// <remarks>
/// A timer ticks once a second, or more often if a limit is shorter than ten seconds. Each tick checks each connection and stores the time, so that a request does not query the
/// system's clock.
/// </remarks>
internal sealed class ConnectionClock : IDisposable
{
    private readonly TimeProvider _provider;
    private readonly ConnectionTable _connections;
    private readonly List<ServerConnection> _scratch = [];
    private readonly Action<ServerConnection> _judge;
    private readonly ITimer _timer;
    private readonly long _began;

    /// <summary>The times by <see cref="ConnectionTime"/>, in milliseconds, plus the one tick by which the start of a time may be late.</summary>
    private readonly long[] _times;

    private long _now;
    private int _isTicking;
    private byte[] _date = [];
    private DateTimeOffset _dateSecond;

    public ConnectionClock(ServerTransportContext context, ConnectionLimits limits, ConnectionTable connections)
    {
        _provider = context.TimeProvider;
        _connections = connections;
        _judge = connection =>
        {
            try
            {
                connection.Judge(Now);
            }
            catch (Exception e)
            {
                // A failure of one connection must not keep the others from being checked, and an exception in a timer would end the process.
                connection.Close();
                ThreadPool.UnsafeQueueUserWorkItem(static failed => failed.context.Report(failed.e), (context, e), preferLocal: false);
            }
        };
        var shortest = TimeSpan.FromTicks(Math.Min(Math.Min(limits.HeadTime.Ticks, limits.IdleTime.Ticks), limits.PieceTime.Ticks));
        var period = Housekeeping.TickFor(shortest);
        var tick = Milliseconds(period);
        _times = new long[(int)ConnectionTime.Linger + 1];
        _times[(int)ConnectionTime.Head] = Milliseconds(limits.HeadTime) + tick;
        _times[(int)ConnectionTime.Idle] = Milliseconds(limits.IdleTime) + tick;
        _times[(int)ConnectionTime.Piece] = Milliseconds(limits.PieceTime) + tick;
        _times[(int)ConnectionTime.Linger] = Milliseconds(ConnectionLimits.LingerTime) + tick;
        _began = _provider.GetTimestamp();
        Look();
        _timer = _provider.CreateTimer(static clock => ((ConnectionClock)clock!).Tick(), this, period, period);
    }

    /// <summary>The current value of the <c>Date</c> header field (RFC 9110 6.6.1), in ASCII.</summary>
    public ReadOnlySpan<byte> Date => Volatile.Read(ref _date);

    /// <summary>The time of the last tick, in whole milliseconds since the clock was made.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>The deadline of a time that begins now, in the clock's milliseconds: never too early, and up to two ticks late.</summary>
    public long After(ConnectionTime time) => time == ConnectionTime.Unlimited ? ConnectionState.NoDeadline : Now + _times[(int)time];

    public void Dispose() => _timer.Dispose();

    private static long Milliseconds(TimeSpan time) => (long)Math.Ceiling(time.TotalMilliseconds);

    private void Tick()
    {
        // A tick that takes longer than a period must not overlap with the next one.
        if (Interlocked.Exchange(ref _isTicking, 1) != 0)
            return;
        try
        {
            Look();
            _connections.ForEach(_scratch, _judge);
        }
        finally
        {
            Volatile.Write(ref _isTicking, 0);
        }
    }

    private void Look()
    {
        Volatile.Write(ref _now, (long)_provider.GetElapsedTime(_began).TotalMilliseconds);
        var second = _provider.GetUtcNow();
        if (second.ToUnixTimeSeconds() == _dateSecond.ToUnixTimeSeconds() && _date.Length > 0)
            return;
        _dateSecond = second;
        Volatile.Write(ref _date, Encoding.ASCII.GetBytes(second.ToString("r", CultureInfo.InvariantCulture)));
    }
}
