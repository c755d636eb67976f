using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace JsonRpcLite;

/// <summary>
/// Writes each exchange for people to read, request and reply as one block when the reply is known. What a peer sent cannot move the
/// terminal's cursor or add a line that looks like the log's own, and secrets in the fields stay out of it.
/// </summary>
internal sealed class TrafficLog(TextWriter target, TimeProvider clock)
{
    private const int ShownBytes = 4096;

    private readonly Lock _lock = new();

    /// <summary>A reply that is about to be sent, and its request.</summary>
    public void Write(HttpExchange exchange) => Write(exchange, "");

    /// <summary>The handler has ended, and its reply is not sent. If another was, it has been written already.</summary>
    public void WriteUnsent(HttpExchange exchange)
    {
        if (exchange.HasBegun)
            WriteEnd(exchange, exchange.Right.State == ReplyState.Gone ? "the client is gone" : "cut off");
        else if (exchange.Right.State == ReplyState.Gone)
            Write(exchange, " (not sent: the peer is gone)");
    }

    /// <summary>A reply that is about to be sent in pieces, and its request.</summary>
    public void WriteBegin(HttpExchange exchange)
    {
        var text = Begin(exchange);
        AppendMessage(text, '>', exchange.RequestHeaders, exchange.RequestBody.Span);
        text.Append(CultureInfo.InvariantCulture, $"< {exchange.StatusCode} after {Elapsed(exchange)} ms (a stream begins)\n");
        AppendMessage(text, '<', exchange.ResponseHeaders, body: default);
        Write(text);
    }

    /// <summary>A stream has ended.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="how">Whether all of it was sent.</param>
    public void WriteEnd(HttpExchange exchange, string how)
    {
        var (pieces, bytes) = ServerCall.Of(exchange)!.Sent;
        var text = Begin(exchange);
        text.Append(CultureInfo.InvariantCulture, $"< (a stream of {pieces} pieces, {bytes} bytes, ended after {Elapsed(exchange)} ms: {how})\n");
        Write(text);
    }

    /// <summary>The handler still runs and owns fields and body of the request: only what cannot change any more is shown.</summary>
    public void WriteEarly(HttpExchange exchange, EarlyReply reply)
    {
        var text = Begin(exchange);
        text.Append(CultureInfo.InvariantCulture, $"< {reply.StatusCode} (early: the call goes on)\n");
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

    /// <summary>In milliseconds, since the head came.</summary>
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
            // A log that fails (a full disk, a closed pipe) must not cost anybody a reply.
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
