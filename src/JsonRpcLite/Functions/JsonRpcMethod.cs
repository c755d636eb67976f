namespace JsonRpcLite;

/// <summary>Answers one JSON-RPC call; every other way to register a method is built on it.</summary>
/// <param name="call">The call; valid until the returned task completes. Do not keep it.</param>
/// <param name="cancellationToken">
/// Cancelled when the answer is no longer needed: the call's deadline has passed, the client has disconnected, or the server shuts down before the call completes.
/// <c>SocketTransport</c> detects a connection that is reset, and <see cref="InMemoryTransport"/> a client that cancels; <see cref="HttpListenerTransport"/> does not detect a
/// disconnected client.
/// </param>
/// <remarks>
/// It reads the raw JSON of <see cref="JsonRpcCall.Parameters"/> and writes one value to <see cref="JsonRpcCall.Result"/>. If it writes nothing, the result is <c>null</c>.
/// Called from many threads at once. A <see cref="JsonRpcException"/> is sent to the caller; any other exception is answered with -32603 and an id for the log.
/// </remarks>
public delegate ValueTask JsonRpcMethod(JsonRpcCall call, CancellationToken cancellationToken);
