namespace JsonRpcLite;

/// <summary>A reply made beside the handler that should have made it.</summary>
internal sealed record EarlyReply(int StatusCode, HeaderFields Fields, ReadOnlyMemory<byte> Body);
