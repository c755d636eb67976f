using System.Buffers.Text;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>Finds the end of a reply, by its length or its last chunk, and checks the reply.</summary>
/// <remarks>The first reply is checked by its meaning, and all later ones byte for byte against the first.</remarks>
internal sealed class ReplyCheck(Workload workload)
{
    private byte[]? _body;

    /// <summary>Whether the reply is complete, and whether the server closes the connection after it.</summary>
    /// <exception cref="IOException">The reply is wrong.</exception>
    public bool IsWhole(ReadOnlySpan<byte> received, out bool isLast)
    {
        isLast = false;
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return false;
        var head = received[..end];
        var body = received[(end + 4)..];
        if (TryFindLength(head, out var length))
        {
            if (body.Length < length)
                return false;
        }
        else
        {
            // No reply of these workloads contains such an end within a chunk.
            if (!body.EndsWith("\r\n0\r\n\r\n"u8))
                return false;
            body = Join(body);
        }
        isLast = head.IndexOf("\r\nConnection: close"u8) >= 0;
        if (workload.IsHttp && !head.StartsWith("HTTP/1.1 200 "u8) || !IsRight(body))
            throw new IOException($"A wrong reply: {Encoding.UTF8.GetString(received[..Math.Min(received.Length, 1000)])}");
        return true;
    }

    /// <summary>The length of the body that a head declares.</summary>
    public static bool TryFindLength(ReadOnlySpan<byte> head, out int length)
    {
        // Node writes names in lower case, the others with capitals; none uses another mixture. Without HTTP the head begins with the name.
        var name = "\r\nContent-Length: "u8;
        if (head.StartsWith(name[2..]))
            return Utf8Parser.TryParse(head[(name.Length - 2)..], out length, out _);
        var begin = head.IndexOf(name);
        if (begin < 0)
            begin = head.IndexOf("\r\ncontent-length: "u8);
        length = -1;
        return begin >= 0 && Utf8Parser.TryParse(head[(begin + name.Length)..], out length, out _);
    }

    private bool IsRight(ReadOnlySpan<byte> body)
    {
        if (_body is not null)
            return body.SequenceEqual(_body);
        if (!workload.IsRight(body))
            return false;
        _body = body.ToArray();
        return true;
    }

    private static byte[] Join(ReadOnlySpan<byte> chunks)
    {
        var body = new MemoryStream(chunks.Length);
        while (Utf8Parser.TryParse(chunks, out int size, out var digits, 'x') && size > 0)
        {
            chunks = chunks[(digits + 2)..];
            body.Write(chunks[..size]);
            chunks = chunks[(size + 2)..];
        }
        return body.ToArray();
    }
}
