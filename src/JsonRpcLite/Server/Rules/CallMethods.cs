namespace JsonRpcLite;

/// <summary>The HTTP methods that carry calls to a server: POST always, QUERY where something may be called by it (RFC 10008), and GET where the options allow it.</summary>
internal sealed record CallMethods(bool Query, bool Get = false)
{
    /// <summary>For a server whose handler decides by itself.</summary>
    public static readonly CallMethods All = new(Query: true);

    /// <summary>The value of <c>Allow</c> (RFC 9110 10.2.1).</summary>
    public string Names => Query ? Get ? "POST, QUERY, GET" : "POST, QUERY" : Get ? "POST, GET" : "POST";

    /// <summary>The value of <c>Allow</c> for what was asked for: a target that calls nothing is not there for GET.</summary>
    public string NamesFor(HttpExchange exchange) => exchange.Method == "GET" ? (this with { Get = false }).Names : Names;

    /// <summary>Whether the request is a call by GET, or asks for its head (HEAD): it is never a request for a page.</summary>
    public bool IsGetCall(HttpExchange exchange) => Get && exchange.Method is "GET" or "HEAD" && CallTarget.IsCall(exchange.Target);

    /// <summary>Says what a QUERY may carry (RFC 10008 3).</summary>
    public void TellQuery(HttpExchange exchange)
    {
        if (Query)
            exchange.ResponseHeaders["Accept-Query"] = "application/json";
    }
}
