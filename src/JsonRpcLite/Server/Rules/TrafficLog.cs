using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace JsonRpcLite;

/// <summary>Writes a readable log of each exchange: request and reply as one block, when the reply is known.</summary>
/// <remarks>Text that a peer sent cannot move the terminal's cursor or add a line that looks like the log's own. Secrets in header fields are hidden.</remarks>
internal sealed class TrafficLog(TextWriter target, TimeProvider clock)
{
    private const int ShownBytes = 4096;

    private readonly Lock _lock = new();

    /// <summary>Writes a request and the reply that is about to be sent.</summary>
    public void Write(HttpExchange exchange) => Write(exchange, "");

    /// <summary>Writes that the handler has ended and its reply is not sent.</summary>
    /// <remarks>An early reply, if any, has been written already.</remarks>
    public void WriteUnsent(HttpExchange exchange)
    {
        if (exchange.HasBegun)
            WriteEnd(exchange, exchange.Right.State == ReplyState.Gone ? "the client has disconnected" : "cut off");
        else if (exchange.Right.State == ReplyState.Gone)
            Write(exchange, " (not sent: the client has disconnected)");
    }

    /// <summary>Writes a request and the head of a stream that is about to be sent.</summary>
    public void WriteBegin(HttpExchange exchange)
    {
        var text = Begin(exchange);
        AppendMessage(text, '>', exchange.RequestHeaders, exchange.RequestBody.Span);
        text.Append(CultureInfo.InvariantCulture, $"< {exchange.StatusCode} after {Elapsed(exchange)} ms (a stream begins)\n");
        AppendMessage(text, '<', exchange.ResponseHeaders, body: default);
        Write(text);
    }

    /// <summary>Writes that a stream has ended.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="how">How it has ended: whole, cut off, or by a disconnected client.</param>
    public void WriteEnd(HttpExchange exchange, string how)
    {
        var (pieces, bytes) = ServerCall.Of(exchange)!.Sent;
        var text = Begin(exchange);
        text.Append(CultureInfo.InvariantCulture, $"< (a stream of {pieces} pieces, {bytes} bytes, ended after {Elapsed(exchange)} ms: {how})\n");
        Write(text);
    }

    /// <summary>Writes an early reply, without the header fields and body of the request, which the running handler owns.</summary>
    public void WriteEarly(HttpExchange exchange, EarlyReply reply)
    {
        var text = Begin(exchange);
        text.Append(CultureInfo.InvariantCulture, $"< {reply.StatusCode} (early reply: the call still runs)\n");
        AppendMessage(text, '<', reply.Fields, reply.Body.Span);
        Write(text);
    }

    private void Write(HttpExchange exchange, string remark)
    {
        var text = Begin(exchange);
        AppendMessage(text, '>', exchange.RequestHeaders, exchange.RequestBody.Span);
        text.Append(CultureInfo.InvariantCulture, $"< {exchange.StatusCode} after {Elapsed(exchange)} ms{remark}\n");
        AppendMessage(text, '<', exchange.ResponseHeaders, exchange.ResponseBody.WrittenSpan);
        Write(text);
    }

    /// <summary>The time since the head was received, in milliseconds.</summary>
    private string Elapsed(HttpExchange exchange) =>
        clock.GetElapsedTime(ServerCall.Of(exchange)!.Began).TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture);

    private StringBuilder Begin(HttpExchange exchange)
    {
        var text = new StringBuilder();
        var now = clock.GetLocalNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        text.Append(CultureInfo.InvariantCulture, $"{now} {exchange.RemoteEndPoint?.ToString() ?? "in memory"}\n> ");
        PeerText.AppendPrintable(text, $"{exchange.Method} {exchange.Target} HTTP/{exchange.ProtocolVersion}");
        return text.Append('\n');
    }

    private void Write(StringBuilder text)
    {
        try
        {
            lock (_lock)
            {
                target.WriteLine(text);
                target.Flush();
            }
        }
        catch (Exception e)
        {
            // A log that fails (a full disk, a closed pipe) must not prevent the reply.
            Debug.WriteLine(e);
        }
    }

    private static void AppendMessage(StringBuilder text, char mark, HeaderFields fields, ReadOnlySpan<byte> body)
    {
        foreach (var (name, value) in fields)
        {
            text.Append(mark).Append(' ');
            PeerText.AppendPrintable(text, $"{name}: {(IsSecret(name) ? "(hidden)" : value)}");
            text.Append('\n');
        }
        if (body.IsEmpty)
            return;
        text.Append(mark).Append(' ');
        if (Utf8.IsValid(body))
            PeerText.AppendPrintable(text, Encoding.UTF8.GetString(body.Length <= ShownBytes ? body : CutAtCharacter(body)));
        else
            text.Append("(not UTF-8)");
        if (body.Length > ShownBytes)
            text.Append(CultureInfo.InvariantCulture, $" ... ({body.Length} bytes in all)");
        text.Append('\n');
    }

    private static ReadOnlySpan<byte> CutAtCharacter(ReadOnlySpan<byte> utf8)
    {
        var end = ShownBytes;
        while ((utf8[end] & 0xC0) == 0x80)
            end--;
        return utf8[..end];
    }

    private static bool IsSecret(string name) =>
        name.EndsWith("Authorization", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("Cookie", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("Authenticate", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("Api-Key", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith("Token", StringComparison.OrdinalIgnoreCase);
}
