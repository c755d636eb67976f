using System.Text;

namespace JsonRpcLite.Benchmarks;

/// <summary>Request heads of three sizes: a lean call, a call of curl or a library, and a browser's request.</summary>
internal static class Heads
{
    public static byte[] Lean { get; } = Make(96, "POST /rpc/1 HTTP/1.1\r\nHost: localhost:80\r\nContent-Type: application/json\r\nContent-Length: 42\r\n");

    public static byte[] Library { get; } = Make(169,
        "POST /rpc/1 HTTP/1.1\r\nHost: localhost:12345\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\nContent-Type: application/json\r\nContent-Length: 42\r\nAccept-Encoding: gzip, deflate\r\n");

    public static byte[] Browser { get; } = Make(720,
        "GET /some/path/index.html?query=value&other=thing HTTP/1.1\r\nHost: www.example.org\r\nConnection: keep-alive\r\nCache-Control: max-age=0\r\n"
        + "sec-ch-ua: \"Chromium\";v=\"120\", \"Not A Brand\";v=\"24\"\r\nsec-ch-ua-mobile: ?0\r\nsec-ch-ua-platform: \"Linux\"\r\nUpgrade-Insecure-Requests: 1\r\n"
        + "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36\r\n"
        + "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\nSec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\n"
        + "Sec-Fetch-Dest: document\r\nAccept-Encoding: gzip, deflate, br\r\nAccept-Language: en-US,en;q=0.9\r\n");

    public static byte[] Body { get; } = Encoding.ASCII.GetBytes(new string('x', 42));

    public static byte[] Of(int size) => size switch { 96 => Lean, 169 => Library, _ => Browser };

    // A last field fills the head up to its size.
    private static byte[] Make(int size, string lines)
    {
        var missing = size - lines.Length - 2;
        if (missing is < 0 or (> 0 and < 5))
            throw new InvalidOperationException($"The head of {size} bytes cannot be made from {lines.Length}.");
        var filler = missing == 0 ? "" : $"X: {new string('y', missing - 5)}\r\n";
        return Encoding.ASCII.GetBytes($"{lines}{filler}\r\n");
    }
}
