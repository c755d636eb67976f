namespace JsonRpcLite;

/// <summary>
/// Answers one JSON-RPC call: the primitive on which every other way to register a method sits. It reads the raw JSON of
/// <see cref="JsonRpcCall.Parameters"/> and writes one value to <see cref="JsonRpcCall.Result"/>; one that writes nothing answers <c>null</c>.
/// </summary>
/// <param name="call">The call; lent until the returned task ends, and not to be kept.</param>
/// <param name="cancellationToken">
/// Cancelled when nobody waits for the answer any more: the call is over its time, the transport saw that the peer is gone (<c>SocketTransport</c>, a connection that is reset;
/// <see cref="InMemoryTransport"/>, a client that gives up; <see cref="HttpListenerTransport"/> sees nothing of the kind), or the server stops without it.
/// </param>
/// <remarks>Called from many threads at once. A <see cref="JsonRpcException"/> travels to the caller; anything else becomes -32603 with an id for the log.</remarks>
public delegate ValueTask JsonRpcMethod(JsonRpcCall call, CancellationToken cancellationToken);
