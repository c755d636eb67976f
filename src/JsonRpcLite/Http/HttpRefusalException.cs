namespace JsonRpcLite;

/// <summary>
/// A request refused by a rule of HTTP: the peer gets the status, <c>{"error":{"code":-32000,"message":...}}</c>, and the connection is
/// closed. Thrown by <see cref="HttpExchange.ReadBodyAsync"/> (408, 411, 413), and free to be thrown by a handler.
/// </summary>
public sealed class HttpRefusalException : Exception
{
    /// <summary>Refuses with a status of 400 to 599 and a message, which travels to the peer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The status is not an error.</exception>
    public HttpRefusalException(int statusCode, string message)
        : base(message)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(statusCode, 400);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(statusCode, 599);
        StatusCode = statusCode;
    }

    /// <summary>The HTTP status of the reply.</summary>
    public int StatusCode { get; }

    /// <summary>When the caller may try again: the reply's <c>Retry-After</c>, in whole seconds, rounded up (RFC 9110 10.2.3).</summary>
    /// <remarks>
    /// Header fields that the handler has set in <see cref="HttpExchange.ResponseHeaders"/> are discarded with the rest of its reply; this one travels. A client of this library
    /// waits so long before it sends a call again that may run twice (<c>JsonRpcClientOptions.Retry</c>). It takes the field from a 429 or a 503.
    /// </remarks>
    /// <value>0 to 24 days; <c>null</c>, the default, sends no such field.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan? RetryAfter { get; init => field = value is { } time ? SettingCheck.Time(time) : null; }
}
