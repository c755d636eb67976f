using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>
/// The exceptions of a call that failed: the same whatever transport carries it. Every message names the address, since "connection refused" alone says little in a log.
/// </summary>
internal static class ClientFailure
{
    /// <summary>The exception to throw in place of one of the transport's; <c>null</c> where it stays what it is.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="calls">The calls of the client.</param>
    /// <param name="call">The call, with what has come of its reply.</param>
    /// <param name="end">Cancelled when the time-out expires, when the caller gives up, and when the client is disposed.</param>
    /// <param name="caller">The caller's own token.</param>
    public static Exception? Of(Exception exception, ClientCalls calls, ClientCall call, CancellationToken end, CancellationToken caller)
    {
        var translated = Translate(exception, calls, call, end, caller);
        if (translated is not null && FailureMark.IsUnsent(exception))
            FailureMark.SetUnsent(translated);
        return translated;
    }

    private static Exception? Translate(Exception exception, ClientCalls calls, ClientCall call, CancellationToken end, CancellationToken caller)
    {
        var (exchange, isStreaming) = (call.Exchange, call.Body is not null);
        var (address, timeout) = (exchange.Address!, call.Timeout);
        // A connection that is closed because the call was ended may fail in ways of its own, before anybody says "cancelled".
        var isEnded = exception is OperationCanceledException || end.IsCancellationRequested && exception is HttpRequestException or IOException or SocketException;
        var (reason, inner) = (FailureReason.Of(exception), FailureReason.WithoutUserInformation(exception));
        var question = FailureReason.QuestionOfScheme(address, exception, calls.HasAnswered || exchange.ResponseHeaders.Count > 0);
        return exception switch
        {
            _ when isEnded && caller.IsCancellationRequested =>
                new TaskCanceledException($"The call to {address} was cancelled.", exception, caller),
            OperationCanceledException { InnerException: TimeoutException } => null,
            _ when isEnded && (!end.IsCancellationRequested || calls.Disposed.IsCancellationRequested) =>
                new TaskCanceledException(
                    $"The call to {address} was cancelled from elsewhere: the client was disposed, or its middleware or a handler of its HttpClient gave up.",
                    exception),
            _ when isEnded && isStreaming => new TaskCanceledException(
                $"The stream of {address} was silent for longer than {Seconds.Of(timeout)}.",
                new TimeoutException($"Nothing came within {Seconds.Of(timeout)} ({nameof(JsonRpcClientOptions)}.{nameof(JsonRpcClientOptions.Timeout)}).", exception)),
            _ when isEnded => new TaskCanceledException(
                $"The call to {address} took longer than {Seconds.Of(timeout)}.",
                new TimeoutException($"No whole reply within {Seconds.Of(timeout)} ({nameof(JsonRpcClientOptions)}.{nameof(JsonRpcClientOptions.Timeout)}).", exception)),
            HttpRequestException { HttpRequestError: HttpRequestError.Unknown, StatusCode: null, InnerException: (IOException or SocketException) and var cause } => Failure(
                exchange,
                HttpRequestError.ResponseEnded,
                $"The call to {address} broke off while it was sent: {Sentence.Of(cause.Message)} " +
                $"The server may have refused the size of its body (JsonRpcServerOptions.Limits.MaxRequestBodySize, 16 MiB by default).{question}",
                inner),
            HttpRequestException e => Failure(exchange, e.HttpRequestError, $"The call to {address} failed: {Sentence.Of(reason)}{question}", inner, e.StatusCode),
            BodyTooLargeException e => Failure(exchange, HttpRequestError.ConfigurationLimitExceeded,
                $"The reply of {address} is larger than the limit of {e.MaxLength} bytes ({nameof(JsonRpcClientOptions)}.{nameof(JsonRpcClientOptions.MaxResponseBodySize)}).",
                inner),
            HttpIOException { HttpRequestError: not HttpRequestError.ResponseEnded } e =>
                Failure(exchange, e.HttpRequestError, $"The reply of {address} cannot be read: {Sentence.Of(reason)}", inner),
            HttpIOException e => Failure(exchange, e.HttpRequestError, $"The reply of {address} was cut off: {Sentence.Of(reason)}", inner),
            IOException or SocketException => Failure(
                exchange, HttpRequestError.ResponseEnded, $"The reply of {address} was cut off: {Sentence.Of(reason)}{question}", inner),
            _ => null,
        };
    }

    /// <summary>The failure of a stream that has ended without its response.</summary>
    public static HttpRequestException CutOff(HttpExchange exchange) =>
        Failure(exchange, HttpRequestError.ResponseEnded, $"The stream of {exchange.Address} was cut off: it ended without a response.", inner: null);

    /// <summary>With the fields of the reply, where its head has come: the transport has ended, and writes to the exchange no more.</summary>
    private static HttpRequestException Failure(
        HttpExchange exchange, HttpRequestError error, string message, Exception? inner, System.Net.HttpStatusCode? statusCode = null) =>
        exchange.ResponseHeaders.Count > 0 || inner is BodyTooLargeException or HttpIOException
            ? new HttpReplyException(error, message, inner, statusCode, exchange.SnapshotResponseHeaders())
            : new HttpRequestException(error, message, inner, statusCode);
}
