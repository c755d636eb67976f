using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// One call of a client: its exchange, its time, and the same exceptions whatever transport carries it. Every message names the address, since
/// "connection refused" alone says little in a log. Used again for other calls, unless it failed: a transport may then still be writing to it.
/// </summary>
internal sealed class ClientCall : IDisposable
{
    /// <summary>When more of the time than this is gone, the server gets a shorter time-out.</summary>
    private static readonly TimeSpan TimeNotWorthSaying = TimeSpan.FromMilliseconds(100);

    private readonly ClientCalls _calls;
    private readonly ClientTransport _transport;

    /// <summary>Cancelled when the time is over, when the caller gives up, and when the client is disposed.</summary>
    private readonly CancellationTokenSource _end;
    private readonly CancellationTokenRegistration _disposed;
    private bool _isDone;

    private string? _method;
    private int? _batchSize;

    // Of a call whose reply may be a stream.
    private bool _isStream;
    private CancellationTokenRegistration _givenUp;

    // Of a call with middleware.
    private bool _hasFailed;

    /// <summary>Whether an attempt may have run, and it is not the last one, or did not fail itself.</summary>
    private bool _mayHaveRun;
    private long _began;

    /// <summary>Of a call by GET: what its target has behind the path.</summary>
    private string? _query;

    /// <summary>The address that the exchange's target and scheme are of: middleware may set another.</summary>
    private Uri? _addressOfTarget;
    private CancellationToken _caller;

    /// <summary>What was thrown to middleware, and may come back out of it.</summary>
    private Exception? _thrown;

    /// <summary>How the last attempt has failed; <c>null</c> where it has a reply.</summary>
    private Exception? _lastFailure;

