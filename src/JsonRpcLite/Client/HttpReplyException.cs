using System.Net;

namespace JsonRpcLite;

/// <summary>A reply came, and it is not a proper answer: an error of something between, a redirect, not JSON, too large, cut off.</summary>
/// <remarks>
/// Each <see cref="HttpRequestException"/> of a <see cref="JsonRpcClient"/> for which the head of a reply has come is of this kind, whatever the transport. Where nothing has come,
/// such as for a refused connection, there are no header fields, and the exception is a plain <see cref="HttpRequestException"/>.
/// </remarks>
public sealed class HttpReplyException : HttpRequestException
{
    internal HttpReplyException(HttpRequestError error, string message, Exception? inner, HttpStatusCode? statusCode, HeaderFields responseHeaders)
        : base(error, message, inner, statusCode) => ResponseHeaders = responseHeaders;

    /// <summary>The header fields of the reply, read-only; such as <c>Location</c>, <c>WWW-Authenticate</c> or <c>Retry-After</c>.</summary>
    public HeaderFields ResponseHeaders { get; }
}
