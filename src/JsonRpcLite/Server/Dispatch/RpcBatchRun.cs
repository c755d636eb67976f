using System.Buffers;

namespace JsonRpcLite;

/// <summary>
/// One batch (JSON-RPC 2.0, 6): its requests, each with a buffer of its own, run by as many workers as the options and the free places allow, and their responses put
/// together in the order of the requests.
/// </summary>
internal sealed class RpcBatchRun : IEarlyAnswer
{
    /// <summary>To wake another thread costs about as much as 20 to 50 short calls: a batch of less work than this does it faster alone.</summary>
    private static readonly TimeSpan WorthHelp = TimeSpan.FromMicroseconds(100);

    /// <summary>Shorter calls are no work to be shared, however many there are: two threads are in each other's way, and a thousand of 1 us take them as long as one.</summary>
    private static readonly TimeSpan WorthSharing = TimeSpan.FromMicroseconds(5);

    private readonly HttpExchange _exchange;
    private readonly RpcRunner _runner;
    private readonly JsonRpcProtocolOptions _options;
    private readonly JsonRpcSerializer _serializer;
    private readonly ReadOnlyMemory<byte> _body;
    private readonly List<Envelope> _envelopes;

    /// <summary>The finished requests, at their places. A place is written once, by the worker that ran it.</summary>
    private readonly RpcRequest?[] _done;

    /// <summary>The requests that have begun, where they are measured.</summary>
    private readonly RpcRequest?[] _begun;

    /// <summary>Their methods.</summary>
    private readonly MethodEntry?[] _methods;

    private readonly TimeProvider _clock;
    private readonly StripedPermits? _permits;
    private List<Helper>? _helpers;

    /// <summary>The last request that was taken. The first one is the own thread's, before any helper has begun.</summary>
    private int _taken;

    /// <summary>How long the reply will be: the brackets, each answer, and a comma between two.</summary>
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
            // Whatever happens: they use the exchange and the memory of its body.
            foreach (var helper in _helpers ?? [])
                await helper.EndAsync().ConfigureAwait(false);
        }

        // From here on nobody else reads the answers, and their memory can be given back. A handler that runs apart from a server has no reply that could be taken from it.
        var isServed = _exchange.Right.State != ReplyState.Resting;
        if (isServed && !_exchange.Right.TryMove(ReplyEvent.BeganToJoin))
            return;
        try
        {
            Join();
        }
        finally
        {
            // The rest of a user's handler may still take too long, and is answered without what was given back.
            _exchange.EarlyAnswer = null;
            if (isServed)
                _exchange.Right.TryMove(ReplyEvent.Joined);
        }
    }

    /// <summary>The answers that are there, and for every other call that it took too long.</summary>
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
            // One that is done has ended itself.
            Volatile.Read(ref begun)?.Measure?.End(code);
        }
    }

    private string TooLargeMessage =>
        $"The answers are larger than the limit of {_exchange.ResponseBody.MaxLength} bytes ({nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.Limits)}.{nameof(JsonRpcServerLimits.MaxResponseBodySize)} of the server).";

    /// <summary>Finds the methods, and says whether what they took before adds up to work for more than one. A method that was never called may take any time.</summary>
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

    /// <summary>Has other threads work too, once.</summary>
    /// <param name="calls">How many calls are left, with that of the one who asks.</param>
    /// <param name="cancellationToken">Ends the calls.</param>
    private void GetHelp(int calls, CancellationToken cancellationToken)
    {
        if (_helpers is not null || _permits is null)
            return;
        _helpers = [];
        while (_helpers.Count < Math.Min(_options.MaxBatchParallelism, calls) - 1)
            _helpers.Add(new Helper(this, _permits, cancellationToken));
    }

    /// <summary>What a call counts as work to be shared.</summary>
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
            // What waits for something else leaves its thread to others.
            if (!isHelper && !running.IsCompleted)
                GetHelp(_envelopes.Count - index, cancellationToken);
            await running.ConfigureAwait(false);
            var ended = _clock.GetTimestamp();
            // One that failed may not have run, and says nothing of the others.
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
            // What one call has set is not for the next one.
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

    /// <summary>
    /// A second worker, on the thread pool, if a place is free when it gets its thread. It may get one only when all of the work is done: then nobody waits for it.
    /// </summary>
    private sealed class Helper
    {
        private readonly Task _work;
        private int _hasBegunOrIsLate;

        public Helper(RpcBatchRun batch, StripedPermits permits, CancellationToken cancellationToken) =>
            _work = Task.Run(() => RunAsync(batch, permits, cancellationToken), CancellationToken.None);

        /// <summary>Nothing is left to do: waits for what it has begun, or keeps it from beginning.</summary>
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
