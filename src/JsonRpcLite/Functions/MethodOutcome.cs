namespace JsonRpcLite;

/// <summary>The outcome of a method; empty where it has not begun or still runs.</summary>
/// <param name="Result">Its result; <c>null</c> where it has none.</param>
/// <param name="Error">The exception that it threw; <c>null</c> where it threw none.</param>
/// <param name="WasCancelled">Whether its token was cancelled when it threw.</param>
internal readonly record struct MethodOutcome(byte[]? Result = null, Exception? Error = null, bool WasCancelled = false);
