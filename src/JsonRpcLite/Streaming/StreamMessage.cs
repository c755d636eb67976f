namespace JsonRpcLite;

/// <summary>The messages of a stream: notifications with names that JSON-RPC 2.0 reserves (4.3).</summary>
/// <remarks>Each is one line of an event (HTML Living Standard, 9.2.5).</remarks>
internal static class StreamMessage
{
    public const string Item = "rpc.item";

    public const string Progress = "rpc.progress";

    /// <summary>The text before each message.</summary>
    public static ReadOnlySpan<byte> Begin => "data: "u8;

    /// <summary>The text after each message, whose empty line ends the event.</summary>
    public static ReadOnlySpan<byte> End => "\n\n"u8;

    /// <summary>A comment, which every reader skips; it shows that the server and the connection are alive.</summary>
    public static ReadOnlySpan<byte> Heartbeat => ":\n\n"u8;

    /// <summary>The text before an item; the id, <see cref="ItemName"/>, the item and <see cref="ParamsEnd"/> follow.</summary>
    public static ReadOnlySpan<byte> ItemBegin => "data: {\"jsonrpc\":\"2.0\",\"method\":\"rpc.item\",\"params\":{\"id\":"u8;

    public static ReadOnlySpan<byte> ItemName => ",\"item\":"u8;

    /// <summary>The text before a report; the id, <see cref="ValueName"/>, the value and <see cref="ParamsEnd"/> follow.</summary>
    public static ReadOnlySpan<byte> ProgressBegin => "data: {\"jsonrpc\":\"2.0\",\"method\":\"rpc.progress\",\"params\":{\"id\":"u8;

    public static ReadOnlySpan<byte> ValueName => ",\"value\":"u8;

    public static ReadOnlySpan<byte> ParamsEnd => "}}\n\n"u8;

    /// <summary>Whether a caller accepts a stream: its <c>Accept</c> header names <c>text/event-stream</c> itself.</summary>
    /// <remarks>A weight of 0 means that it does not (RFC 9110 12.5.1). A wildcard does not count, since every client sends one.</remarks>
    public static bool IsAccepted(string? accept)
    {
        foreach (var range in accept.AsSpan().Split(','))
        {
            var parts = accept.AsSpan()[range];
            var end = parts.IndexOf(';');
            if ((end < 0 ? parts : parts[..end]).Trim().Equals(HeaderFields.EventStream, StringComparison.OrdinalIgnoreCase))
                return end < 0 || !IsWeightZero(parts[(end + 1)..]);
        }
        return false;
    }

    private static bool IsWeightZero(ReadOnlySpan<char> parameters)
    {
        foreach (var range in parameters.Split(';'))
        {
            var parameter = parameters[range].Trim();
            if (parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase))
                return !parameter[2..].ContainsAnyExcept("0. ");
        }
        return false;
    }
}
