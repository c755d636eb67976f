using System.Text.Json;

namespace JsonRpcLite;

/// <summary>Makes of a request object that is written the query of a call by GET.</summary>
internal static class GetRequest
{
    /// <summary>As many servers and proxies allow for a whole request line: nginx, Kestrel and this library's own.</summary>
    private const int LongestLine = 8 * 1024;

    /// <summary>The query; <c>null</c> where the request line would be too long.</summary>
    /// <param name="request">The request object.</param>
    /// <param name="pathAndQuery">The path and query that it goes to.</param>
    public static string? QueryOf(ReadOnlySpan<byte> request, string pathAndQuery)
    {
        if (request.Length > LongestLine)
            return null;
        if (!Envelope.TryReadPlain(request, out var envelope))
        {
            var reader = new Utf8JsonReader(request, new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
            reader.Read();
            envelope = Envelope.Read(ref reader, isNullParamsRefused: false);
        }
        var name = new Utf8JsonReader(request[envelope.Method]);
        name.Read();
        var bytes = new byte[name.ValueSpan.Length];
        var query = CallTarget.Write(bytes.AsSpan(0, name.CopyString(bytes)), request[envelope.Params]);
        return "GET ".Length + CallTarget.Join(pathAndQuery, query).Length + " HTTP/1.1\r\n".Length > LongestLine ? null : query;
    }

    /// <summary>The whole address of a call by GET.</summary>
    public static Uri AddressOf(Uri address, string target) => new(address.GetLeftPart(UriPartial.Authority) + target);
}
