namespace JsonRpcLite;

/// <summary>What a method has come to; empty where it has not begun or still runs.</summary>
/// <param name="Result">Its result; <c>null</c> where it has none.</param>
/// <param name="Error">What it has thrown; <c>null</c> where it has not.</param>
/// <param name="WasCancelled">Whether its token was cancelled when it threw.</param>
internal readonly record struct MethodOutcome(byte[]? Result = null, Exception? Error = null, bool WasCancelled = false);
