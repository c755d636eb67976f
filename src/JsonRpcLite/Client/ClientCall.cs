using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>One call of a client: its exchange, its time-out, and its exceptions, which are the same for every transport.</summary>
/// <remarks>
/// Every message names the address, since "connection refused" alone says little in a log. The object is reused for other calls unless the call failed: a transport may then
/// still be writing to it.
/// </remarks>
internal sealed class ClientCall : IDisposable
{
    /// <summary>Once more time than this has passed, the server gets a shorter time-out.</summary>
    private static readonly TimeSpan TimeNotWorthSaying = TimeSpan.FromMilliseconds(100);

    private readonly ClientCalls _calls;
    private readonly ClientTransport _transport;

    /// <summary>Cancelled when the time-out expires, when the caller cancels, and when the client is disposed.</summary>
    private readonly CancellationTokenSource _end;
    private readonly CancellationTokenRegistration _disposed;
    private bool _isDone;

    private string? _method;
    private int? _batchSize;

    // Set for a call whose reply may be a stream.
    private bool _isStream;
    private CancellationTokenRegistration _givenUp;

    // The fields from here on are for a call with middleware.
    private bool _hasFailed;

    /// <summary>Whether an attempt may have run that is not the last one, or that did not fail itself.</summary>
    private bool _mayHaveRun;
    private long _began;

    /// <summary>For a call by GET: the query string that its target adds to the path.</summary>
    private string? _query;

    /// <summary>The address from which the exchange's target and scheme were set; middleware may set another.</summary>
    private Uri? _addressOfTarget;
    private CancellationToken _caller;

    /// <summary>The exception that was thrown to middleware, which may throw it on.</summary>
    private Exception? _thrown;

    /// <summary>The exception of the last attempt; <c>null</c> where it has a reply.</summary>
    private Exception? _lastFailure;