    public ClientCall(ClientCalls calls, ClientTransport transport)
    {
        _calls = calls;
        _transport = transport;
        // With its clock from the beginning: CancelAfter asks the clock for no timer of its own, it sets this one.
        _end = new CancellationTokenSource(System.Threading.Timeout.InfiniteTimeSpan, calls.TimeProvider);
        _disposed = calls.Disposed.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), _end);
        if (calls.Middleware is not null)
            ForMiddleware = new JsonRpcClientCall(Exchange) { Sender = this };
    }

    public HttpExchange Exchange { get; private set; } = new();

    /// <summary>The request's body, to be written before sending.</summary>
    public BodyBuffer Request { get; } = new();

    /// <summary>Whether the call may go by GET, if its target is not too long. Set before sending.</summary>
    public bool MayGet { get; set; }

    /// <summary>The body of a stream that is still coming; <c>null</c> where the whole reply is in the exchange.</summary>
    public Stream? Body { get; private set; }

    /// <summary>Whether the reply is a stream of messages.</summary>
    public bool IsStreamReply => Exchange.StatusCode is >= 200 and < 300 && HeaderFields.IsEventStream(Exchange.ResponseHeaders[HeaderFields.ContentType]);

    /// <summary>How long the call may take.</summary>
    public TimeSpan Timeout { get; set; }

    /// <summary>What is left of the time; infinite where it has no end.</summary>
    public TimeSpan TimeLeft => Timeout == System.Threading.Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : Timeout - _calls.TimeProvider.GetElapsedTime(_began);

    /// <summary>The clock of the client.</summary>
    public TimeProvider TimeProvider => _calls.TimeProvider;

    /// <summary>The id of the request; <c>null</c> for a notification, a batch and a plain call.</summary>
    public long? Id { get; set; }

    /// <summary>The measure of the call; <c>null</c> where no call was measured so far.</summary>
    public ClientMeasure? Measure { get; private set; }

    /// <summary>The call as middleware sees it; <c>null</c> where there is none.</summary>
    public JsonRpcClientCall? ForMiddleware { get; private set; }

    /// <summary>What the call is, for metrics and traces.</summary>
    /// <param name="method">The method; <c>null</c> for a plain call and for a batch.</param>
    /// <param name="batchSize">How many requests the batch has; <c>null</c> for a call.</param>
    public void Describe(string? method, int? batchSize) => (_method, _batchSize, Id) = (method, batchSize, null);

    /// <summary>Records how the call has failed, where it is measured.</summary>
    /// <returns>False: the exception goes its way.</returns>
    public bool Note(Exception exception)
    {
        Mark(exception);
        if (Measure is { IsRunning: true } measure)
            measure.Fail(exception is JsonRpcException error ? error.Code : null, exception);
        return false;
    }

    /// <summary>Keeps with an exception how often the request was sent, and whether an attempt before the last may have run. Done before anybody else has the exception.</summary>
    public void Mark(Exception exception)
    {
        if (ForMiddleware is { Attempt: > 1 and var attempts })
            FailureMark.SetAttempts(exception, attempts);
        if (_mayHaveRun)
            FailureMark.SetMayHaveRun(exception);
    }

    /// <summary>The same for what comes in place of a reply.</summary>
    private bool NoteOfSending(Exception exception)
    {
        // One of middleware's own may come from another client's call, and says nothing of this one.
        if (ForMiddleware is { Attempt: > 0 } && exception != _lastFailure)
            FailureMark.SetMayHaveRun(exception);
        return Note(exception);
    }

    public void Send()
    {
        try
        {
            SendNow();
        }
        catch (Exception e) when (NoteOfSending(e))
        {
            throw;
        }
    }

    private void SendNow()
    {
        _end.CancelAfter(Timeout);
        BeginMeasure();
        SetRequest();
        if (ForMiddleware is not { } call)
        {
            SendOnce(_end.Token, CancellationToken.None);
            return;
        }
        Begin(call, isSynchronous: true, CancellationToken.None);
        try
        {
            var running = RunMiddlewareAsync(call);
            if (running.IsCompleted)
                running.GetAwaiter().GetResult();
            else
                running.AsTask().GetAwaiter().GetResult();
        }
        catch (OperationCanceledException e) when (TranslateOfMiddleware(e, CancellationToken.None) is { } translated)
        {
            throw translated;
        }
        _isDone = !_hasFailed;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        var givenUp = cancellationToken.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), _end);
        try
        {
            await SendCoreAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // From here on the caller's token cannot end whatever call comes next.
            await givenUp.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Sends, and comes back when the head of a stream is there, or the whole of any other reply. The caller's token ends the call until it is disposed.</summary>
    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        _isStream = true;
        _caller = cancellationToken;
        _givenUp = cancellationToken.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), _end);
        await SendCoreAsync(cancellationToken).ConfigureAwait(false);
        // Only the waiting for the server counts, and not what the caller does between two messages.
        _end.CancelAfter(System.Threading.Timeout.InfiniteTimeSpan);
        if (Body is null || IsStreamReply)
            return;
        // A failure that comes as a stream: whatever it says, it is read as any other.
        while (await ReadBodyAsync(Exchange.ResponseBody.GetMemory()).ConfigureAwait(false) is var count and > 0)
            this.Run((Exchange.ResponseBody, count), static s => s.ResponseBody.Advance(s.count));
    }

    /// <summary>Reads on in the body of a stream. The client's time-out holds for the silence between two pieces.</summary>
    public async ValueTask<int> ReadBodyAsync(Memory<byte> room)
    {
        _end.CancelAfter(Timeout);
        try
        {
            var count = await Body!.ReadAsync(room, _end.Token).ConfigureAwait(false);
            _end.CancelAfter(System.Threading.Timeout.InfiniteTimeSpan);
            return count;
        }
        catch (Exception e) when (Translate(e, _caller) is { } translated)
        {
            Note(translated);
            throw translated;
        }
    }

    /// <summary>Does what may fail on the reply's account, and records how.</summary>
    public T Run<TState, T>(TState state, Func<TState, T> action)
    {
        try
        {
            return action(state);
        }
        catch (BodyTooLargeException e)
        {
            var translated = Translate(e, _caller)!;
            Note(translated);
            throw translated;
        }
        catch (Exception e) when (Note(e))
        {
            throw;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendCoreAsync(CancellationToken cancellationToken)
    {
        _end.CancelAfter(Timeout);
        BeginMeasure();
        SetRequest();
        try
        {
            if (ForMiddleware is { } call)
            {
                Begin(call, isSynchronous: false, cancellationToken);
                await RunMiddlewareAsync(call).ConfigureAwait(false);
                _isDone = !_hasFailed;
            }
            else
            {
                await TransportAsync(_end.Token).ConfigureAwait(false);
                _isDone = _calls.HasAnswered = true;
            }
        }
        catch (Exception e) when ((ForMiddleware is null ? Translate(e, cancellationToken) : TranslateOfMiddleware(e, cancellationToken)) is { } translated)
        {
            NoteOfSending(translated);
            throw translated;
        }
        catch (Exception e) when (NoteOfSending(e))
        {
            throw;
        }
    }

    private ValueTask TransportAsync(CancellationToken cancellationToken)
    {
        if (_query is not null)
            return GetRequest.SendAsync(_transport, Exchange, cancellationToken);
        return _isStream ? OpenBodyAsync(cancellationToken) : _transport.SendAsync(Exchange, cancellationToken);

        async ValueTask OpenBodyAsync(CancellationToken cancellationToken)
        {
            // Middleware that sends once more has had a stream before.
            if (Body is not null)
                await Body.DisposeAsync().ConfigureAwait(false);
            Body = null;
            Body = await _transport.OpenAsync(Exchange, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Before another attempt: whether the one before may have run, by its reply or its failure.</summary>
    private void JudgeLastAttempt(JsonRpcClientCall call)
    {
        if (call.Attempt == 0 || _mayHaveRun)
            return;
        _mayHaveRun = _lastFailure is not null ? !FailureMark.IsUnsent(_lastFailure)
            : !CallFailure.IsNotRun(ReplyReader.TryReadError(Exchange, options: null)?.ErrorData);
    }

    /// <summary>Whether the exception is what the transport has failed with, and not one of middleware's own.</summary>
    public bool HasThrown(Exception exception) => exception == _thrown;

    /// <summary>Sends the request, for the innermost middleware: once, or once more.</summary>
    public ValueTask SendAttemptAsync(JsonRpcClientCall call, CancellationToken cancellationToken)
    {
        var place = call.Next.Begin(_calls);
        try
        {
            BeginAttempt(call);
            if (!call.IsSynchronous)
                return call.Next.Track(AttemptAsync(cancellationToken), place);
            using var linked = cancellationToken == _end.Token ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
            SendOnce(linked?.Token ?? _end.Token, CancellationToken.None);
            call.Next.EndAtOnce(place);
            return default;
        }
        catch
        {
            call.Next.EndAtOnce(place);
            throw;
        }
    }

    /// <summary>Gives the buffers back to the pool, and itself to the next call; after a failure a transport may still be using them, and they are left alone.</summary>
    public void Dispose()
    {
        if (Measure is { IsRunning: true } measure)
            measure.End();
        if (_isStream)
        {
            // Nothing of it is used again: a stream that is left in the middle ends its connection.
            _isDone = false;
            _givenUp.Dispose();
            Body?.Dispose();
        }
        if (!_isDone)
        {
            Abandon();
            return;
        }
        _isDone = false;
        Exchange.RequestBody = default;
        Request.Recycle();
        Exchange.ResponseBody.Recycle();
        if (ForMiddleware is { Next.IsSpent: true })
            ForMiddleware = new JsonRpcClientCall(Exchange) { Sender = this };
        if (_end.TryReset())
            _calls.Return(this);
        else
            Abandon();
    }

    /// <summary>Leaves nothing behind that would keep it alive.</summary>
    public void Abandon()
    {
        _disposed.Dispose();
        _end.Dispose();
    }

    /// <summary>
    /// Measures the call from now on, which is written: a value that cannot become JSON is not a call. Sends the server the trace: that of the call's own span, or else of the
    /// caller's activity.
    /// </summary>
    private void BeginMeasure()
    {
        if ((_method is not null || _batchSize is not null) && RpcTelemetry.IsClientOn)
            (Measure ??= new ClientMeasure()).Begin(_calls.Address, _calls.TimeProvider, _method, _calls.IsKnown(_method), _batchSize, Id);
        if (Activity.Current is { } current && !_transport.SendsTraceParent && !Exchange.RequestHeaders.Contains("traceparent"))
            TraceParent.Inject(current, Exchange.RequestHeaders);
    }

    private ValueTask RunMiddlewareAsync(JsonRpcClientCall call)
    {
        call.Next.Open(_calls);
        try
        {
            return call.Next.Close(_calls.Middleware!(call, _end.Token));
        }
        catch (Exception e)
        {
            if (call.Next.TryClose())
                throw;
            return call.Next.Close(ValueTask.FromException(e));
        }
    }

    private void Begin(JsonRpcClientCall call, bool isSynchronous, CancellationToken caller)
    {
        call.Begin(Exchange, isSynchronous);
        (_hasFailed, _mayHaveRun, _thrown, _lastFailure, _caller, _began, _addressOfTarget) =
            (false, false, null, null, caller, _calls.TimeProvider.GetTimestamp(), _calls.Address);
    }

    private void BeginAttempt(JsonRpcClientCall call)
    {
        JudgeLastAttempt(call);
        _lastFailure = null;
        call.Attempt++;
        if (call.Attempt > 1)
        {
            RpcTelemetry.Retries.Add(1);
            _calls.MakeReady(Exchange);
        }
        if (Exchange.Address != _addressOfTarget)
        {
            if (Exchange.Address is not { IsAbsoluteUri: true } address)
                throw new InvalidOperationException($"Middleware set the exchange's {nameof(HttpExchange.Address)} to '{Exchange.Address}'; it must be absolute.");
            (Exchange.Target, Exchange.Scheme, _addressOfTarget) = (_query is null ? address.PathAndQuery : CallTarget.Join(address.PathAndQuery, _query), address.Scheme, address);
        }
        if (_isStream || Timeout == System.Threading.Timeout.InfiniteTimeSpan)
            return;
        var left = TimeLeft;
        if (call.Attempt > 1 || Timeout - left > TimeNotWorthSaying)
            _calls.DeclareTimeLeft(Exchange, left);
    }

    /// <summary>The request is written: it is the body, or of a call by GET the target.</summary>
    private void SetRequest()
    {
        _query = MayGet ? GetRequest.Set(Exchange, Request.WrittenSpan) : null;
        if (_query is null)
            Exchange.RequestBody = Request.WrittenMemory;
    }

    /// <summary>Leaves the exchange of an attempt to its transport, which may still be using it, and takes another with the same request.</summary>
    private void FailAttempt()
    {
        _hasFailed = true;
        if (ForMiddleware is null)
            return;
        ForMiddleware.Exchange = Exchange = _calls.MakeSame(Exchange);
    }

    private void SendOnce(CancellationToken cancellationToken, CancellationToken caller)
    {
        try
        {
            if (_query is null)
                _transport.Send(Exchange, cancellationToken);
            else
                GetRequest.Send(_transport, Exchange, cancellationToken);
            _calls.HasAnswered = true;
            _isDone = !_hasFailed;
        }
        catch (Exception e)
        {
            _isDone = false;
            // In this order: what it says of the reply stands in the exchange.
            _thrown = _lastFailure = Translate(e, caller) ?? e;
            FailAttempt();
            if (_thrown == e)
                throw;
            throw _thrown;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AttemptAsync(CancellationToken cancellationToken)
    {
        using var linked = cancellationToken == _end.Token ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
        try
        {
            await TransportAsync(linked?.Token ?? _end.Token).ConfigureAwait(false);
            _calls.HasAnswered = true;
        }
        catch (Exception e)
        {
            _thrown = _lastFailure = Translate(e, _caller) ?? e;
            FailAttempt();
            if (_thrown == e)
                throw;
            throw _thrown;
        }
    }

    /// <summary>An exception of middleware stays what it is, but for a cancellation when the call is over.</summary>
    private Exception? TranslateOfMiddleware(Exception exception, CancellationToken cancellationToken) =>
        exception is OperationCanceledException && exception != _thrown && _end.IsCancellationRequested ? Translate(exception, cancellationToken) : null;

    private Exception? Translate(Exception exception, CancellationToken caller) =>
        ClientFailure.Of(exception, _calls, this, _end.Token, caller);
}
