namespace JsonRpcLite;

/// <summary>The head of a reply, as the server gives it to a transport to send. The transport adds the fields that frame the message.</summary>
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

    /// <summary>All header fields but those of the framing. They are the transport's until it has sent them.</summary>
    public HeaderFields Headers { get; }

    /// <summary>
    /// The value of <c>Content-Length</c>; <c>null</c> where the status allows no body (204 and 304: RFC 9110 8.6), and of a reply that is sent in pieces. The body of a reply to
    /// HEAD is not sent, but has its length here.
    /// </summary>
    public int? ContentLength { get; }

    /// <summary>
    /// Whether the connection ends with this reply. HTTP/2 and 3, whose connections are shared, leave it. A transport also ends a connection for reasons of its own, such as a body
    /// that nobody read.
    /// </summary>
    public bool EndsConnection { get; }

    /// <summary>
    /// Whether the handler still runs, and holds everything in the exchange: the call is late, or the server stops. The transport uses nothing but what it is given, and the
    /// connection ends.
    /// </summary>
    public bool IsEarly { get; }
}
