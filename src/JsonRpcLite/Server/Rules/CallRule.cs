namespace JsonRpcLite;

/// <summary>Passes on only requests that can be calls: one of the server's HTTP methods, UTF-8, and not compressed.</summary>
/// <remarks>A POST may have any content type, or none, since <c>curl -d</c> sends that of a form. A QUERY must have a JSON content type.</remarks>
internal sealed class CallRule(CallMethods methods, ErrorReply errors, HttpExchangeHandler next)
{
    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.Method != "POST" && !MayCall(exchange))
            return default;
        if (exchange.RequestHeaders["Content-Encoding"] is { } encoding && !encoding.Trim().Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            exchange.ResponseHeaders["Accept-Encoding"] = "identity";
            RefuseContent(exchange, "The body is compressed (Content-Encoding). Send it uncompressed.");
            return default;
        }
        if (exchange.RequestHeaders["Content-Type"] is { } type && !IsUtf8(type))
        {
            RefuseContent(exchange, "The body's charset is not UTF-8. Send JSON as UTF-8 (RFC 8259, 8.1).");
            return default;
        }
        if (exchange.RequestHeaders[HeaderFields.Kind] is { } kind && kind != (errors.IsJsonRpc ? HeaderFields.JsonRpcKind : HeaderFields.PlainKind))
        {
            errors.Refuse(exchange, 400, FaultOfKind(kind));
            return default;
        }
        return next(exchange, cancellationToken);
    }

    /// <summary>Whether a request that is not a POST may be a call; if not, refuses it.</summary>
    private bool MayCall(HttpExchange exchange)
    {
        if (exchange.Method == "GET" && methods.IsGetCall(exchange))
        {
            // In front of a user's own handler the browser guard lets links pass, since it does not know which of them are calls.
            if (!BrowserGuard.IsHiddenPages(exchange))
                return true;
            errors.Refuse(exchange, 403, BrowserGuard.HiddenPage);
            return false;
        }
        if (exchange.Method == "QUERY" && methods.Query)
        {
            // A cache must not serve the reply to another caller: it has the id of its request, and a JSON-RPC error has status 200. GET is the method for caches.
            exchange.AddStandingHeader("Cache-Control", "no-store");
            var type = exchange.RequestHeaders[HeaderFields.ContentType];
            if (HeaderFields.IsJson(type))
                return true;
            if (type is null)
                errors.Refuse(exchange, 400, "A QUERY must have a Content-Type (RFC 10008 2). Send Content-Type: application/json.");
            else
                RefuseContent(exchange, $"The body of a QUERY must be JSON (Content-Type: application/json); this one is '{PeerText.Shown(type)}'.");
            return false;
        }
        exchange.ResponseHeaders["Allow"] = methods.NamesFor(exchange);
        methods.TellQuery(exchange);
        var call = methods.Get ? "a call is a POST, or a GET with ?method=NAME"
            : exchange.Method == "GET" && errors.IsJsonRpc ? "a call is a POST. To allow calls of safe methods by GET, set Protocol.AllowGet in the server's options"
            : "a call is a POST";
        errors.Refuse(exchange, 405, $"{(IsShort(exchange.Method) ? exchange.Method : "This method")} is not allowed here; {call}.");
        return false;
    }

    private void RefuseContent(HttpExchange exchange, string message)
    {
        methods.TellQuery(exchange);
        errors.Refuse(exchange, 415, message);
    }

    private static bool IsShort(string method) => method.Length <= 20;

    /// <summary>Returns why a call of one kind of server cannot be made to this kind.</summary>
    /// <remarks>Without this check its answer would look like a success, and the function might do something that the caller did not ask for.</remarks>
    private static string FaultOfKind(string kind) => kind switch
    {
        HeaderFields.PlainKind => "This is a JSON-RPC server: use Call with a method's name (Call, CallAsync, Notify or a batch), not Command.",
        HeaderFields.JsonRpcKind => "This is a plain server, which has one function and no methods: use Command (or CommandAsync), not Call.",
        _ => $"{HeaderFields.Kind} must be '{HeaderFields.PlainKind}' or '{HeaderFields.JsonRpcKind}'.",
    };

    /// <summary>Whether no parameter of the content type names a charset other than UTF-8.</summary>
    /// <remarks>
    /// It does not use a parser of media types: a value that is malformed in another way, such as by a semicolon at the end, says nothing about the charset, and any content type
    /// is accepted.
    /// </remarks>
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

    /// <summary>Returns the length up to the next semicolon outside of a quoted string (RFC 9110 5.6.6).</summary>
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
