namespace JsonRpcLite;

/// <summary>The HTTP methods that a server accepts for calls.</summary>
/// <remarks>POST is always accepted, QUERY if there is a safe function or method (RFC 10008), and GET if the options allow it.</remarks>
internal sealed record CallMethods(bool Query, bool Get = false)
{
    /// <summary>The methods of a server whose handler decides by itself.</summary>
    public static readonly CallMethods All = new(Query: true);

    /// <summary>The value of <c>Allow</c> (RFC 9110 10.2.1).</summary>
    public string Names => Query ? Get ? "POST, QUERY, GET" : "POST, QUERY" : Get ? "POST, GET" : "POST";

    /// <summary>Returns the value of <c>Allow</c> for a request; it does not list GET for a target that calls nothing.</summary>
    public string NamesFor(HttpExchange exchange) => exchange.Method == "GET" ? (this with { Get = false }).Names : Names;

    /// <summary>Whether the request is a call by GET, or a HEAD for such a call, and so not a request for a page.</summary>
    public bool IsGetCall(HttpExchange exchange) => Get && exchange.Method is "GET" or "HEAD" && CallTarget.IsCall(exchange.Target);

    /// <summary>Sets the header that says which content a QUERY may have (RFC 10008 3).</summary>
    public void TellQuery(HttpExchange exchange)
    {
        if (Query)
            exchange.ResponseHeaders["Accept-Query"] = "application/json";
    }
}
