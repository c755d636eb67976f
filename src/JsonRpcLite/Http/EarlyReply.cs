namespace JsonRpcLite;

/// <summary>An early reply, which is made instead of the handler's.</summary>
internal sealed record EarlyReply(int StatusCode, HeaderFields Fields, ReadOnlyMemory<byte> Body);
