using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>The request and the expected reply.</summary>
internal sealed record Workload(string Name, string Command, string Reply)
{
    /// <summary>An object of 52 bytes to a plain function, which echoes it through a DOM.</summary>
    public static readonly Workload Echo = OfEcho("""{"item":"tea","count":2,"price":12.5,"note":"green"}""");

    /// <summary>A JSON-RPC call, for which the server must find the method.</summary>
    public static readonly Workload Subtract = new("subtract", """{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}""", """{"jsonrpc":"2.0","result":19,"id":1}""");

    /// <summary>The same as a tool of an MCP server without a session, which answers with one server-sent event.</summary>
    public static readonly Workload ToolCall = new(
        "tool",
        """{"jsonrpc":"2.0","method":"tools/call","params":{"name":"subtract","arguments":{"minuend":42,"subtrahend":23}},"id":1}""",
        """{"result":{"content":[{"type":"text","text":"19"}]},"id":1,"jsonrpc":"2.0"}""")
    {
        Accept = "application/json, text/event-stream",
    };

    /// <summary>The same without HTTP: its length precedes each message, as in StreamJsonRpc and language servers.</summary>
    public static readonly Workload FramedSubtract = Subtract with { Name = "framed", IsHttp = false };

    /// <summary>An echo of letters without anything to escape: the easiest text.</summary>
    public static Workload OfAscii(int bytes) =>
        OfEcho(string.Create(bytes, bytes, (text, size) =>
        {
            for (var i = 1; i < size - 1; i++)
                text[i] = (char)('a' + i % 26);
            text[0] = text[^1] = '"';
        }));

    /// <summary>An echo of a string with escapes, umlauts and emoji: about as many of each as a lively German conversation has.</summary>
    public static Workload OfText(int bytes) =>
        OfEcho($"\"{Repeat("""Grüße aus Köln! \"Schön hier\", sagt sie. 😀\nÄpfel, Öl & Übermut kosten 3 €; C:\\Daten\t""", bytes - 2)}\"");

    /// <summary>An echo of an array of objects with five members: many small values.</summary>
    public static Workload OfRows(int bytes)
    {
        var rows = new StringBuilder("[");
        for (var i = 0; rows.Length < bytes - 1; i++)
        {
            var inStock = i % 3 == 0 ? "false" : "true";
            rows.Append(i == 0 ? "" : ",").Append(
                CultureInfo.InvariantCulture, $$"""{"id":{{i}},"name":"item {{i % 97}}","price":{{i % 89}}.25,"inStock":{{inStock}},"note":null}""");
        }
        return OfEcho(rows.Append(']').ToString());
    }

    /// <summary>The header field Accept; <c>null</c> if there is none.</summary>
    public string? Accept { get; private init; }

    public bool IsHttp { get; private init; } = true;

    public static Workload Named(string name) => new[] { Echo, Subtract, ToolCall, FramedSubtract }.First(workload => workload.Name == name);

    public byte[] Request(int port, string path = "/")
    {
        var body = Encoding.UTF8.GetBytes(Command);
        var accept = Accept is null ? "" : $"Accept: {Accept}\r\n";
        var begin = IsHttp ? $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n{accept}" : "";
        return [.. Encoding.UTF8.GetBytes($"{begin}Content-Length: {body.Length}\r\n\r\n"), .. body];
    }

    /// <summary>Whether a body has the expected meaning.</summary>
    /// <remarks>Servers may write members in another order and escape other characters.</remarks>
    public bool IsRight(ReadOnlySpan<byte> body)
    {
        var begin = "event: message\ndata: "u8;
        if (body.StartsWith(begin))
            body = body[begin.Length..];
        return body.SequenceEqual(Encoding.UTF8.GetBytes(Reply)) || JsonNode.DeepEquals(JsonNode.Parse(body), JsonNode.Parse(Reply));
    }

    private static Workload OfEcho(string command) => new("echo", command, $$"""{"echo":{{command}}}""");

    /// <summary>Repeats a text as often as it fits into a number of bytes.</summary>
    private static string Repeat(string text, int bytes) => string.Concat(Enumerable.Repeat(text, bytes / Encoding.UTF8.GetByteCount(text)));
}

/// <summary>The command of <see cref="Workload.Echo"/> as an object.</summary>
internal sealed record Order(string Item, int Count, decimal Price, string Note)
{
    public static readonly Order One = new("tea", 2, 12.5m, "green");
}
