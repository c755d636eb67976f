namespace JsonRpcLite;

/// <summary>Runs around calls of JSON-RPC methods (<see cref="JsonRpcMethods.Use(JsonRpcMiddleware)"/>).</summary>
/// <param name="call">
/// The call; valid until the returned task completes. After <paramref name="next"/>, its <see cref="JsonRpcCall.Result"/> holds the text that the method has written.
/// </param>
/// <param name="next">
/// The next middleware, or the method. Await its task before returning. It may be called again after it has completed: the written result is discarded first. An exception of the
/// method is thrown from it, and the method's written result is discarded: to answer with another result, catch the exception and write one.
/// </param>
/// <param name="cancellationToken">Cancelled when the answer is no longer needed; see <see cref="JsonRpcMethod"/>. Pass it on to <paramref name="next"/>.</param>
/// <remarks>
/// <para>It acts before and after <paramref name="next"/>, or answers without calling it.</para>
/// <para>Called on many threads at once. To answer without <paramref name="next"/>, write to <see cref="JsonRpcCall.Result"/> or throw a <see cref="JsonRpcException"/>. Any
/// other exception is answered with -32603 and an id for the log.</para>
/// <para>When the call was answered as timed out while the method ran, <paramref name="next"/> throws a <see cref="JsonRpcException"/> with
/// <see cref="JsonRpcErrorCodes.TimedOut"/> as soon as the method has ended, whatever the method did: middleware sees the caller's outcome. The same happens when the caller has
/// disconnected and the method ended because its token was cancelled. <paramref name="next"/> also throws if a result cannot be sent because it is unfinished or too
/// large.</para>
/// </remarks>
public delegate ValueTask JsonRpcMiddleware(JsonRpcCall call, JsonRpcMethod next, CancellationToken cancellationToken);
