using System.Net.Http.Headers;

namespace JsonRpcLite;

/// <summary>
/// Lets only through what can be a call: POST, in UTF-8, not compressed. The content type may be any, or none, since <c>curl -d</c> sends that
/// of a form.
/// </summary>
internal sealed class PostOnlyHandler(ErrorReply errors, HttpExchangeHandler next)
{
    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.Method != "POST")
        {
            exchange.ResponseFields["Allow"] = "POST";
            errors.Refuse(exchange, 405, $"{(IsShort(exchange.Method) ? exchange.Method : "This method")} is not allowed here; a call is a POST.");
            return default;
        }
        if (exchange.RequestFields["Content-Encoding"] is { } encoding && !encoding.Trim().Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            exchange.ResponseFields["Accept-Encoding"] = "identity";
            errors.Refuse(exchange, 415, "The body is compressed (Content-Encoding); send it as it is.");
            return default;
        }
        if (exchange.RequestFields["Content-Type"] is { } type && !IsUtf8(type))
        {
            errors.Refuse(exchange, 415, "The body's charset is not UTF-8; JSON travels as UTF-8 (RFC 8259, 8.1).");
            return default;
        }
        return next(exchange, cancellationToken);
    }

    private static bool IsShort(string method) => method.Length <= 20;

    private static bool IsUtf8(string type)
    {
        if (type == "application/json" || !type.Contains("charset", StringComparison.OrdinalIgnoreCase))
            return true;
        if (!MediaTypeHeaderValue.TryParse(type, out var parsed))
            return false;
        return parsed.CharSet is not { } charset || charset.Trim('"', ' ').ToUpperInvariant() is "UTF-8" or "UTF8";
    }
}
