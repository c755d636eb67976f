using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace JsonRpcLite;

/// <summary>Serves a page to try calls on to browsers that open the server's address.</summary>
/// <remarks>
/// It comes before authentication, since a navigation carries no token. The page holds no names or schemas: it requests them by POST, as any caller does, with the header fields
/// from its box. Its content security policy allows only its own script and style (by a nonce), and connections only to this server.
/// </remarks>
internal sealed class PlaygroundHandler
{
    private const string NonceMark = "{{nonce}}";
    private const string KindMark = "{{kind}}";
    private const string StyleMark = "{{style}}";
    private const string ScriptMark = "{{script}}";

    /// <summary>The scripts in the order of the page; the last one starts it.</summary>
    private static readonly string[] Scripts = ["json.js", "form.js", "curl.js", "stream.js", "playground.js"];

    private readonly string _page;
    private readonly Func<HttpExchange, bool> _isShown;
    private readonly HttpExchangeHandler _next;

    /// <param name="isJsonRpc">Whether the page is for methods; if not, it is for one function.</param>
    /// <param name="isShown">Whether a request that asks for the page gets it.</param>
    /// <param name="next">The handler of all other requests.</param>
    public PlaygroundHandler(bool isJsonRpc, Func<HttpExchange, bool> isShown, HttpExchangeHandler next)
    {
        _page = Read("playground.html")
            .Replace(KindMark, isJsonRpc ? "methods" : "function", StringComparison.Ordinal)
            .Replace(StyleMark, Read("playground.css"), StringComparison.Ordinal)
            .Replace(ScriptMark, string.Concat(Scripts.Select(Read)), StringComparison.Ordinal);
        (_isShown, _next) = (isShown, next);
    }

    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.Method is not ("GET" or "HEAD") || !AsksForPage(exchange.RequestHeaders["Accept"]) || !_isShown(exchange))
            return _next(exchange, cancellationToken);

        var nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
        var fields = exchange.ResponseHeaders;
        fields["Content-Type"] = "text/html; charset=utf-8";
        fields["Content-Security-Policy"] =
            $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        fields["X-Content-Type-Options"] = "nosniff";
        fields["Referrer-Policy"] = "no-referrer";
        fields["Cache-Control"] = "no-store";
        fields["Vary"] = "Accept";
        var html = _page.Replace(NonceMark, nonce, StringComparison.Ordinal);
        var length = Encoding.UTF8.GetByteCount(html);
        exchange.ResponseBody.Advance(Encoding.UTF8.GetBytes(html, exchange.ResponseBody.GetSpan(length)));
        return default;
    }

    private static string Read(string name)
    {
        using var resource = typeof(PlaygroundHandler).Assembly.GetManifestResourceStream($"Playground.{name}")!;
        using var reader = new StreamReader(resource, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>Whether the Accept header names text/html, as browsers do.</summary>
    /// <remarks>Curl and programs accept any type, and do not want a page.</remarks>
    private static bool AsksForPage(string? accept)
    {
        if (accept is null || !accept.Contains("text/html", StringComparison.OrdinalIgnoreCase))
            return false;
        foreach (var range in accept.Split(','))
        {
            if (MediaTypeWithQualityHeaderValue.TryParse(range, out var type) && "text/html".Equals(type.MediaType, StringComparison.OrdinalIgnoreCase))
                return type.Quality is not 0;
        }
        return false;
    }
}
