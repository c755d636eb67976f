namespace JsonRpcLite;

/// <summary>A reply made beside the handler that should have made it.</summary>
internal sealed record EarlyReply(int StatusCode, HttpFields Fields, ReadOnlyMemory<byte> Body);
