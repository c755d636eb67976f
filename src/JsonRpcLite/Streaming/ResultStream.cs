using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>Sends the result of one call as a stream of events.</summary>
/// <remarks>
/// <para>It sends items or reports of progress when they are available, heartbeats while there is nothing to send, and finally the response. It is the only writer of the reply.
/// A message is sent before waiting for the function.</para>
/// <para>Items that the function provides synchronously, one directly after another, may be sent together, since a send costs several times as much as an item. Fifteen kilobytes
/// and a fraction of a millisecond limit such a group; the first item is always sent alone, and so is an item that took longer.</para>
/// <para>While it waits, two events can occur, each on another thread: the function continues, or time passes. Both only signal (<see cref="StreamSignal"/>). The function is
/// never abandoned: when the client has disconnected, the stream waits for the pending item and then disposes the iterator, since a running iterator cannot be disposed.</para>
/// </remarks>
/// <param name="exchange">The exchange of the call.</param>
/// <param name="target">The body of the reply, to which the messages are written.</param>
/// <param name="id">The id of the call, exactly as received.</param>
/// <param name="makeWriter">Creates a writer for items.</param>
/// <param name="heartbeat">The silence after which a heartbeat is sent.</param>
/// <param name="clock">The clock that measures the silence.</param>
internal sealed class ResultStream(HttpExchange exchange, BodyBuffer target, ReadOnlyMemory<byte> id, Func<Utf8JsonWriter> makeWriter, TimeSpan heartbeat, TimeProvider clock)
{
    /// <summary>The size in bytes from which a group of items is sent.</summary>
    /// <remarks>With one more short item it fits into an array of 16 KiB, and into one TLS record.</remarks>
    private const int MostGathered = 15 * 1024;

    /// <summary>An item that takes longer than this to be produced is sent at once: the next may take as long.</summary>
    private static readonly long Quick = Stopwatch.Frequency / 50_000;

    /// <summary>The longest time that an item waits, except for the next two items to be produced.</summary>
    private static readonly long LongestGathering = Stopwatch.Frequency / 5_000;

    private readonly StreamSignal _signal = new();
    private Utf8JsonWriter? _writer;
    private ITimer? _timer;
    private Action? _onReady;

    /// <summary>The time of the last send.</summary>
    private long _sentAt;

    /// <summary>Whether a message was sent, rather than only heartbeats.</summary>
    private bool _hasSentMessage;

    /// <summary>The position where the last message, which is the response, begins.</summary>
    private int _last = -1;

    /// <summary>The limit of the reply, saved while the last message is written.</summary>
    private int _limit;

    /// <summary>The number of bytes in the target that are complete, unsent messages.</summary>
    private int _whole;

    /// <summary>When the last item was produced or sent, and when the oldest item of the group was.</summary>
    /// <remarks>Measured by the real clock, since a reader waits by it.</remarks>
    private long _madeAt, _gatheredAt;

    /// <summary>Whether the last item was timed, and was quick enough to be grouped.</summary>
    private bool _wasQuick;

    /// <summary>Whether the reply is an event stream, which the first message or heartbeat decides.</summary>
    public bool IsFramed { get; private set; }

