using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>
/// A call by GET: makes the target of a request object that is written, and sends it. A transport sends to the whole address, query and all; middleware and messages have the
/// address without the call.
/// </summary>
internal static class GetRequest
{
    /// <summary>As many bytes as servers and proxies allow for a whole request line: nginx, Kestrel and this library's own.</summary>
    private const int LongestLine = 8 * 1024;

    /// <summary>Makes the exchange a GET. Returns what its target has behind the path; <c>null</c>, and nothing is done, where the request line would be too long.</summary>
    /// <param name="exchange">The exchange, with its address and target.</param>
    /// <param name="request">The request object.</param>
    public static string? Set(HttpExchange exchange, ReadOnlySpan<byte> request)
    {
        // A target is hardly ever half as long as the request that it holds.
        if (request.Length > 2 * LongestLine)
            return null;
        var query = QueryOf(request);
        var target = CallTarget.Join(exchange.Target, query);
        if ("GET ".Length + target.Length + " HTTP/1.1\r\n".Length > LongestLine)
            return null;
        (exchange.Method, exchange.Target) = ("GET", target);
        exchange.RequestHeaders.Remove(HeaderFields.ContentType);
        return query;
    }

    public static void Send(ClientTransport transport, HttpExchange exchange, CancellationToken cancellationToken)
    {
        var address = exchange.Address!;
        exchange.Address = AddressOf(address, exchange.Target);
        try
        {
            transport.Send(exchange, cancellationToken);
        }
        finally
        {
            exchange.Address = address;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public static async ValueTask SendAsync(ClientTransport transport, HttpExchange exchange, CancellationToken cancellationToken)
    {
        var address = exchange.Address!;
        exchange.Address = AddressOf(address, exchange.Target);
        try
        {
            await transport.SendAsync(exchange, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            exchange.Address = address;
        }
    }

    private static string QueryOf(ReadOnlySpan<byte> request)
    {
        if (!Envelope.TryReadPlain(request, out var envelope))
        {
            var reader = new Utf8JsonReader(request, new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
            reader.Read();
            envelope = Envelope.Read(ref reader, isNullParamsRefused: false);
        }
        var name = new Utf8JsonReader(request[envelope.Method]);
        name.Read();
        var bytes = new byte[name.ValueSpan.Length];
        return CallTarget.Write(bytes.AsSpan(0, name.CopyString(bytes)), request[envelope.Params]);
    }

    private static Uri AddressOf(Uri address, string target) => new(address.GetLeftPart(UriPartial.Authority) + target);
}
