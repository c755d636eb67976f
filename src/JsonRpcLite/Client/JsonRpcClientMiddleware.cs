namespace JsonRpcLite;

/// <summary>Runs around every exchange of a client (<see cref="JsonRpcClientOptions.Middleware"/>).</summary>
/// <param name="call">The call; valid until the returned task completes.</param>
/// <param name="next">The next middleware, or the transport. Await its task before returning. Calling it again sends the request again.</param>
/// <param name="cancellationToken">
/// Cancelled when the caller cancels, and when <see cref="JsonRpcClientOptions.Timeout"/> expires, which includes the time of middleware. Pass it on.
/// </param>
/// <remarks>
/// <para>It runs around plain calls, JSON-RPC calls, notifications and batches, synchronous and asynchronous. The request's body is written before it runs, and the reply's
/// body is read after it.</para>
/// <para>Called on many threads at once. <paramref name="next"/> throws an <see cref="HttpRequestException"/> if no complete reply came, and a
/// <see cref="TaskCanceledException"/> if the call was cancelled; a reply of any status is not an exception here. An exception that middleware throws itself reaches the caller
/// unchanged.</para>
/// <para>In a synchronous call (<see cref="JsonRpcClientCall.IsSynchronous"/>) <paramref name="next"/> has completed when it returns, so that middleware that awaits nothing else
/// stays on the caller's thread. If middleware awaits something else, the caller's thread blocks until it completes.</para>
/// </remarks>
public delegate ValueTask JsonRpcClientMiddleware(JsonRpcClientCall call, JsonRpcClientHandler next, CancellationToken cancellationToken);

/// <summary>Sends a call of a client: the next middleware, or the transport.</summary>
/// <remarks>The reply is in <see cref="JsonRpcClientCall.Exchange"/> when the task has completed.</remarks>
/// <param name="call">The call.</param>
/// <param name="cancellationToken">Cancels the call.</param>
public delegate ValueTask JsonRpcClientHandler(JsonRpcClientCall call, CancellationToken cancellationToken);