    /// <summary>Sends each item when it is available.</summary>
    /// <exception cref="IOException">The client has disconnected.</exception>
    public async ValueTask SendAsync<T>(IAsyncEnumerable<T> items, ValueFormat<T> format, CancellationToken cancellationToken)
    {
        var begin = MakeBegin(StreamMessage.ItemBegin, StreamMessage.ItemName);
        var iterator = items.GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                if (TryGather(iterator, begin, format, out var moving))
                {
                    await SendMessageAsync().ConfigureAwait(false);
                    continue;
                }
                // First wait for its end, together with other events, and then take its result, once.
                if (!moving.IsCompleted)
                {
                    moving.UnsafeOnCompleted(_onReady ??= () => _signal.Set(StreamEvents.Ready));
                    var unsent = _whole > 0 ? await TrySendAsync().ConfigureAwait(false) : null;
                    if (await WaitAsync(unsent).ConfigureAwait(false) is { } failure)
                    {
                        Forget(moving);
                        throw failure;
                    }
                }
                if (!moving.GetResult())
                    break;
                Write(begin, iterator.Current, format);
                if (!MayGather())
                    await SendMessageAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            StopTimer();
            await iterator.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Sends reports until the function has ended.</summary>
    /// <exception cref="IOException">The client has disconnected.</exception>
    public async ValueTask SendAsync<T>(ProgressReports<T> reports, ValueFormat<T> format, Task running)
    {
        Exception? failure = null;
        var begin = MakeBegin(StreamMessage.ProgressBegin, StreamMessage.ValueName);
        reports.SendTo(_signal);
        running.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(() => _signal.Set(StreamEvents.Ready));
        try
        {
            var isOver = false;
            while (!isOver)
            {
                StartTimer();
                await _signal.WaitAsync().ConfigureAwait(false);
                var events = _signal.Take();
                isOver = (events & StreamEvents.Ready) != 0;
                if (exchange.IsLost)
                    continue;
                try
                {
                    // A report before the end is sent, too; a function that fails has made its last report before that.
                    if (failure is null && reports.TryTake(out var report))
                    {
                        Write(begin, report, format);
                        await SendMessageAsync().ConfigureAwait(false);
                    }
                    // Also after a report, since this restarts the timer.
                    if ((events & StreamEvents.TimePassed) != 0)
                        await BeatIfSilentAsync().ConfigureAwait(false);
                }
                catch (Exception e)
                {
                    // The function continues nevertheless; its further reports are not sent.
                    failure ??= e;
                    DiscardPart();
                }
            }
        }
        finally
        {
            reports.SendTo(null);
            StopTimer();
        }
        if (failure is not null && !running.IsFaulted)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        await running.ConfigureAwait(false);
    }

    /// <summary>Begins the response: the text written to the target until <see cref="EndLast"/>.</summary>
    public void BeginLast()
    {
        Frame();
        DiscardPart();
        // The grouped items are sent with it, and do not count against its limit.
        if (!IsInLast)
        {
            _limit = target.MaxLength;
            target.MaxLength = (int)Math.Min((long)_limit + _whole, int.MaxValue);
        }
        target.Write(StreamMessage.Begin);
        _last = target.Length;
    }

    /// <summary>Whether the response is being written.</summary>
    public bool IsInLast => _last >= 0;

    /// <summary>Discards an incomplete message.</summary>
    public void DiscardPart() => target.Truncate(_whole);

    /// <summary>Ends the response; does nothing where it is not a message of a stream.</summary>
    public void EndLast()
    {
        if (_last < 0)
            return;
        target.JoinLines(_last);
        target.MaxLength = int.MaxValue;
        target.Write(StreamMessage.End);
        target.MaxLength = _limit;
        _last = -1;
    }

    /// <summary>Makes the reply an ordinary one again; returns <c>false</c> if it has begun.</summary>
    public bool TryUnframe()
    {
        if (exchange.HasBegun)
            return false;
        if (IsFramed)
        {
            exchange.ResponseHeaders.SetJson();
            exchange.ResponseHeaders.Remove("Cache-Control");
            exchange.ResponseHeaders.Remove("X-Accel-Buffering");
        }
        IsFramed = false;
        _last = -1;
        _whole = 0;
        return true;
    }

    /// <summary>Waits for the function, and sends heartbeats meanwhile.</summary>
    /// <remarks>If a heartbeat cannot be sent, it continues to wait, and returns the exception.</remarks>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Exception?> WaitAsync(Exception? failure)
    {
        StartTimer();
        while (true)
        {
            await _signal.WaitAsync().ConfigureAwait(false);
            var events = _signal.Take();
            if ((events & StreamEvents.TimePassed) != 0 && failure is null)
            {
                try
                {
                    await BeatIfSilentAsync().ConfigureAwait(false);
                }
                catch (Exception e)
                {
                    failure = e;
                }
            }
            if ((events & StreamEvents.Ready) != 0)
                return failure;
        }
    }

    private ValueTask BeatIfSilentAsync()
    {
        var silent = clock.GetElapsedTime(_sentAt);
        if (silent < heartbeat)
        {
            _timer?.Change(heartbeat - silent, Timeout.InfiniteTimeSpan);
            return default;
        }
        Frame();
        target.Write(StreamMessage.Heartbeat);
        _sentAt = clock.GetTimestamp();
        _timer?.Change(heartbeat, Timeout.InfiniteTimeSpan);
        return exchange.FlushPieceAsync(keepsDeadlines: !_hasSentMessage);
    }

    /// <summary>Writes items while each is available synchronously and may wait for the next.</summary>
    /// <remarks>It is a separate method because its variables would be fields of the state machine in an asynchronous one.</remarks>
    /// <param name="iterator">The iterator of the items.</param>
    /// <param name="begin">The text before each item.</param>
    /// <param name="format">Writes the items.</param>
    /// <param name="moving">If the method returns <c>false</c>: the pending next item, or the end.</param>
    /// <returns>Whether the group must be sent before requesting the next item.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryGather<T>(IAsyncEnumerator<T> iterator, byte[] begin, ValueFormat<T> format, out ValueTaskAwaiter<bool> moving)
    {
        do
        {
            var next = AwaiterOf(iterator.MoveNextAsync());
            if (!next.IsCompleted)
            {
                moving = next;
                return false;
            }
            if (!next.GetResult())
            {
                moving = default;
                return false;
            }
            Write(begin, iterator.Current, format);
        }
        while (MayGather());
        moving = default;
        return true;
    }

    /// <summary>Creates the text before each value, which is the same in all messages of a stream.</summary>
    private byte[] MakeBegin(ReadOnlySpan<byte> begin, ReadOnlySpan<byte> name) => [.. begin, .. id.Span, .. name];

    private void Write<T>(byte[] begin, T value, ValueFormat<T> format)
    {
        Frame();
        // The limit applies to each message.
        var limit = target.MaxLength;
        target.MaxLength = (int)Math.Min((long)limit + _whole, int.MaxValue);
        try
        {
            target.Write(begin);
            var mark = target.Length;
            _writer ??= makeWriter();
            _writer.Reset();
            format.Write(_writer, value);
            _writer.Flush();
            if (target.Length == mark)
                target.Write("null"u8);
            target.JoinLines(mark);
            target.Write(StreamMessage.ParamsEnd);
        }
        finally
        {
            target.MaxLength = limit;
        }
        _whole = target.Length;
    }

    /// <summary>Whether the item just written can wait for the next one.</summary>
    private bool MayGather()
    {
        if (_whole >= MostGathered)
            return false;
        // Reading the clock costs a tenth of an item, so of two quick items in a row only one is timed.
        if (_wasQuick)
        {
            _wasQuick = false;
            return true;
        }
        var now = Stopwatch.GetTimestamp();
        var isQuick = now - _madeAt < Quick;
        _madeAt = now;
        if (_gatheredAt == 0)
            _gatheredAt = now;
        return _wasQuick = isQuick && _hasSentMessage && now - _gatheredAt < LongestGathering;
    }

    /// <summary>Sends the group, and returns the exception if that fails.</summary>
    private async ValueTask<Exception?> TrySendAsync()
    {
        try
        {
            await SendMessageAsync().ConfigureAwait(false);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private ValueTask SendMessageAsync()
    {
        _hasSentMessage = true;
        _sentAt = clock.GetTimestamp();
        (_whole, _gatheredAt, _wasQuick) = (0, 0, false);
        var sending = exchange.FlushPieceAsync(keepsDeadlines: false);
        _madeAt = Stopwatch.GetTimestamp();
        return sending;
    }

    private void Frame()
    {
        if (IsFramed)
            return;
        IsFramed = true;
        // The target holds the beginning of an ordinary response.
        target.Clear();
        _whole = 0;
        var headers = exchange.ResponseHeaders;
        headers[HeaderFields.ContentType] = HeaderFields.EventStream;
        headers["Cache-Control"] = "no-store";
        // Without this header, nginx buffers replies.
        headers["X-Accel-Buffering"] = "no";
    }

    private void StartTimer()
    {
        if (_timer is not null || heartbeat == Timeout.InfiniteTimeSpan)
            return;
        if (_sentAt == 0)
            _sentAt = clock.GetTimestamp();
        _timer = clock.CreateTimer(static stream => ((ResultStream)stream!)._signal.Set(StreamEvents.TimePassed), this, heartbeat, Timeout.InfiniteTimeSpan);
    }

    private void StopTimer()
    {
        _timer?.Dispose();
        _timer = null;
    }

    private static ValueTaskAwaiter<bool> AwaiterOf(ValueTask<bool> moving) => moving.GetAwaiter();

    /// <summary>Discards the outcome of an item that is no longer sent.</summary>
    private static void Forget(ValueTaskAwaiter<bool> moving)
    {
        try
        {
            moving.GetResult();
        }
        catch (Exception)
        {
            // It is nearly always the cancellation of the item.
        }
    }
}
