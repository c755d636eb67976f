namespace JsonRpcLite;

/// <summary>The HTTP methods that carry calls to a server: POST always, and QUERY where something may be called by it (RFC 10008).</summary>
internal sealed record CallMethods(bool Query)
{
    /// <summary>For a server whose handler decides by itself.</summary>
    public static readonly CallMethods All = new(Query: true);

    /// <summary>The value of <c>Allow</c> (RFC 9110 10.2.1).</summary>
    public string Names { get; } = Query ? "POST, QUERY" : "POST";

    /// <summary>Says what a QUERY may carry (RFC 10008 3).</summary>
    public void TellQuery(HttpExchange exchange)
    {
        if (Query)
            exchange.ResponseHeaders["Accept-Query"] = "application/json";
    }
}
