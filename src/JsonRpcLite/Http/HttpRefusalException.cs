namespace JsonRpcLite;

/// <summary>The exception that rejects a request with an HTTP error status.</summary>
/// <remarks>
/// The peer gets the status and <c>{"error":{"code":-32000,"message":...}}</c>, and the connection is closed. <see cref="HttpExchange.ReadBodyAsync"/> throws it (408, 411, 413),
/// and a handler may throw it too.
/// </remarks>
public sealed class HttpRefusalException : Exception
{
    /// <summary>Creates an exception with a status of 400 to 599 and a message, which is sent to the peer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The status is not an error status.</exception>
    public HttpRefusalException(int statusCode, string message)
        : base(message)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(statusCode, 400);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(statusCode, 599);
        StatusCode = statusCode;
    }

    /// <summary>The HTTP status of the reply.</summary>
    public int StatusCode { get; }

    /// <summary>The time after which the caller may retry, sent as <c>Retry-After</c> (RFC 9110 10.2.3).</summary>
    /// <remarks>
    /// It is sent in whole seconds, rounded up. Header fields that the handler has set in <see cref="HttpExchange.ResponseHeaders"/> are discarded with the rest of its reply;
    /// this one is sent. A client of this library waits for that time before it retries a call that may run twice (<c>JsonRpcClientOptions.Retry</c>). It uses the header field
    /// of a 429 or a 503.
    /// </remarks>
    /// <value>0 to 24 days; <c>null</c>, the default, sends no such header field.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan? RetryAfter { get; init => field = value is { } time ? SettingCheck.Time(time) : null; }
}
