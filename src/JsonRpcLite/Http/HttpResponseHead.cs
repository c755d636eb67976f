namespace JsonRpcLite;

/// <summary>The head of a reply, which the server passes to a transport to send.</summary>
/// <remarks>The transport adds the header fields that frame the message.</remarks>
public readonly struct HttpResponseHead
{
    internal HttpResponseHead(int statusCode, HeaderFields headers, int? contentLength, bool endsConnection, bool isEarly)
    {
        StatusCode = statusCode;
        Headers = headers;
        ContentLength = contentLength;
        EndsConnection = endsConnection;
        IsEarly = isEarly;
    }

    /// <summary>The final status, 200 to 599.</summary>
    public int StatusCode { get; }

    /// <summary>All header fields except those that frame the message.</summary>
    /// <remarks>They must not change until the transport has sent them.</remarks>
    public HeaderFields Headers { get; }

    /// <summary>The value of <c>Content-Length</c>; <c>null</c> for none.</summary>
    /// <remarks>
    /// It is <c>null</c> where the status allows no body (204 and 304: RFC 9110 8.6), and for a reply that is sent in pieces. The body of a reply to HEAD is not sent, but its
    /// length is declared here.
    /// </remarks>
    public int? ContentLength { get; }

    /// <summary>Gets whether the connection ends with this reply.</summary>
    /// <remarks>HTTP/2 and HTTP/3 connections are shared, and stay open. A transport also closes a connection for other reasons, such as an unread body.</remarks>
    public bool EndsConnection { get; }

    /// <summary>Gets whether this is an early reply: the call is late or the server shuts down, and the handler still runs.</summary>
    /// <remarks>The handler still uses everything in the exchange. The transport must use only the arguments that it gets, and the connection ends.</remarks>
    public bool IsEarly { get; }
}
