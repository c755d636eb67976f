namespace JsonRpcLite;

/// <summary>The key of a call in a store.</summary>
/// <param name="Caller">The caller: each authenticated caller has its own keys. Empty for unauthenticated callers, which share their keys.</param>
/// <param name="Text">The complete key, which is unique to the call: scope, caller, method, index in the batch, and the caller's key. A store looks up only this text.</param>
public readonly record struct IdempotencyStoreKey(string Caller, string Text);