    public ClientCall(ClientCalls calls, ClientTransport transport)
    {
        _calls = calls;
        _transport = transport;
        // The clock is passed here, since CancelAfter creates no timer on another clock; it sets this one.
        _end = new CancellationTokenSource(System.Threading.Timeout.InfiniteTimeSpan, calls.TimeProvider);
        _disposed = calls.Disposed.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), _end);
        if (calls.Middleware is not null)
            ForMiddleware = new JsonRpcClientCall(Exchange) { Sender = this };
    }

    public HttpExchange Exchange { get; private set; } = new();

    /// <summary>The request's body; written before the request is sent.</summary>
    public BodyBuffer Request { get; } = new();

    /// <summary>Whether the call may go by GET if its target is not too long.</summary>
    /// <remarks>Set before sending.</remarks>
    public bool MayGet { get; set; }

    /// <summary>The body of a stream that is still arriving; <c>null</c> where the whole reply is in the exchange.</summary>
    public Stream? Body { get; private set; }

    /// <summary>Whether the reply is a stream of messages.</summary>
    public bool IsStreamReply => Exchange.StatusCode is >= 200 and < 300 && HeaderFields.IsEventStream(Exchange.ResponseHeaders[HeaderFields.ContentType]);

    /// <summary>The time-out of the call.</summary>
    public TimeSpan Timeout { get; set; }

    /// <summary>The time that is left before the time-out; infinite where there is no time-out.</summary>
    public TimeSpan TimeLeft => Timeout == System.Threading.Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : Timeout - _calls.TimeProvider.GetElapsedTime(_began);

    /// <summary>The clock of the client.</summary>
    public TimeProvider TimeProvider => _calls.TimeProvider;

    /// <summary>The id of the request; <c>null</c> for a notification, a batch and a plain call.</summary>
    public long? Id { get; set; }

    /// <summary>The measurement of the call; <c>null</c> where no call was measured so far.</summary>
    public ClientMeasure? Measure { get; private set; }

    /// <summary>The call as middleware sees it; <c>null</c> where there is no middleware.</summary>
    public JsonRpcClientCall? ForMiddleware { get; private set; }

    /// <summary>Sets the method or the batch size, for metrics and traces.</summary>
    /// <param name="method">The method; <c>null</c> for a plain call and for a batch.</param>
    /// <param name="batchSize">The number of requests in the batch; <c>null</c> for a call.</param>
    public void Describe(string? method, int? batchSize) => (_method, _batchSize, Id) = (method, batchSize, null);

    /// <summary>Records the failure of the call, if it is measured.</summary>
    /// <returns>Always <c>false</c>, so that an exception filter does not catch the exception.</returns>
    public bool Note(Exception exception)
    {
        Mark(exception);
        if (Measure is { IsRunning: true } measure)
            measure.Fail(exception is JsonRpcException error ? error.Code : null, exception);
        return false;
    }

    /// <summary>Records on an exception how often the request was sent, and whether an attempt before the last may have run.</summary>
    /// <remarks>Called before the exception is thrown to other code.</remarks>
    public void Mark(Exception exception)
    {
        if (ForMiddleware is { Attempt: > 1 and var attempts })
            FailureMark.SetAttempts(exception, attempts);
        if (_mayHaveRun)
            FailureMark.SetMayHaveRun(exception);
    }

    /// <summary>Marks and records an exception that is thrown instead of a reply.</summary>
    private bool NoteOfSending(Exception exception)
    {
        // An exception that middleware throws itself may come from another client's call, and says nothing of this one.
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
            // From here on the caller's token cannot cancel a later call of this object.
            await givenUp.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Sends the request, and returns when the head of a stream has arrived, or the whole of any other reply.</summary>
    /// <remarks>The caller's token cancels the call until the call is disposed.</remarks>
    public async ValueTask OpenAsync(CancellationToken cancellationToken)
    {
        _isStream = true;
        _caller = cancellationToken;
        _givenUp = cancellationToken.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), _end);
        await SendCoreAsync(cancellationToken).ConfigureAwait(false);
        // The time-out covers only the wait for the server, not the time that the caller spends between two messages.
        _end.CancelAfter(System.Threading.Timeout.InfiniteTimeSpan);
        if (Body is null || IsStreamReply)
            return;
        // An error with a streamed body is read as any other error.
        while (await ReadBodyAsync(Exchange.ResponseBody.GetMemory()).ConfigureAwait(false) is var count and > 0)
            this.Run((Exchange.ResponseBody, count), static s => s.ResponseBody.Advance(s.count));
    }

    /// <summary>Reads more of a stream's body.</summary>
    /// <remarks>The client's time-out applies to the silence between two reads.</remarks>
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

    /// <summary>Runs an action that can fail because of the reply, and records the failure.</summary>
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
            // When middleware sends the request again, the stream of the attempt before is still open.
            if (Body is not null)
                await Body.DisposeAsync().ConfigureAwait(false);
            Body = null;
            Body = await _transport.OpenAsync(Exchange, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Before another attempt: records whether the last one may have run, judging by its reply or its failure.</summary>
    private void JudgeLastAttempt(JsonRpcClientCall call)
    {
        if (call.Attempt == 0 || _mayHaveRun)
            return;
        _mayHaveRun = _lastFailure is not null ? !FailureMark.IsUnsent(_lastFailure)
            : !CallFailure.IsNotRun(ReplyReader.TryReadError(Exchange, options: null)?.ErrorData);
    }

    /// <summary>Whether the transport threw the exception, rather than middleware itself.</summary>
    public bool HasThrown(Exception exception) => exception == _thrown;

    /// <summary>Sends the request for the innermost middleware: the first time, or again.</summary>
    public ValueTask SendAttemptAsync(JsonRpcClientCall call, CancellationToken cancellationToken)
    {
        var origin = call.Next.Begin(_calls);
        try
        {
            BeginAttempt(call);
            if (!call.IsSynchronous)
                return call.Next.Track(AttemptAsync(cancellationToken), origin);
            using var linked = cancellationToken == _end.Token ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
            SendOnce(linked?.Token ?? _end.Token, CancellationToken.None);
            call.Next.EndAtOnce(origin);
            return default;
        }
        catch
        {
            call.Next.EndAtOnce(origin);
            throw;
        }
    }

    /// <summary>Returns the buffers to the pool, and the object to the idle calls.</summary>
    /// <remarks>After a failure it returns neither, since a transport may still be using them.</remarks>
    public void Dispose()
    {
        if (Measure is { IsRunning: true } measure)
            measure.End();
        if (_isStream)
        {
            // Nothing is reused: a stream that is left unread ends its connection.
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

    /// <summary>Removes the registrations that would keep the object alive.</summary>
    public void Abandon()
    {
        _disposed.Dispose();
        _end.Dispose();
    }

    /// <summary>Starts to measure the call, whose request is written by now, and sends the trace context to the server.</summary>
    /// <remarks>A value that cannot become JSON is not measured as a call. The trace context is that of the call's own span, or else of the caller's activity.</remarks>
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

    /// <summary>Sets the written request as the body, or, for a call by GET, as the target.</summary>
    private void SetRequest()
    {
        _query = MayGet ? GetRequest.Set(Exchange, Request.WrittenSpan) : null;
        if (_query is null)
            Exchange.RequestBody = Request.WrittenMemory;
    }

    /// <summary>Abandons the exchange of a failed attempt to its transport, and continues with a new one that has the same request.</summary>
    /// <remarks>The transport may still be using the old one.</remarks>
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
            // The order matters: Translate reads the reply from the exchange, which FailAttempt replaces.
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

    /// <summary>Translates a cancellation out of middleware when the call was cancelled; any other exception stays as it is.</summary>
    private Exception? TranslateOfMiddleware(Exception exception, CancellationToken cancellationToken) =>
        exception is OperationCanceledException && exception != _thrown && _end.IsCancellationRequested ? Translate(exception, cancellationToken) : null;

    private Exception? Translate(Exception exception, CancellationToken caller) =>
        ClientFailure.Of(exception, _calls, this, _end.Token, caller);
}
