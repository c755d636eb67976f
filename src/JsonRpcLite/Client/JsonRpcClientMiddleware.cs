namespace JsonRpcLite;

/// <summary>
/// Stands around every exchange of a client (<see cref="JsonRpcClientOptions.Middleware"/>): plain calls, JSON-RPC calls, notifications and batches, synchronous and asynchronous.
/// The request's body is written by then, and the reply's body has not been read.
/// </summary>
/// <param name="call">The call; lent until the returned task ends.</param>
/// <param name="next">The next middleware, or the transport. Await what it returns before returning. Called again, it sends the request again.</param>
/// <param name="cancellationToken">Cancelled when the caller gives up, and when <see cref="JsonRpcClientOptions.Timeout"/> is over, which covers everything that middleware does.
/// Hand it on.</param>
/// <remarks>
/// <para>Called on many threads at once. <paramref name="next"/> throws <see cref="HttpRequestException"/> where no whole reply came and <see cref="TaskCanceledException"/> where
/// the call was ended; a reply of any status is not an exception here. What middleware throws itself goes to the caller as it is.</para>
/// <para>In a synchronous call (<see cref="JsonRpcClientCall.IsSynchronous"/>) <paramref name="next"/> has completed when it returns, so that middleware that awaits nothing else
/// stays on the caller's thread. For middleware that does, the caller's thread is blocked until it has ended.</para>
/// </remarks>
public delegate ValueTask JsonRpcClientMiddleware(JsonRpcClientCall call, JsonRpcClientHandler next, CancellationToken cancellationToken);

/// <summary>
/// Sends a call of a client: what stands behind a <see cref="JsonRpcClientMiddleware"/>. The reply is in <see cref="JsonRpcClientCall.Exchange"/> when the task has ended.
/// </summary>
/// <param name="call">The call.</param>
/// <param name="cancellationToken">Gives the call up.</param>
public delegate ValueTask JsonRpcClientHandler(JsonRpcClientCall call, CancellationToken cancellationToken);
