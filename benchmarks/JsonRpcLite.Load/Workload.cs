using System.Text;

namespace JsonRpcLite.Load;

/// <summary>A call that servers are compared by: what is sent, and which replies are right.</summary>
/// <param name="Name">What it is called in tables, and by which a server knows what to serve.</param>
/// <param name="Body">The body of each request.</param>
/// <param name="IsRight">Judges the body of a reply.</param>
internal sealed record Workload(string Name, byte[] Body, Workload.Judge IsRight)
{
    public delegate bool Judge(ReadOnlySpan<byte> reply);

    /// <summary>An object of 52 bytes, echoed inside of another, through a DOM.</summary>
    public static readonly Workload Echo = new("echo", Encoding.UTF8.GetBytes(Message.Command), static reply => reply.SequenceEqual(Message.ReplyBytes));

    /// <summary>A call of JSON-RPC. Servers write the members of their answer in different orders.</summary>
    public static readonly Workload Subtract = new(
        "subtract",
        """{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}"""u8.ToArray(),
        static reply => reply.IndexOf("\"result\":19"u8) > 0 && reply.IndexOf("\"id\":1"u8) > 0 && reply.IndexOf("\"jsonrpc\":\"2.0\""u8) > 0);

    public byte[] Request(int port) =>
        [.. Encoding.UTF8.GetBytes($"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n"), .. Body];
}
