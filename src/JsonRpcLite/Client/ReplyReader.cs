using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace JsonRpcLite;

/// <summary>Reads a complete HTTP reply as a result or throws the matching exception.</summary>
/// <remarks>A reply that is not certainly a result is never read as one.</remarks>
internal static class ReplyReader
{
    private const int QuotedBytes = 200;

    /// <summary>The header fields that explain why a reply is not an answer.</summary>
    /// <remarks>They point to a redirect, a method, a content coding, missing authentication, or a busy server.</remarks>
    private static readonly string[] TellingFields = ["Location", "Allow", "Content-Encoding", "WWW-Authenticate", "Proxy-Authenticate", "Retry-After"];

    /// <summary>The text of a reply, without a byte order mark.</summary>
    public static ReadOnlySpan<byte> BodyOf(HttpExchange exchange) => JsonText.WithoutMark(exchange.ResponseBody.WrittenSpan);

    public static TOut ReadPlain<TOut>(HttpExchange exchange, JsonTypeInfo<TOut> type)
    {
        var body = BodyOf(exchange);
        if (exchange.StatusCode is < 200 or > 299)
            throw ReadError(exchange, type.Options);
        if (JsonText.FindFault(body) is { } fault)
            throw NoAnswer(exchange, fault);
        try
        {
            return JsonRpcSerializer.Read(body, type, JsonText.MaxReplyDepth)!;
        }
        catch (Exception e) when (JsonRpcSerializer.IsMisfit(e, type))
        {
            var reason = JsonText.ExplainRefusal(body, JsonText.MaxReplyDepth) ?? $"the value at '{(e as JsonException)?.Path ?? "$"}' does not fit {typeof(TOut)}";
            throw NoAnswer(exchange, reason, e);
        }
    }

    /// <summary>Returns the exception of an unsuccessful reply.</summary>
    /// <remarks>An error in the format of this library comes from the server; any other comes from elsewhere, such as a proxy.</remarks>
    public static Exception ReadError(HttpExchange exchange, JsonSerializerOptions? options) =>
        TryReadError(exchange, options) ?? (Exception)NoAnswer(exchange, exchange.StatusCode switch
        {
            >= 300 and < 400 when exchange.ResponseHeaders.Contains("Location") => "it redirects, and redirects are not followed",
            401 or 407 => "it asks for authentication",
            _ => "the status is not a success, and the body is not an error of this library",
        });

    public static JsonRpcException? TryReadError(HttpExchange exchange, JsonSerializerOptions? options)
    {
        var body = BodyOf(exchange);
        return JsonText.FindFault(body) is null && ErrorObject.Find(body) is { } error
            ? ErrorObject.Read(body[error], (HttpStatusCode)exchange.StatusCode, exchange.SnapshotResponseHeaders(), options)
            : null;
    }

    public static HttpRequestException NoAnswer(HttpExchange exchange, string reason, Exception? inner = null) =>
        new HttpReplyException(HttpRequestError.InvalidResponse,
            $"{exchange.Address} did not answer properly: {reason}. It sent {StatusOf(exchange)}{Quote(exchange.ResponseBody.WrittenSpan)}{TellingFieldsOf(exchange)}.",
            inner, (HttpStatusCode)exchange.StatusCode, exchange.SnapshotResponseHeaders());

    private static string TellingFieldsOf(HttpExchange exchange) => string.Concat(
        from name in TellingFields
        let value = exchange.ResponseHeaders[name]
        where value is not null
        select $", {name}: {PeerText.Shown(UserInformation.RemoveFrom(value))}");

    /// <summary>Names the status, unless it is 200: the fault is then in the body.</summary>
    private static string StatusOf(HttpExchange exchange) => exchange.StatusCode == 200 ? "" : $"status {exchange.StatusCode} and ";

    private static string Quote(ReadOnlySpan<byte> body)
    {
        if (body.IsEmpty)
            return "no body";
        if (!Utf8.IsValid(body))
            return $"{body.Length} bytes that are not UTF-8";
        var text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, QuotedBytes)]).TrimEnd('\ufffd');
        text = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
        return $"'{text}'{(body.Length > QuotedBytes ? $" ... ({body.Length} bytes in all)" : "")}";
    }
}
