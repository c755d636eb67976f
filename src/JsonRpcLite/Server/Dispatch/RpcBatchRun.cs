using System.Buffers;

namespace JsonRpcLite;

/// <summary>Runs one batch (JSON-RPC 2.0, 6) and joins its responses in the order of the requests.</summary>
/// <remarks>Each request has its own buffer. As many workers as the options and the free permits allow run the requests.</remarks>
internal sealed class RpcBatchRun : IEarlyAnswer
{
    /// <summary>The work, as a time, from which a batch uses other threads.</summary>
    /// <remarks>Waking up another thread costs about as much as 20 to 50 short calls, so one thread runs a batch of less work faster.</remarks>
    private static readonly TimeSpan WorthHelp = TimeSpan.FromMicroseconds(100);

    /// <summary>The time from which a call counts as work that is worth sharing.</summary>
    /// <remarks>
    /// However many shorter calls there are, two threads run them no faster, since they get in each other's way: a thousand calls of 1 us take two threads as long as one.
    /// </remarks>
    private static readonly TimeSpan WorthSharing = TimeSpan.FromMicroseconds(5);

    private readonly HttpExchange _exchange;
    private readonly RpcRunner _runner;
    private readonly JsonRpcProtocolOptions _options;
    private readonly JsonRpcSerializer _serializer;
    private readonly ReadOnlyMemory<byte> _body;
    private readonly List<Envelope> _envelopes;

    /// <summary>The finished requests, by their index.</summary>
    /// <remarks>The worker that ran a request writes its element once.</remarks>
    private readonly RpcRequest?[] _done;

    /// <summary>The requests that have begun, by their index; empty if they are not measured.</summary>
    private readonly RpcRequest?[] _begun;

    /// <summary>The methods of the requests, by their index.</summary>
    private readonly MethodEntry?[] _methods;

    private readonly TimeProvider _clock;
    private readonly StripedPermits? _permits;
    private List<Helper>? _helpers;

    /// <summary>The index of the last request that a worker has taken.</summary>
    /// <remarks>The batch's own thread takes the first one, before helpers begin.</remarks>
    private int _taken;

    /// <summary>The size of the reply: the brackets, each response, and a comma between two responses.</summary>
    private long _size = "[]".Length - ",".Length;

    public RpcBatchRun(HttpExchange exchange, ReadOnlyMemory<byte> body, List<Envelope> envelopes, JsonRpcSerializer serializer, RpcRunner runner, JsonRpcProtocolOptions options)
    {
        _exchange = exchange;
        _body = body;
        _envelopes = envelopes;
        _serializer = serializer;
        _runner = runner;
        _options = options;
        _done = new RpcRequest?[envelopes.Count];
        _begun = RpcTelemetry.IsServerOn ? new RpcRequest?[envelopes.Count] : [];
        _methods = new MethodEntry?[envelopes.Count];
        (_clock, _permits) = ServerCall.Of(exchange) is { } call ? (call.Times.Clock, call.Permits) : (TimeProvider.System, null);
    }

    private bool IsTooLarge => Interlocked.Read(ref _size) > _exchange.ResponseBody.MaxLength;

    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        _exchange.EarlyAnswer = this;
        try
        {
            if (IsWorthHelp())
                GetHelp(_envelopes.Count, cancellationToken);
            await WorkAsync(isHelper: false, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // In any case, since the helpers use the exchange and the memory of its body.
            foreach (var helper in _helpers ?? [])
                await helper.EndAsync().ConfigureAwait(false);
        }

        // From here on no other thread reads the responses, so their memory can be released. Outside of a server no other thread can take the right to reply.
        var isServed = _exchange.Right.State != ReplyState.Resting;
        if (isServed && !_exchange.Right.TryMove(ReplyEvent.BeganToJoin))
            return;
        try
        {
            Join();
        }
        finally
        {
            // The rest of a user's handler may still take too long. Its early reply must not use the released memory.
            _exchange.EarlyAnswer = null;
            if (isServed)
                _exchange.Right.TryMove(ReplyEvent.Joined);
        }
    }

