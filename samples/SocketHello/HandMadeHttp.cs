using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace SocketHello;

/// <summary>Step 2: a request read and a reply written by hand, right, and in three ways wrong. For real, let JsonRpcLite.Http11 do this.</summary>
internal static class HandMadeHttp
{
    private const int LargestRequest = 64 * 1024;

    public static async Task AnswerAsync(NetworkStream stream)
    {
        if (await ReadRequestAsync(stream) is not { } request)
            return;
        Console.WriteLine($"Received: {request}");
        var line = request[..request.IndexOf("\r\n", StringComparison.Ordinal)].Split(' ');
        var (method, target) = (line[0], line.Length > 1 ? line[1] : "/");

        var body = method == "GET" ? "<b>Hello World</b>" : $"<b>{WithoutMarkup(method)} of {Encoding.UTF8.GetByteCount(BodyOf(request))} bytes</b>";
        // The length counts bytes, not characters.
        var fields = $"Content-Type: text/html; charset=utf-8\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n";
        var reply = target switch
        {
            // Browsers and curl do not recognize it as HTTP.
            "/without-status-line" => $"{fields}\r\n{body}",
            // The head never ends for a strict reader; lenient readers accept it, and the two then disagree about the message.
            "/without-crlf" => $"\nHTTP/1.1 200 OK\n{fields.ReplaceLineEndings("\n")}\n{body}",
            // The client does not know where the body ends, and waits for more until the connection is closed.
            "/without-length" => $"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{body}",
            _ => $"HTTP/1.1 200 OK\r\n{fields}Connection: close\r\n\r\n{body}",
        };
        await stream.WriteAsync(Encoding.UTF8.GetBytes(reply));
        if (target == "/without-length")
            await ReadRequestAsync(stream);
    }

    /// <summary>Reads up to the empty line, and then as many bytes as Content-Length says; <c>null</c> if the connection ends before.</summary>
    private static async Task<string?> ReadRequestAsync(NetworkStream stream)
    {
        var bytes = new List<byte>();
        var buffer = new byte[4096];
        while (bytes.Count < LargestRequest)
        {
            var count = await stream.ReadAsync(buffer);
            if (count == 0)
                return null;
            bytes.AddRange(buffer.AsSpan(0, count));
            var request = Encoding.UTF8.GetString([.. bytes]);
            if (request.Contains("\r\n\r\n", StringComparison.Ordinal) && Encoding.UTF8.GetByteCount(BodyOf(request)) >= LengthOf(request))
                return request;
        }
        return null;
    }

    private static string BodyOf(string request) => request[(request.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];

    private static int LengthOf(string request)
    {
        const string name = "content-length:";
        var line = request.Split("\r\n").FirstOrDefault(l => l.StartsWith(name, StringComparison.OrdinalIgnoreCase));
        return int.TryParse(line?[name.Length..], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var length) ? length : 0;
    }

    private static string WithoutMarkup(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
