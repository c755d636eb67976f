namespace JsonRpcLite;

/// <summary>Answers one HTTP exchange: reads the request and sets status, header fields and body of the reply.</summary>
/// <param name="exchange">The exchange; valid until the returned task completes. Do not keep it.</param>
/// <param name="cancellationToken">
/// Cancelled when the reply is no longer needed: the call's deadline has passed, the transport has detected that the connection broke, or the server shuts down before the
/// handler completes.
/// </param>
/// <remarks>
/// <para>The handler reads the body if it needs it (<see cref="HttpExchange.ReadBodyAsync"/>). The reply is sent when the returned task completes. Transports own sockets
/// and framing, and handlers of this type do everything else: the rules of HTTP, a plain function, and JSON-RPC.</para>
/// <para>Called from many threads at once. An exception is answered: a <see cref="JsonRpcException"/> with its code and message, an <see cref="HttpRefusalException"/> with its
/// status, and any other exception with 500, a neutral message, and an id for the log.</para>
/// <para>In your own handler, a GET or HEAD must be harmless, since web pages of other origins can make their visitor's browser send one. The guard against such requests allows
/// a followed link, which opens a page (a top-level navigation). It recognizes other requests only by the header fields that browsers send: over plain http to an address that is
/// not loopback they send no <c>Sec-Fetch-Site</c>, and with a GET for an embedded resource, such as an image, no <c>Origin</c> either.</para>
/// </remarks>
public delegate ValueTask HttpExchangeHandler(HttpExchange exchange, CancellationToken cancellationToken);