    /// <summary>Makes an early reply of the finished responses, with a time-out error for each other call.</summary>
    public EarlyReply Make(int statusCode, string message)
    {
        var body = new BodyBuffer();
        if (IsTooLarge)
        {
            RpcResponse.WriteError(body, JsonRpcErrorCodes.ReplyTooLarge, TooLargeMessage, errorData: null, id: default);
            return new EarlyReply(200, new HeaderFields { { "Content-Type", "application/json" } }, body.WrittenMemory);
        }
        var answered = new BodyBuffer();
        var isFirst = true;
        for (var i = 0; i < _done.Length; i++)
        {
            answered.Clear();
            if (Volatile.Read(ref _done[i]) is { } done)
                answered.Write(done.Target.WrittenSpan);
            else if (!_envelopes[i].IsNotification)
                RpcResponse.WriteError(answered, JsonRpcErrorCodes.TimedOut, message, errorData: null, _body.Span[_envelopes[i].Id]);
            Append(body, answered.WrittenSpan, ref isFirst);
        }
        if (isFirst)
            return new EarlyReply(statusCode == 503 ? 503 : _options.NotificationStatusCode, [], default);
        body.Write("]"u8);
        if (body.Length > _exchange.ResponseBody.MaxLength)
        {
            body.Clear();
            RpcResponse.WriteError(body, JsonRpcErrorCodes.ReplyTooLarge, TooLargeMessage, errorData: null, id: default);
        }
        return new EarlyReply(200, new HeaderFields { { "Content-Type", "application/json" } }, body.WrittenMemory);
    }

    /// <inheritdoc />
    public void End(int code)
    {
        foreach (ref var begun in _begun.AsSpan())
        {
            // A finished request has already ended its measurement.
            Volatile.Read(ref begun)?.Measure?.End(code);
        }
    }

    private string TooLargeMessage =>
        $"The answers are larger than the limit of {_exchange.ResponseBody.MaxLength} bytes ({nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.Limits)}.{nameof(JsonRpcServerLimits.MaxResponseBodySize)} of the server).";

    /// <summary>Finds the methods, and returns whether their earlier times add up to work for more than one thread.</summary>
    /// <remarks>A method that was never called may take any time, so it counts as enough work.</remarks>
    private bool IsWorthHelp()
    {
        var (sum, isAnyUnknown) = (0L, false);
        for (var i = 0; i < _methods.Length; i++)
        {
            if ((_methods[i] = _runner.Find(_body.Span, _envelopes[i])) is not { } method)
                continue;
            if (method.TimeInBatches.Ticks is { } ticks)
                sum += Shareable(ticks);
            else
                isAnyUnknown = true;
        }
        return isAnyUnknown || sum > TicksOf(WorthHelp);
    }

    /// <summary>Starts helpers on other threads, at most once.</summary>
    /// <param name="calls">The number of calls that are left, including that of the current thread.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    private void GetHelp(int calls, CancellationToken cancellationToken)
    {
        if (_helpers is not null || _permits is null)
            return;
        _helpers = [];
        while (_helpers.Count < Math.Min(_options.MaxBatchParallelism, calls) - 1)
            _helpers.Add(new Helper(this, _permits, cancellationToken));
    }

    /// <summary>The part of a call's time that counts as work worth sharing.</summary>
    private long Shareable(long ticks) => ticks < TicksOf(WorthSharing) ? 0 : ticks;

    private long TicksOf(TimeSpan time) => (long)(time.TotalSeconds * _clock.TimestampFrequency);

