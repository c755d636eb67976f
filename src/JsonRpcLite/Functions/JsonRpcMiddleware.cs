namespace JsonRpcLite;

/// <summary>
/// Stands around calls of JSON-RPC methods (<see cref="JsonRpcMethods.Use(JsonRpcMiddleware)"/>): does something before and after <paramref name="next"/>, or answers without it.
/// </summary>
/// <param name="call">The call; lent until the returned task ends. Its <see cref="JsonRpcCall.Result"/> holds what the method has written when <paramref name="next"/> has
/// ended.</param>
/// <param name="next">
/// The next middleware, or the method. Await what it returns before returning. It may be called again when it has ended: what was written of the result is discarded first. An
/// exception of the method comes out of it, and what the method had written is discarded then: to answer with another result, catch the exception and write one.
/// </param>
/// <param name="cancellationToken">Cancelled when nobody waits for the answer any more; see <see cref="JsonRpcMethod"/>. Hand it on to <paramref name="next"/>.</param>
/// <remarks>
/// <para>Called on many threads at once. To answer without <paramref name="next"/>, write to <see cref="JsonRpcCall.Result"/> or throw a <see cref="JsonRpcException"/>. Any other
/// exception is answered with -32603 and an id for the log.</para>
/// <para>When the call was answered as timed out while the method ran, <paramref name="next"/> throws a <see cref="JsonRpcException"/> with
/// <see cref="JsonRpcErrorCodes.TimedOut"/> as soon as the method has ended, whatever the method did: middleware sees what the caller got. So it does where the caller is gone and
/// the method ended as its token said. A result that cannot be sent, since it is unfinished or too large, is an exception out of <paramref name="next"/> too.</para>
/// </remarks>
public delegate ValueTask JsonRpcMiddleware(JsonRpcCall call, JsonRpcMethod next, CancellationToken cancellationToken);
