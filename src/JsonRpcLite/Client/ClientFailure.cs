using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>Creates the exceptions of failed calls, which are the same for every transport.</summary>
internal static class ClientFailure
{
    /// <summary>Returns the exception to throw instead of the transport's; <c>null</c> where the transport's is thrown as it is.</summary>
    /// <param name="exception">The transport's exception.</param>
    /// <param name="calls">The calls of the client.</param>
    /// <param name="call">The call, with the part of its reply that has arrived.</param>
    /// <param name="end">Cancelled when the time-out expires, when the caller cancels, and when the client is disposed.</param>
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
        // A transport that closes the connection of a cancelled call may fail with another exception than a cancellation.
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
                    $"The call to {address} was cancelled, but not by its caller: the client was disposed, or its middleware or a handler of its HttpClient cancelled it.",
                    exception),
            _ when isEnded && isStreaming => new TaskCanceledException(
                $"The stream from {address} was silent for longer than {Seconds.Of(timeout)}.",
                new TimeoutException($"Nothing came within {Seconds.Of(timeout)} ({nameof(JsonRpcClientOptions)}.{nameof(JsonRpcClientOptions.Timeout)}).", exception)),
            _ when isEnded => new TaskCanceledException(
                $"The call to {address} took longer than {Seconds.Of(timeout)}.",
                new TimeoutException($"No whole reply within {Seconds.Of(timeout)} ({nameof(JsonRpcClientOptions)}.{nameof(JsonRpcClientOptions.Timeout)}).", exception)),
            HttpRequestException { HttpRequestError: HttpRequestError.Unknown, StatusCode: null, InnerException: (IOException or SocketException) and var cause } => Failure(
                exchange,
                HttpRequestError.ResponseEnded,
                $"The connection to {address} broke while the request was sent: {Sentence.Of(cause.Message)} " +
                $"The server may have rejected the body as too large (JsonRpcServerOptions.Limits.MaxRequestBodySize, 16 MiB by default).{question}",
                inner),
            HttpRequestException e => Failure(exchange, e.HttpRequestError, $"The call to {address} failed: {Sentence.Of(reason)}{question}", inner, e.StatusCode),
            BodyTooLargeException e => Failure(exchange, HttpRequestError.ConfigurationLimitExceeded,
                $"The reply from {address} is larger than the limit of {e.MaxLength} bytes ({nameof(JsonRpcClientOptions)}.{nameof(JsonRpcClientOptions.MaxResponseBodySize)}).",
                inner),
            HttpIOException { HttpRequestError: not HttpRequestError.ResponseEnded } e =>
                Failure(exchange, e.HttpRequestError, $"The reply from {address} cannot be read: {Sentence.Of(reason)}", inner),
            HttpIOException e => Failure(exchange, e.HttpRequestError, $"The reply from {address} was cut off: {Sentence.Of(reason)}", inner),
            IOException or SocketException => Failure(
                exchange, HttpRequestError.ResponseEnded, $"The reply from {address} was cut off: {Sentence.Of(reason)}{question}", inner),
            _ => null,
        };
    }

    /// <summary>Creates the exception of a stream that ended without a response.</summary>
    public static HttpRequestException CutOff(HttpExchange exchange) =>
        Failure(exchange, HttpRequestError.ResponseEnded, $"The stream from {exchange.Address} was cut off: it ended without a response.", inner: null);

    /// <summary>Creates the exception, with the header fields of the reply if its head has arrived.</summary>
    /// <remarks>The transport's call has ended by then, so it no longer writes to the exchange.</remarks>
    private static HttpRequestException Failure(
        HttpExchange exchange, HttpRequestError error, string message, Exception? inner, System.Net.HttpStatusCode? statusCode = null) =>
        exchange.ResponseHeaders.Count > 0 || inner is BodyTooLargeException or HttpIOException
            ? new HttpReplyException(error, message, inner, statusCode, exchange.SnapshotResponseHeaders())
            : new HttpRequestException(error, message, inner, statusCode);
}
