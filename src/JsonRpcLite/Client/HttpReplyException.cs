using System.Net;

namespace JsonRpcLite;

/// <summary>The exception for a reply that is not a valid answer.</summary>
/// <remarks>
/// The reply may be an error of an intermediary, a redirect, not JSON, too large, or cut off. A <see cref="JsonRpcClient"/> throws this type whenever the head of a reply has
/// arrived, on every transport. Where none has arrived, as with a refused connection, there are no header fields, and the exception is a plain
/// <see cref="HttpRequestException"/>.
/// </remarks>
public sealed class HttpReplyException : HttpRequestException
{
    internal HttpReplyException(HttpRequestError error, string message, Exception? inner, HttpStatusCode? statusCode, HeaderFields responseHeaders)
        : base(error, message, inner, statusCode) => ResponseHeaders = responseHeaders;

    /// <summary>The header fields of the reply, such as <c>Location</c>, <c>WWW-Authenticate</c> or <c>Retry-After</c>; read-only.</summary>
    public HeaderFields ResponseHeaders { get; }
}
