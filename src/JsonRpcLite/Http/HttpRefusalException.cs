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

    /// <summary>Whether the reply has <c>Retry-After</c>.</summary>
    internal bool InvitesRetry { get; init; }
}
