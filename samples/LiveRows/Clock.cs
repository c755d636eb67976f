using System.Buffers;
using System.Globalization;
using System.Text;
using JsonRpcLite;

namespace LiveRows;

/// <summary>A raw handler that sends server-sent events for a browser's EventSource.</summary>
internal static class Clock
{
    private const string Page = """
        <!DOCTYPE html>
        <html lang="en"><title>Clock</title>
        <p id="time">waiting</p>
        <script>
          new EventSource('/clock').onmessage = event => document.getElementById('time').textContent = event.data;
        </script>
        """;

    public static async ValueTask SendAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        exchange.ResponseHeaders["Content-Type"] = "text/event-stream";
        exchange.ResponseHeaders["Cache-Control"] = "no-store";
        while (true)
        {
            var now = DateTime.Now.ToString("HH:mm:ss.f", CultureInfo.InvariantCulture);
            exchange.ResponseBody.Write(Encoding.UTF8.GetBytes($"data: {now}\n\n"));
            await exchange.FlushAsync(cancellationToken);
            await Task.Delay(100, cancellationToken);
        }
    }

    public static ValueTask ShowPageAsync(HttpExchange exchange)
    {
        exchange.Reply(200, "text/html; charset=utf-8", Page);
        return default;
    }
}
