using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>What is sent, and what has to come back.</summary>
internal sealed record Workload(string Name, string Command, string Reply)
{
    /// <summary>An object of 52 bytes to a plain function, and the same echoed, through a DOM.</summary>
    public static readonly Workload Echo = OfEcho("""{"item":"tea","count":2,"price":12.5,"note":"green"}""");

    /// <summary>A JSON-RPC call that the server has to find a method for.</summary>
    public static readonly Workload Subtract = new("subtract", """{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}""", """{"jsonrpc":"2.0","result":19,"id":1}""");

    /// <summary>A string of a size, echoed.</summary>
    public static Workload OfSize(int bytes) =>
        OfEcho(string.Create(bytes, bytes, (text, size) =>
        {
            for (var i = 1; i < size - 1; i++)
                text[i] = (char)('a' + i % 26);
            text[0] = text[^1] = '"';
        }));

    public static Workload Named(string name) => name == Subtract.Name ? Subtract : Echo;

    public byte[] Request(int port, string path = "/") => Encoding.UTF8.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {Command.Length}\r\n\r\n{Command}");

    /// <summary>Says whether a body means what is expected; servers may write members in another order.</summary>
    public bool IsRight(ReadOnlySpan<byte> body) => body.SequenceEqual(Encoding.UTF8.GetBytes(Reply)) || JsonNode.DeepEquals(JsonNode.Parse(body), JsonNode.Parse(Reply));

    private static Workload OfEcho(string command) => new("echo", command, $$"""{"echo":{{command}}}""");
}

/// <summary>The same as the command of <see cref="Workload.Echo"/>, as a program has it.</summary>
internal sealed record Order(string Item, int Count, decimal Price, string Note)
{
    public static readonly Order One = new("tea", 2, 12.5m, "green");
}
