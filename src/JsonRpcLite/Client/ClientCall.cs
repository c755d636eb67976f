using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// One call of a client: its exchange, its time, and the same exceptions whatever transport carries it. Every message names the address, since
/// "connection refused" alone says little in a log. Used again for other calls, unless it failed: a transport may then still be writing to it.
/// </summary>
internal sealed class ClientCall : IDisposable
{
    /// <summary>So much of the time may be gone before the server is told that less is left.</summary>
    private static readonly TimeSpan TimeNotWorthSaying = TimeSpan.FromMilliseconds(100);

    private readonly ClientCalls _calls;
    private readonly ClientTransport _transport;

    /// <summary>Cancelled when the time is over, when the caller gives up, and when the client is disposed.</summary>
    private readonly CancellationTokenSource _end;
    private readonly CancellationTokenRegistration _disposed;
    private bool _isDone;

    // Of a call with middleware.
    private bool _hasFailed;
    private long _began;

    /// <summary>The address that the exchange's target and scheme are of: middleware may set another.</summary>
    private Uri? _addressOfTarget;
    private CancellationToken _caller;

    /// <summary>What was thrown to middleware, and may come back out of it.</summary>
    private Exception? _thrown;

    public ClientCall(ClientCalls calls, ClientTransport transport)
    {
        _calls = calls;
        _transport = transport;
        // With its clock from the beginning: CancelAfter asks the clock for no timer of its own, it sets this one.
        _end = new CancellationTokenSource(Timeout.InfiniteTimeSpan, calls.TimeProvider);
        _disposed = calls.Disposed.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), _end);
        if (calls.Middleware is not null)
            ForMiddleware = new JsonRpcClientCall(Exchange) { Sender = this };
    }

    public HttpExchange Exchange { get; private set; } = new();

    /// <summary>The request's body, to be written before sending.</summary>
    public BodyBuffer Request { get; } = new();

    /// <summary>The call as middleware sees it; <c>null</c> where there is none.</summary>
    public JsonRpcClientCall? ForMiddleware { get; }

    public void Send()
    {
        _end.CancelAfter(_calls.Timeout);
        Exchange.RequestBody = Request.WrittenMemory;
        if (ForMiddleware is not { } call)
        {
            SendOnce(_end.Token, CancellationToken.None);
            return;
        }
        Begin(call, isSynchronous: true, CancellationToken.None);
        try
        {
            var running = RunMiddleware(call);
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
        _end.CancelAfter(_calls.Timeout);
        Exchange.RequestBody = Request.WrittenMemory;
        var givenUp = cancellationToken.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), _end);
        try
        {
            if (ForMiddleware is { } call)
            {
                Begin(call, isSynchronous: false, cancellationToken);
                await RunMiddleware(call).ConfigureAwait(false);
                _isDone = !_hasFailed;
            }
            else
            {
                await _transport.SendAsync(Exchange, _end.Token).ConfigureAwait(false);
                _isDone = true;
            }
        }
        catch (Exception e) when ((ForMiddleware is null ? Translate(e, cancellationToken) : TranslateOfMiddleware(e, cancellationToken)) is { } translated)
        {
            throw translated;
        }
        finally
        {
            // From here on the caller's token cannot end whatever call comes next.
            await givenUp.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Sends the request, for the innermost middleware: once, or once more.</summary>
    public ValueTask SendAttemptAsync(JsonRpcClientCall call, CancellationToken cancellationToken)
    {
        call.Next.Begin();
        try
        {
            BeginAttempt(call);
            if (!call.IsSynchronous)
                return call.Next.Track(AttemptAsync(cancellationToken));
            using var linked = cancellationToken == _end.Token ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
            SendOnce(linked?.Token ?? _end.Token, CancellationToken.None);
            call.Next.EndAtOnce();
            return default;
        }
        catch
        {
            call.Next.EndAtOnce();
            throw;
        }
    }

    /// <summary>Gives the buffers back to the pool, and itself to the next call; after a failure a transport may still be using them, and they are left alone.</summary>
    public void Dispose()
    {
        if (!_isDone)
        {
            Abandon();
            return;
        }
        _isDone = false;
        Exchange.RequestBody = default;
        Request.Recycle();
        Exchange.ResponseBody.Recycle();
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

    private void Begin(JsonRpcClientCall call, bool isSynchronous, CancellationToken caller)
    {
        call.Begin(Exchange, isSynchronous);
        (_hasFailed, _thrown, _caller, _began, _addressOfTarget) = (false, null, caller, _calls.TimeProvider.GetTimestamp(), _calls.Address);
    }

    private ValueTask RunMiddleware(JsonRpcClientCall call)
    {
        call.Next.Open();
        ValueTask running;
        try
        {
            running = _calls.Middleware!(call, _end.Token);
        }
        catch (Exception e) when (!call.Next.TryClose())
        {
            running = ValueTask.FromException(e);
        }
        return call.Next.WaitFor(running);
    }

    private void BeginAttempt(JsonRpcClientCall call)
    {
        call.Attempt++;
        if (call.Attempt > 1)
            _calls.MakeReady(Exchange);
        if (Exchange.Address != _addressOfTarget)
        {
            if (Exchange.Address is not { IsAbsoluteUri: true } address)
                throw new InvalidOperationException($"Middleware set the exchange's {nameof(HttpExchange.Address)} to '{Exchange.Address}'; it must be absolute.");
            (Exchange.Target, Exchange.Scheme, _addressOfTarget) = (address.PathAndQuery, address.Scheme, address);
        }
        var elapsed = _calls.TimeProvider.GetElapsedTime(_began);
        if (call.Attempt > 1 || elapsed > TimeNotWorthSaying)
            _calls.DeclareTimeLeft(Exchange, _calls.Timeout - elapsed);
    }

    /// <summary>Leaves the exchange of an attempt to its transport, which may still be using it, and takes another with the same request.</summary>
    private void FailAttempt()
    {
        _hasFailed = true;
        if (ForMiddleware is null)
            return;
        var failed = Exchange;
        ForMiddleware.Exchange = Exchange = new HttpExchange
        {
            Address = failed.Address,
            Method = failed.Method,
            Target = failed.Target,
            Scheme = failed.Scheme,
            ProtocolVersion = failed.ProtocolVersion,
            RequestBody = failed.RequestBody,
        };
        failed.RequestFields.CopyTo(Exchange.RequestFields);
        _calls.MakeReady(Exchange);
    }

    private void SendOnce(CancellationToken cancellationToken, CancellationToken caller)
    {
        try
        {
            _transport.Send(Exchange, cancellationToken);
            _isDone = !_hasFailed;
        }
        catch (Exception e)
        {
            _isDone = false;
            FailAttempt();
            if (Translate(e, caller) is not { } translated)
                throw;
            _thrown = translated;
            throw translated;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AttemptAsync(CancellationToken cancellationToken)
    {
        using var linked = cancellationToken == _end.Token ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
        try
        {
            await _transport.SendAsync(Exchange, linked?.Token ?? _end.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            FailAttempt();
            if (Translate(e, _caller) is not { } translated)
                throw;
            _thrown = translated;
            throw translated;
        }
    }

    /// <summary>What middleware throws is its own; but when the call is over, it is told as ever.</summary>
    private Exception? TranslateOfMiddleware(Exception exception, CancellationToken cancellationToken) =>
        exception is OperationCanceledException && exception != _thrown && _end.IsCancellationRequested ? Translate(exception, cancellationToken) : null;

    private Exception? Translate(Exception exception, CancellationToken cancellationToken)
    {
        var (address, timeout) = (Exchange.Address, _calls.Timeout);
        // A connection that is closed because the call was ended may fail in ways of its own, before anybody says "cancelled".
        var isEnded = exception is OperationCanceledException || _end.IsCancellationRequested && exception is HttpRequestException or IOException or SocketException;
        return exception switch
        {
            _ when isEnded && cancellationToken.IsCancellationRequested =>
                new TaskCanceledException($"The call to {address} was cancelled.", exception, cancellationToken),
            OperationCanceledException { InnerException: TimeoutException } => null,
            _ when isEnded && (!_end.IsCancellationRequested || _calls.Disposed.IsCancellationRequested) =>
                new TaskCanceledException($"The call to {address} was cancelled from elsewhere: the client was disposed, or its middleware or a handler of its HttpClient gave up.", exception),
            _ when isEnded => new TaskCanceledException(
                $"The call to {address} took longer than {Seconds.Of(timeout)}.",
                new TimeoutException($"No whole reply within {Seconds.Of(timeout)} ({nameof(JsonRpcClientOptions)}.{nameof(JsonRpcClientOptions.Timeout)}).", exception)),
            HttpRequestException { HttpRequestError: HttpRequestError.Unknown, StatusCode: null, InnerException: (IOException or SocketException) and var cause } e => new HttpRequestException(HttpRequestError.ResponseEnded,
                $"The call to {address} broke off while it was sent: {cause.Message} The server may have refused the size of its body (JsonRpcServerOptions.Limits.MaxRequestBodySize, 16 MiB by default).", e),
            HttpRequestException e => new HttpRequestException(e.HttpRequestError, $"The call to {address} failed: {e.Message}", e, e.StatusCode),
            BodyTooLargeException e => new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded,
                $"The reply of {address} is larger than the limit of {e.MaxLength} bytes ({nameof(JsonRpcClientOptions)}.{nameof(JsonRpcClientOptions.MaxResponseBodySize)}).", e),
            HttpIOException { HttpRequestError: not HttpRequestError.ResponseEnded } e => new HttpRequestException(e.HttpRequestError, $"The reply of {address} cannot be read: {e.Message}", e),
            HttpIOException e => new HttpRequestException(e.HttpRequestError, $"The reply of {address} was cut off: {e.Message}", e),
            IOException or SocketException => new HttpRequestException(HttpRequestError.ResponseEnded, $"The reply of {address} was cut off: {exception.Message}", exception),
            _ => null,
        };
    }
}
