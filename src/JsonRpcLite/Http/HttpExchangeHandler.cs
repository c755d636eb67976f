namespace JsonRpcLite;

/// <summary>
/// Answers one HTTP exchange: reads the head, and the body if it wants it (<see cref="HttpExchange.ReadBodyAsync"/>), and sets status,
/// fields and body of the reply. The reply is sent when the returned task ends. This is the one seam between transports, which own sockets
/// and framing, and everything that HTTP can carry: HTTP rules, a plain function and JSON-RPC are all values of this type.
/// </summary>
/// <param name="exchange">The exchange; lent until the returned task ends, and not to be kept.</param>
/// <param name="cancellationToken">
/// Cancelled when nobody waits for the reply any more: the call is over its time, the transport saw the connection break, or the server stops without it.
/// </param>
/// <remarks>
/// <para>Called from many threads at once. What it throws is answered: a <see cref="JsonRpcException"/> with its code and message, a
/// <see cref="HttpRefusalException"/> with its status, anything else with 500, a message that says nothing, and an id for the log.</para>
/// <para>What a GET or HEAD does in a handler of your own must be harmless: web pages elsewhere can have their visitor's browser send one. The guard against them lets a followed
/// link through, which opens a page (a top-level navigation). And it can tell the others only by what browsers send with them: to plain http that is not loopback they send no
/// <c>Sec-Fetch-Site</c>, and with a GET that embeds something, such as an image, no <c>Origin</c> either.</para>
/// </remarks>
public delegate ValueTask HttpExchangeHandler(HttpExchange exchange, CancellationToken cancellationToken);
