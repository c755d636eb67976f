using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>
/// One call of a client: its exchange, its time, and the same exceptions whatever transport carries it. Every message names the address, since
/// "connection refused" alone says little in a log.
/// </summary>
internal sealed class ClientCall(ClientTransport transport, HttpExchange exchange, TimeSpan timeout) : IDisposable
{
    private bool _isDone;

    public HttpExchange Exchange => exchange;

    /// <summary>The request's body, to be written before sending.</summary>
    public BodyBuffer Request { get; } = new();

    public void Send()
    {
        using var time = new CancellationTokenSource(timeout);
        exchange.RequestBody = Request.WrittenMemory;
        try
        {
            transport.Send(exchange, time.Token);
            _isDone = true;
        }
        catch (Exception e) when (Translate(e, time, CancellationToken.None) is { } translated)
        {
            throw translated;
        }
    }

    public async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(timeout);
        exchange.RequestBody = Request.WrittenMemory;
        try
        {
            await transport.SendAsync(exchange, time.Token).ConfigureAwait(false);
            _isDone = true;
        }
        catch (Exception e) when (Translate(e, time, cancellationToken) is { } translated)
        {
            throw translated;
        }
    }

    /// <summary>Gives the buffers back to the pool; after a failure a transport may still be using them, and they are left alone.</summary>
    public void Dispose()
    {
        if (!_isDone)
            return;
        exchange.RequestBody = default;
        Request.Release();
        exchange.ResponseBody.Release();
    }

    private Exception? Translate(Exception exception, CancellationTokenSource time, CancellationToken cancellationToken)
    {
        var address = exchange.Address;
        return exception switch
        {
            OperationCanceledException when cancellationToken.IsCancellationRequested =>
                new TaskCanceledException($"The call to {address} was cancelled.", exception, cancellationToken),
            OperationCanceledException { InnerException: TimeoutException } => null,
            OperationCanceledException when !time.IsCancellationRequested =>
                new TaskCanceledException($"The call to {address} was cancelled from elsewhere: the client was disposed, or a handler of its HttpClient gave up.", exception),
            OperationCanceledException => new TaskCanceledException(
                $"The call to {address} took longer than {timeout.TotalSeconds:0.###} s.",
                new TimeoutException($"No whole reply within {timeout.TotalSeconds:0.###} s ({nameof(JsonRpcClientOptions)}.{nameof(JsonRpcClientOptions.Timeout)}).", exception)),
            HttpRequestException { HttpRequestError: HttpRequestError.Unknown, StatusCode: null, InnerException: (IOException or SocketException) and var cause } e => new HttpRequestException(HttpRequestError.ResponseEnded,
                $"The call to {address} broke off while it was sent: {cause.Message} The server may have refused the size of its body.", e),
            HttpRequestException e => new HttpRequestException(e.HttpRequestError, $"The call to {address} failed: {e.Message}", e, e.StatusCode),
            BodyTooLargeException e => new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded,
                $"The reply of {address} is larger than the limit of {e.MaxLength} bytes ({nameof(JsonRpcClientOptions)}.{nameof(JsonRpcClientOptions.MaxResponseBodySize)}).", e),
            HttpIOException e => new HttpRequestException(e.HttpRequestError, $"The reply of {address} was cut off: {e.Message}", e),
            IOException or SocketException => new HttpRequestException(HttpRequestError.ResponseEnded, $"The reply of {address} was cut off: {exception.Message}", exception),
            _ => null,
        };
    }
}
