using System.Text;

namespace JsonRpcLite.Load;

/// <summary>What is sent in every comparison: an object of 52 bytes, and the same echoed.</summary>
internal static class Message
{
    public const string Command = """{"item":"tea","count":2,"price":12.5,"note":"green"}""";

    public const string Reply = $$"""{"echo":{{Command}}}""";

    public static readonly byte[] ReplyBytes = Encoding.UTF8.GetBytes(Reply);

    /// <summary>The length that a head tells of its body; -1 where it tells none.</summary>
    public static int LengthIn(ReadOnlySpan<byte> head)
    {
        var name = "\r\nContent-Length: "u8;
        var begin = head.IndexOf(name);
        if (begin < 0)
            begin = head.IndexOf("\r\ncontent-length: "u8);
        return begin >= 0 && System.Buffers.Text.Utf8Parser.TryParse(head[(begin + name.Length)..], out int length, out _) ? length : -1;
    }
}

/// <summary>The same as <see cref="Message.Command"/>, as a program has it.</summary>
internal sealed record Order(string Item, int Count, decimal Price, string Note)
{
    public static readonly Order One = new("tea", 2, 12.5m, "green");
}
