using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>Sends a call by GET, with the request object in the target.</summary>
/// <remarks>A transport sends to the whole address, query included; middleware and messages see the address without the call.</remarks>
internal static class GetRequest
{
    /// <summary>The longest request line in bytes that servers and proxies allow by default: nginx, Kestrel and this library.</summary>
    private const int LongestLine = 8 * 1024;

    /// <summary>Makes the exchange a GET, unless the request line would be too long.</summary>
    /// <param name="exchange">The exchange, with its address and target.</param>
    /// <param name="request">The request object.</param>
    public static string? Set(HttpExchange exchange, ReadOnlySpan<byte> request)
    {
        // A target is hardly ever less than half as long as its request.
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