    private async Task WorkAsync(bool isHelper, CancellationToken cancellationToken)
    {
        var context = ExecutionContext.Capture();
        var synchronizationContext = SynchronizationContext.Current;
        var (began, work) = (_clock.GetTimestamp(), 0L);
        for (var index = isHelper ? Interlocked.Increment(ref _taken) : 0; index < _envelopes.Count; index = Interlocked.Increment(ref _taken))
        {
            var target = new BodyBuffer(_exchange.ResponseBody.MaxLength);
            var request = new RpcRequest(_exchange, target, _serializer, index);
            request.Begin(_body, _envelopes[index]);
            if (_begun.Length != 0)
                Volatile.Write(ref _begun[index], request);
            var running = _runner.RunAsync(request, _methods[index], cancellationToken);
            // A call that awaits something does not use its thread, so other calls can run meanwhile.
            if (!isHelper && !running.IsCompleted)
                GetHelp(_envelopes.Count - index, cancellationToken);
            await running.ConfigureAwait(false);
            var ended = _clock.GetTimestamp();
            // A call that failed may not have run, so its time says nothing about other calls.
            if (request.ErrorCode is null)
                _methods[index]?.TimeInBatches.Add(ended - began);
            work += Shareable(ended - began);
            began = ended;
            if (!isHelper && work > TicksOf(WorthHelp))
                GetHelp(_envelopes.Count - index - 1, cancellationToken);
            Interlocked.Add(ref _size, target.Length == 0 ? 0 : target.Length + ",".Length);
            if (IsTooLarge)
                target.Release();
            Volatile.Write(ref _done[index], request);
            // The next call must not see the execution context that this one has changed.
            if (context is not null)
                ExecutionContext.Restore(context);
            if (SynchronizationContext.Current != synchronizationContext)
                SynchronizationContext.SetSynchronizationContext(null);
        }
    }

    private void Join()
    {
        if (IsTooLarge)
            RpcResponse.WriteError(_exchange.ResponseBody, JsonRpcErrorCodes.ReplyTooLarge, TooLargeMessage, errorData: null, id: default);
        else if (!TryJoin(_exchange.ResponseBody))
        {
            _exchange.StatusCode = _options.NotificationStatusCode;
            _exchange.ResponseHeaders.Remove("Content-Type");
        }
        foreach (var request in _done)
            request!.Target.Release();
    }

    private bool TryJoin(BodyBuffer target)
    {
        var isFirst = true;
        foreach (var request in _done)
            Append(target, request!.Target.WrittenSpan, ref isFirst);
        if (isFirst)
            return false;
        target.Write("]"u8);
        return true;
    }

    private static void Append(BodyBuffer target, ReadOnlySpan<byte> response, ref bool isFirst)
    {
        if (response.IsEmpty)
            return;
        target.Write(isFirst ? "["u8 : ","u8);
        target.Write(response);
        isFirst = false;
    }

    /// <summary>A further worker on the thread pool, which runs if a permit is free when it gets its thread.</summary>
    /// <remarks>If it gets its thread only when all of the work is done, nothing waits for it.</remarks>
    private sealed class Helper
    {
        private readonly Task _work;
        private int _hasBegunOrIsLate;

        public Helper(RpcBatchRun batch, StripedPermits permits, CancellationToken cancellationToken) =>
            _work = Task.Run(() => RunAsync(batch, permits, cancellationToken), CancellationToken.None);

        /// <summary>Waits for the work that the helper has begun, or prevents it from beginning.</summary>
        public Task EndAsync() => Interlocked.Exchange(ref _hasBegunOrIsLate, 1) != 0 ? _work : Task.CompletedTask;

        private async Task RunAsync(RpcBatchRun batch, StripedPermits permits, CancellationToken cancellationToken)
        {
            if (Interlocked.Exchange(ref _hasBegunOrIsLate, 1) != 0 || permits.Take() is not (>= 0 and var permit))
                return;
            try
            {
                await batch.WorkAsync(isHelper: true, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                permits.GiveBack(permit);
            }
        }
    }
}
