namespace JsonRpcLite;

/// <summary>A key of a call, as a store knows it.</summary>
/// <param name="Caller">Who calls: each authenticated caller has keys of its own. Empty for callers that are not authenticated, who share theirs.</param>
/// <param name="Text">
/// The whole key, which no other call has: caller, method, place in the batch, and what the caller has sent. A store looks up by this text alone.
/// </param>
public readonly record struct IdempotencyStoreKey(string Caller, string Text);
