namespace JsonRpcLite;

/// <summary>
/// Lets only through what can be a call: by one of the server's HTTP methods, in UTF-8, not compressed. The content type of a POST may be any, or none, since <c>curl -d</c> sends
/// that of a form; a QUERY must say that it is JSON.
/// </summary>
internal sealed class CallRule(CallMethods methods, ErrorReply errors, HttpExchangeHandler next)
{
    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.Method != "POST" && !MayCall(exchange))
            return default;
        if (exchange.RequestHeaders["Content-Encoding"] is { } encoding && !encoding.Trim().Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            exchange.ResponseHeaders["Accept-Encoding"] = "identity";
            RefuseContent(exchange, "The body is compressed (Content-Encoding); send it as it is.");
            return default;
        }
        if (exchange.RequestHeaders["Content-Type"] is { } type && !IsUtf8(type))
        {
            RefuseContent(exchange, "The body's charset is not UTF-8; JSON travels as UTF-8 (RFC 8259, 8.1).");
            return default;
        }
        if (exchange.RequestHeaders[HeaderFields.Kind] is { } kind && kind != (errors.IsJsonRpc ? HeaderFields.JsonRpcKind : HeaderFields.PlainKind))
        {
            errors.Refuse(exchange, 400, FaultOfKind(kind));
            return default;
        }
        return next(exchange, cancellationToken);
    }

    /// <summary>Whether a request that is not a POST may be a call; if not, it is refused.</summary>
    private bool MayCall(HttpExchange exchange)
    {
        if (exchange.Method == "GET" && methods.IsGetCall(exchange))
        {
            // The guard of a user's own handler lets links through, since it does not know which of them are calls.
            if (!BrowserGuard.IsHiddenPages(exchange))
                return true;
            errors.Refuse(exchange, 403, BrowserGuard.HiddenPage);
            return false;
        }
        if (exchange.Method == "QUERY" && methods.Query)
        {
            // A reply has the id of its request, and a JSON-RPC error comes with status 200: neither is for another caller. GET is for caches.
            exchange.AddStandingHeader("Cache-Control", "no-store");
            var type = exchange.RequestHeaders[HeaderFields.ContentType];
            if (HeaderFields.IsJson(type))
                return true;
            if (type is null)
                errors.Refuse(exchange, 400, "A QUERY must say what its body is (RFC 10008 2): send Content-Type: application/json.");
            else
                RefuseContent(exchange, $"The body of a QUERY must be JSON (Content-Type: application/json); this one is '{PeerText.Shown(type)}'.");
            return false;
        }
        exchange.ResponseHeaders["Allow"] = methods.NamesFor(exchange);
        methods.TellQuery(exchange);
        var call = methods.Get ? "a call is a POST, or a GET with ?method=NAME" : "a call is a POST";
        errors.Refuse(exchange, 405, $"{(IsShort(exchange.Method) ? exchange.Method : "This method")} is not allowed here; {call}.");
        return false;
    }

    private void RefuseContent(HttpExchange exchange, string message)
    {
        methods.TellQuery(exchange);
        errors.Refuse(exchange, 415, message);
    }

    private static bool IsShort(string method) => method.Length <= 20;

    /// <summary>Why a call that says what it is for is not for this server: its answer would look like a success, and its function might do what it was not asked for.</summary>
    private static string FaultOfKind(string kind) => kind switch
    {
        HeaderFields.PlainKind => "This is a JSON-RPC server: use Call with a method's name (Call, CallAsync, Notify or a batch), not Command.",
        HeaderFields.JsonRpcKind => "This is a plain server, which has one function and no methods: use Command (or CommandAsync), not Call.",
        _ => $"{HeaderFields.Kind} must be '{HeaderFields.PlainKind}' or '{HeaderFields.JsonRpcKind}'.",
    };

    /// <summary>
    /// Whether no parameter of the content type names another charset. Not by a parser of media types: what is malformed otherwise, such as a semicolon at the end, says nothing
    /// about the charset, and any content type will do.
    /// </summary>
    private static bool IsUtf8(string type)
    {
        if (type == "application/json" || !type.Contains("charset", StringComparison.OrdinalIgnoreCase))
            return true;
        var rest = type.AsSpan();
        while (LengthOfPart(rest) is var length && length < rest.Length)
        {
            rest = rest[(length + 1)..];
            var parameter = rest[..LengthOfPart(rest)];
            if (parameter.IndexOf('=') is var equals and >= 0 && parameter[..equals].Trim().Equals("charset", StringComparison.OrdinalIgnoreCase)
                && parameter[(equals + 1)..].Trim(" \t\"'") is var charset && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
                && !charset.Equals("utf8", StringComparison.OrdinalIgnoreCase))
                return false;
        }
        return true;
    }

    /// <summary>The length up to the next semicolon that is not inside of a quoted string (RFC 9110 5.6.6).</summary>
    private static int LengthOfPart(ReadOnlySpan<char> text)
    {
        var isQuoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
                isQuoted = !isQuoted;
            else if (text[i] == '\\' && isQuoted)
                i++;
            else if (text[i] == ';' && !isQuoted)
                return i;
        }
        return text.Length;
    }
}
