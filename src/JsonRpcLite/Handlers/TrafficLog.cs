using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace JsonRpcLite;

/// <summary>
/// Writes each exchange for people to read, request and reply as one block when the reply is known. What a peer sent cannot move the
/// terminal's cursor or add a line that looks like the log's own, and secrets in the fields stay out of it.
/// </summary>
internal sealed class TrafficLog(TextWriter target, TimeProvider clock, HttpExchangeHandler next)
{
    private const int ShownBytes = 4096;

    private readonly Lock _lock = new();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        await next(exchange, cancellationToken).ConfigureAwait(false);
        if (!exchange.IsAnsweredEarly)
            Write(exchange, exchange.StatusCode, exchange.ResponseFields, exchange.ResponseBody.WrittenSpan, clock.GetElapsedTime(began));
    }

    public void WriteEarly(HttpExchange exchange, EarlyReply reply) => Write(exchange, reply.StatusCode, reply.Fields, reply.Body.Span, elapsed: null);

    private void Write(HttpExchange exchange, int statusCode, HttpFields fields, ReadOnlySpan<byte> body, TimeSpan? elapsed)
    {
        var text = new StringBuilder();
        var now = clock.GetLocalNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        var peer = exchange.RemoteEndPoint?.ToString() ?? "in memory";
        text.Append(CultureInfo.InvariantCulture, $"{now} {peer}\n> ");
        AppendPrintable(text, $"{exchange.Method} {exchange.Target} HTTP/{exchange.ProtocolVersion}");
        text.Append('\n');
        AppendMessage(text, '>', exchange.RequestFields, exchange.RequestBody.Span);
        text.Append(CultureInfo.InvariantCulture, $"< {statusCode}{(elapsed is { } time ? $" after {time.TotalMilliseconds:0.0} ms" : " (early: the call goes on)")}\n");
        AppendMessage(text, '<', fields, body);
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

    private static void AppendMessage(StringBuilder text, char mark, HttpFields fields, ReadOnlySpan<byte> body)
    {
        foreach (var (name, value) in fields)
        {
            text.Append(mark).Append(' ');
            AppendPrintable(text, $"{name}: {(IsSecret(name) ? "(hidden)" : value)}");
            text.Append('\n');
        }
        if (body.IsEmpty)
            return;
        text.Append(mark).Append(' ');
        if (Utf8.IsValid(body))
            AppendPrintable(text, Encoding.UTF8.GetString(body.Length <= ShownBytes ? body : CutAtCharacter(body)));
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

    private static void AppendPrintable(StringBuilder text, string value)
    {
        foreach (var character in value)
            text.Append(char.IsControl(character) && character != '\t' || char.GetUnicodeCategory(character) == UnicodeCategory.Format && character is >= '\u202a' and <= '\u2069' ? '\ufffd' : character);
    }
}
