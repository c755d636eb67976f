using System.Globalization;
using System.Net;
using System.Text.Json;
using JsonRpcLite;

namespace KeyValueStore;

/// <summary>The store as a web server: the path is the key, POST stores a value, GET returns it; and the same as JSON-RPC at one path.</summary>
internal sealed class Web(Store store, HttpExchangeHandler rpc)
{
    public async ValueTask AnswerAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.Path == "/_rpc")
        {
            await rpc(exchange, cancellationToken);
            return;
        }
        exchange.ResponseHeaders["Server"] = "JsonRpcLite-KeyValueStore/0.1";
        exchange.ResponseHeaders["Allow"] = "GET, HEAD, POST";
        exchange.ResponseHeaders["Last-Modified"] = HttpDate(DateTimeOffset.UtcNow);
        // A client of HTTP/1.0 need not send a Host.
        if (exchange.RequestHeaders["Host"] is { } host)
            exchange.ResponseHeaders["Location"] = $"{exchange.Scheme}://{host}{exchange.Path}";
        switch (exchange.Method)
        {
            case "GET" or "HEAD":
                Show(exchange);
                break;
            case "POST" when !Store.IsReserved(exchange.Path):
                Keep(exchange, await exchange.ReadBodyAsync(cancellationToken));
                break;
            default:
                exchange.Reply(501, "text/text", $"Method {exchange.Method} Not Implemented\n");
                break;
        }
    }

    private void Show(HttpExchange exchange)
    {
        if (exchange.Path == "/_all")
        {
            exchange.Reply(200, "application/json", store.All().ToJsonString());
        }
        else if (exchange.Path == "/_now")
        {
            exchange.Reply(200, "text/html; charset=utf-8",
                $"<html><body><h1>Hello world</h1><h2>Now: {WebUtility.HtmlEncode(DateTimeOffset.Now.ToString("O", CultureInfo.InvariantCulture))}</h2></body></html>");
        }
        else if (store.Get(exchange.Path) is { } entry)
        {
            exchange.Reply(200, entry.Type, entry.Value);
            exchange.ResponseHeaders["Last-Modified"] = HttpDate(entry.Since);
        }
        else
        {
            exchange.Reply(404, "text/text; charset=utf-8", $"Key '{exchange.Path}' not found.");
        }
    }

    private void Keep(HttpExchange exchange, ReadOnlyMemory<byte> body)
    {
        try
        {
            var isNew = store.Set(exchange.Path, exchange.RequestHeaders["Content-Type"] ?? "text/text", body.Span);
            exchange.Reply(isNew ? 201 : 200, "text/text", "");
        }
        catch (JsonException e)
        {
            exchange.Reply(400, "text/text; charset=utf-8", e.Message);
        }
    }

    private static string HttpDate(DateTimeOffset time) => time.ToString("r", CultureInfo.InvariantCulture);
}
