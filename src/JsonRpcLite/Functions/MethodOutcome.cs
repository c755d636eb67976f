namespace JsonRpcLite;

/// <summary>What a method has come to.</summary>
/// <param name="HasBegun">Whether it has begun.</param>
/// <param name="Result">Its result; <c>null</c> where it has none.</param>
/// <param name="Error">What it has thrown; <c>null</c> where it has not.</param>
internal readonly record struct MethodOutcome(bool HasBegun, byte[]? Result = null, Exception? Error = null);
