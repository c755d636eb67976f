using System.Buffers;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>
/// The result of one call on its way as a stream of events: items or reports of progress as they are made, heart-beats while nothing is, and at the end the response. It is the
/// only one that writes to the reply. A message leaves before the function is waited for.
/// </summary>
/// <remarks>
/// <para>Items that the function has ready at once, one right after another, may leave together, since a send costs several times what an item does. Fifteen kilobytes
/// and a fraction of a millisecond bound what
/// is gathered; the first item always leaves alone, and so does one that took its time.</para>
/// <para>Two things can happen while it waits, on threads of their own: the function goes on, and time passes. Both only signal (<see cref="StreamSignal"/>). What the
/// function does is never abandoned: when the
/// client is gone, it waits for the item that is being made and then disposes the iterator, since one that runs cannot be disposed.</para>
/// </remarks>
/// <param name="exchange">The exchange of the call.</param>
/// <param name="target">Takes the messages: the body of the reply.</param>
/// <param name="id">The id of the call, as it came.</param>
/// <param name="makeWriter">Makes a writer for items.</param>
/// <param name="heartbeat">After how much silence a sign of life is sent.</param>
/// <param name="clock">Says how long it was silent.</param>
internal sealed class ResultStream(HttpExchange exchange, BodyBuffer target, ReadOnlyMemory<byte> id, Func<Utf8JsonWriter> makeWriter, TimeSpan heartbeat, TimeProvider clock)
{
    /// <summary>So many bytes are sent at the latest. With one more short item they fit into an array of 16 KiB, and into one record of TLS.</summary>
    private const int MostGathered = 15 * 1024;

    /// <summary>An item that takes longer than this to be made leaves at once: the next may take as long.</summary>
    private static readonly long Quick = Stopwatch.Frequency / 50_000;

    /// <summary>No item waits for longer than this, but for the next two to be made.</summary>
    private static readonly long LongestGathering = Stopwatch.Frequency / 5_000;

    private readonly StreamSignal _signal = new();
    private Utf8JsonWriter? _writer;
    private ITimer? _timer;
    private Action? _onReady;

    /// <summary>When something was sent last.</summary>
    private long _sentAt;

    /// <summary>Whether a message was sent, and not only signs of life.</summary>
    private bool _hasSentMessage;

    /// <summary>Where the last message begins, which is the response.</summary>
    private int _last = -1;

    /// <summary>The limit of a reply, while the last message is written.</summary>
    private int _limit;

    /// <summary>How much of the target is whole messages that were not sent yet.</summary>
    private int _whole;

    /// <summary>When the last item was made or sent, and when the oldest was that is gathered. By the real clock: a reader waits by it.</summary>
    private long _madeAt, _gatheredAt;

    /// <summary>Whether the last item was timed, and may be gathered.</summary>
    private bool _wasQuick;

    /// <summary>Whether the reply is an event stream: decided by the first message, or sign of life.</summary>
    public bool IsFramed { get; private set; }

    /// <summary>Sends each item when it is made.</summary>
    /// <exception cref="IOException">The client is gone.</exception>
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
                // Its end is waited for first, together with other things, and then its result is taken, once.
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
    /// <exception cref="IOException">The client is gone.</exception>
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
                    // A report in front of the end is sent, too; a function that fails has made its last one before.
                    if (failure is null && reports.TryTake(out var report))
                    {
                        Write(begin, report, format);
                        await SendMessageAsync().ConfigureAwait(false);
                    }
                    // Also beside a report: this is what sets the timer again.
                    if ((events & StreamEvents.TimePassed) != 0)
                        await BeatIfSilentAsync().ConfigureAwait(false);
                }
                catch (Exception e)
                {
                    // The function goes on all the same; what it reports is not sent any more.
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

    /// <summary>What is written to the target now, until <see cref="EndLast"/>, is the response.</summary>
    public void BeginLast()
    {
        Frame();
        DiscardPart();
        // What is gathered leaves with it, and does not count against its limit.
        if (!IsInLast)
        {
            _limit = target.MaxLength;
            target.MaxLength = (int)Math.Min((long)_limit + _whole, int.MaxValue);
        }
        target.Write(StreamMessage.Begin);
        _last = target.Length;
    }

    /// <summary>Whether what is written now is the response.</summary>
    public bool IsInLast => _last >= 0;

    /// <summary>Takes back a message that did not become one.</summary>
    public void DiscardPart() => target.Truncate(_whole);

    /// <summary>The response is written. Does nothing where it is not a message of a stream.</summary>
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

    /// <summary>The reply is to be an ordinary one after all. False: it has begun.</summary>
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

    /// <summary>Waits for the function, and beats meanwhile. When that cannot be sent, it waits all the same, and says why.</summary>
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

    /// <summary>
    /// Writes items while each is ready at once and may wait for the next. A loop of its own: in an asynchronous method its variables would be fields of the state.
    /// </summary>
    /// <param name="iterator">Makes the items.</param>
    /// <param name="begin">What stands in front of each.</param>
    /// <param name="format">Writes them.</param>
    /// <param name="moving">Where it returns <c>false</c>: the next item, which is not ready, or the end.</param>
    /// <returns>Whether what is gathered must be sent before the next item is asked for.</returns>
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

    /// <summary>What stands in front of each value: the same in all messages of a stream.</summary>
    private byte[] MakeBegin(ReadOnlySpan<byte> begin, ReadOnlySpan<byte> name) => [.. begin, .. id.Span, .. name];

    private void Write<T>(byte[] begin, T value, ValueFormat<T> format)
    {
        Frame();
        // The limit is for each message.
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

    /// <summary>Whether the item that was just written can wait for the next one.</summary>
    private bool MayGather()
    {
        if (_whole >= MostGathered)
            return false;
        // Reading the clock costs a tenth of what an item does. An item behind a quick one is not timed; the one behind it is.
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

    /// <summary>Sends what is gathered. What goes wrong is returned.</summary>
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
        // The beginning of an ordinary response stands there.
        target.Clear();
        _whole = 0;
        var headers = exchange.ResponseHeaders;
        headers[HeaderFields.ContentType] = HeaderFields.EventStream;
        headers["Cache-Control"] = "no-store";
        // nginx gathers replies otherwise.
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

    /// <summary>Drops the outcome of an item that is not sent any more.</summary>
    private static void Forget(ValueTaskAwaiter<bool> moving)
    {
        try
        {
            moving.GetResult();
        }
        catch (Exception)
        {
            // Nearly always its cancellation.
        }
    }
}
