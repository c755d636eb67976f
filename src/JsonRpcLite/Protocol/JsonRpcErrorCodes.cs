namespace JsonRpcLite;

/// <summary>The error codes that the library itself uses.</summary>
/// <remarks>
/// They are five codes of JSON-RPC 2.0, section 5.1, and the library's own in the range that this section reserves for implementations (-32000 to -32099). An application may use
/// any other code.
/// </remarks>
public static class JsonRpcErrorCodes
{
    /// <summary>The body is not JSON or not UTF-8, is nested too deeply, or has a duplicate member or half a surrogate pair.</summary>
    /// <remarks>Plain calls: HTTP 400.</remarks>
    public const int ParseError = -32700;

    /// <summary>The JSON is not a valid request.</summary>
    /// <remarks>Plain calls: HTTP 400.</remarks>
    public const int InvalidRequest = -32600;

    /// <summary>There is no such method.</summary>
    /// <remarks>Plain calls: HTTP 404.</remarks>
    public const int MethodNotFound = -32601;

    /// <summary>The JSON does not match the function's parameters.</summary>
    /// <remarks>Plain calls: HTTP 400.</remarks>
    public const int InvalidParams = -32602;

    /// <summary>The function failed with an unexpected exception; the data has the id of the server's log entry.</summary>
    /// <remarks>Plain calls: HTTP 500.</remarks>
    public const int InternalError = -32603;

    /// <summary>The request was rejected by a rule of HTTP or a limit; the HTTP status says which.</summary>
    /// <remarks>Either no function has run, or a handler has thrown an <see cref="HttpRefusalException"/>.</remarks>
    public const int Refused = -32000;

    /// <summary>The call took longer than the server allows or its client waits.</summary>
    /// <remarks>Plain calls: HTTP 504, or HTTP 503 if the server shuts down and cannot wait longer. The function may have done its work.</remarks>
    public const int TimedOut = -32001;

    /// <summary>The caller is not authenticated, or may not call the method (<see cref="JsonRpcMethods.RequireUser"/>).</summary>
    /// <remarks>The error does not say which of the two.</remarks>
    public const int NotAllowed = -32003;

    /// <summary>The method answers only as a stream (<see cref="JsonRpcMethodAttribute.StreamOnly"/>), which the call cannot get.</summary>
    /// <remarks>The caller does not accept a stream, or makes the call in a batch.</remarks>
    public const int StreamOnly = -32004;

    /// <summary>The caller has made too many calls of the method, and a rate limit has rejected this one.</summary>
    /// <remarks>
    /// The code is that of EIP-1474 ("limit exceeded"). The data may contain <c>retryAfterMs</c>, the number of milliseconds after which to retry. If it also contains <c>notRun:
    /// true</c>, no code of the application has run for the call, and a repeated call runs nothing twice.
    /// </remarks>
    public const int TooManyCalls = -32005;

    /// <summary>The batch has more calls than the server allows.</summary>
    public const int BatchTooLong = -32010;

    /// <summary>The function ran, but its reply is larger than the server allows.</summary>
    /// <remarks>Plain calls: HTTP 500.</remarks>
    public const int ReplyTooLarge = -32011;

    /// <summary>A call with the same <see cref="HeaderFields.IdempotencyKey"/> still runs.</summary>
    /// <remarks>The data's <c>retryAfterMs</c> says when to ask again. Plain calls: HTTP 409.</remarks>
    public const int KeyInProgress = -32020;

    /// <summary>The <see cref="HeaderFields.IdempotencyKey"/> belongs to a call with other parameters.</summary>
    /// <remarks>Plain calls: HTTP 422.</remarks>
    public const int KeyReused = -32021;

    /// <summary>A call with the same <see cref="HeaderFields.IdempotencyKey"/> has begun, and its outcome is unknown.</summary>
    /// <remarks>Plain calls: HTTP 409. The call may have done its work, or a part of it, and is not run again.</remarks>
    public const int OutcomeUnknown = -32022;
}
