namespace JsonRpcLite;

/// <summary>
/// The error codes that the library itself uses: five of JSON-RPC 2.0, section 5.1, and its own in the range which that section leaves to
/// implementations (-32000 to -32099). Codes of an application may be any other number.
/// </summary>
public static class JsonRpcErrorCodes
{
    /// <summary>The body is not JSON, not UTF-8, nested too deep, has a member twice or half a surrogate pair. Plain calls: HTTP 400.</summary>
    public const int ParseError = -32700;

    /// <summary>The JSON is not a valid request. Plain calls: HTTP 400.</summary>
    public const int InvalidRequest = -32600;

    /// <summary>There is no such method. Plain calls: HTTP 404.</summary>
    public const int MethodNotFound = -32601;

    /// <summary>The JSON does not fit what the function takes. Plain calls: HTTP 400.</summary>
    public const int InvalidParams = -32602;

    /// <summary>The function failed unexpectedly; the data holds an id under which the server's log tells more. Plain calls: HTTP 500.</summary>
    public const int InternalError = -32603;

    /// <summary>
    /// Refused by a rule of HTTP or by a limit before any function ran, or by an <see cref="HttpRefusalException"/> of a handler's own; the HTTP status says which.
    /// </summary>
    public const int Refused = -32000;

    /// <summary>
    /// The call took longer than the server allows or its client waits (plain calls: HTTP 504), or than a stopping server could wait for it (HTTP 503). Its function may have done
    /// its work.
    /// </summary>
    public const int TimedOut = -32001;

    /// <summary>The caller may not call the method, or is not authenticated (<see cref="JsonRpcMethods.RequireUser"/>). Which of them is not said.</summary>
    public const int NotAllowed = -32003;

    /// <summary>The method answers only as a stream, and the caller did not accept one (<see cref="JsonRpcMethodAttribute.StreamOnly"/>), or called it in a batch.</summary>
    public const int StreamOnly = -32004;

    /// <summary>The caller has made too many calls of the method, and a rate limit has refused this one. The number is that of EIP-1474 ("limit exceeded").</summary>
    /// <remarks>
    /// The data may say after how many milliseconds to try again, <c>retryAfterMs</c>. Where it also holds <c>notRun: true</c>, no code of the application has run for the call,
    /// and a repetition runs nothing twice.
    /// </remarks>
    public const int TooManyCalls = -32005;

    /// <summary>The batch holds more calls than the server allows.</summary>
    public const int BatchTooLong = -32010;

    /// <summary>The function ran, but its reply is larger than the server allows. Plain calls: HTTP 500.</summary>
    public const int ReplyTooLarge = -32011;

    /// <summary>A call with the same <see cref="HeaderFields.IdempotencyKey"/> still runs; the data's <c>retryAfterMs</c> says when to ask again. Plain calls: HTTP 409.</summary>
    public const int KeyInProgress = -32020;

    /// <summary>The <see cref="HeaderFields.IdempotencyKey"/> belongs to a call with other parameters. Plain calls: HTTP 422.</summary>
    public const int KeyReused = -32021;

    /// <summary>A call with the same <see cref="HeaderFields.IdempotencyKey"/> has begun, and its outcome is unknown. Plain calls: HTTP 409.</summary>
    /// <remarks>It may have done its work, or a part of it, and is not run again.</remarks>
    public const int OutcomeUnknown = -32022;
}
