using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// One call of a client: its exchange, its time, and the same exceptions whatever transport carries it. Every message names the address, since
/// "connection refused" alone says little in a log. Used again for other calls, unless it failed: a transport may then still be writing to it.
/// </summary>
internal sealed class ClientCall : IDisposable
{
    private readonly ClientCalls _calls;
    private readonly ClientTransport _transport;

    /// <summary>Cancelled when the time is over, when the caller gives up, and when the client is disposed.</summary>
    private readonly CancellationTokenSource _end;
    private readonly CancellationTokenRegistration _disposed;
    private bool _isDone;

    public ClientCall(ClientCalls calls, ClientTransport transport)
    {
        _calls = calls;
        _transport = transport;
        // With its clock from the beginning: CancelAfter asks the clock for no timer of its own, it sets this one.
        _end = new CancellationTokenSource(Timeout.InfiniteTimeSpan, calls.TimeProvider);
        _disposed = calls.Disposed.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), _end);
    }

    public HttpExchange Exchange { get; } = new();

    /// <summary>The request's body, to be written before sending.</summary>
    public BodyBuffer Request { get; } = new();

    public void Send()
    {
        _end.CancelAfter(_calls.Timeout);
        Exchange.RequestBody = Request.WrittenMemory;
        try
        {
            _transport.Send(Exchange, _end.Token);
            _isDone = true;
        }
        catch (Exception e) when (Translate(e, CancellationToken.None) is { } translated)
        {
            throw translated;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        _end.CancelAfter(_calls.Timeout);
        Exchange.RequestBody = Request.WrittenMemory;
        var givenUp = cancellationToken.UnsafeRegister(static end => ((CancellationTokenSource)end!).Cancel(), _end);
        try
        {
            await _transport.SendAsync(Exchange, _end.Token).ConfigureAwait(false);
            _isDone = true;
        }
        catch (Exception e) when (Translate(e, cancellationToken) is { } translated)
        {
            throw translated;
        }
        finally
        {
            // From here on the caller's token cannot end whatever call comes next.
            await givenUp.DisposeAsync().ConfigureAwait(false);
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

    private Exception? Translate(Exception exception, CancellationToken cancellationToken)
    {
        var (address, timeout) = (_calls.Address, _calls.Timeout);
        // A connection that is closed because the call was ended may fail in ways of its own, before anybody says "cancelled".
        var isEnded = exception is OperationCanceledException || _end.IsCancellationRequested && exception is HttpRequestException or IOException or SocketException;
        return exception switch
        {
            _ when isEnded && cancellationToken.IsCancellationRequested =>
                new TaskCanceledException($"The call to {address} was cancelled.", exception, cancellationToken),
            OperationCanceledException { InnerException: TimeoutException } => null,
            _ when isEnded && (!_end.IsCancellationRequested || _calls.Disposed.IsCancellationRequested) =>
                new TaskCanceledException($"The call to {address} was cancelled from elsewhere: the client was disposed, or a handler of its HttpClient gave up.", exception),
            _ when isEnded => new TaskCanceledException(
                $"The call to {address} took longer than {Seconds.Of(timeout)}.",
                new TimeoutException($"No whole reply within {Seconds.Of(timeout)} ({nameof(JsonRpcClientOptions)}.{nameof(JsonRpcClientOptions.Timeout)}).", exception)),
            HttpRequestException { HttpRequestError: HttpRequestError.Unknown, StatusCode: null, InnerException: (IOException or SocketException) and var cause } e => new HttpRequestException(HttpRequestError.ResponseEnded,
                $"The call to {address} broke off while it was sent: {Sentence.Of(cause.Message)} The server may have refused the size of its body (JsonRpcServerOptions.Limits.MaxRequestBodySize, 16 MiB by default).", e),
            HttpRequestException e => new HttpRequestException(e.HttpRequestError, $"The call to {address} failed: {Sentence.Of(e.Message)}", e, e.StatusCode),
            BodyTooLargeException e => new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded,
                $"The reply of {address} is larger than the limit of {e.MaxLength} bytes ({nameof(JsonRpcClientOptions)}.{nameof(JsonRpcClientOptions.MaxResponseBodySize)}).", e),
            HttpIOException { HttpRequestError: not HttpRequestError.ResponseEnded } e => new HttpRequestException(e.HttpRequestError, $"The reply of {address} cannot be read: {Sentence.Of(e.Message)}", e),
            HttpIOException e => new HttpRequestException(e.HttpRequestError, $"The reply of {address} was cut off: {Sentence.Of(e.Message)}", e),
            IOException or SocketException => new HttpRequestException(HttpRequestError.ResponseEnded, $"The reply of {address} was cut off: {Sentence.Of(exception.Message)}", exception),
            _ => null,
        };
    }
}
