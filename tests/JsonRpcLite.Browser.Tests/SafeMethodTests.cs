using System.Collections.Concurrent;
using JsonRpcLite.Tests;
using Microsoft.Playwright;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Browser.Tests;

[Collection(FirstChromium.Name)]
public sealed class SafeMethodsOnHttpListener(Chromium chromium) : SafeMethodTests(chromium)
{
    private protected override ServerTransport MakeTransport() => new HttpListenerTransport();
}

[Collection(SecondChromium.Name)]
public sealed class SafeMethodsOnSockets(Chromium chromium) : SafeMethodTests(chromium)
{
    private protected override ServerTransport MakeTransport() => new SocketTransport();
}

/// <summary>GET and QUERY from pages in a real browser, with its cache.</summary>
public abstract class SafeMethodTests(Chromium chromium) : IAsyncLifetime
{
    private readonly List<JsonRpcServer> _servers = [];
    private readonly ConcurrentQueue<string> _log = [];
    private IBrowserContext _context = null!;

    public async Task InitializeAsync()
    {
        if (BrowserFactAttribute.Chromium is not null)
            _context = await chromium.NewContextAsync();
    }

    public async Task DisposeAsync()
    {
        if (_context is not null)
            await _context.DisposeAsync();
        foreach (var server in _servers)
            server.Dispose();
    }

    private protected abstract ServerTransport MakeTransport();

    [BrowserFact]
    public async Task The_browser_caches_a_result_as_long_as_the_method_allows_and_then_revalidates_its_ETag()
    {
        var server = Serve();
        var page = await _context.NewPageAsync();
        await page.GotoAsync(server.Address.ToString());

        for (var i = 0; i < 3; i++)
            (await GetAsync(page, "kept")).Should().Be("200 \"kept\"");
        for (var i = 0; i < 3; i++)
            (await GetAsync(page, "asked")).Should().Be("200 \"asked\"");

        _log.Should().Equal("GET kept 200", "GET asked 200", "GET asked 304", "GET asked 304");
    }

    [BrowserFact]
    public async Task A_page_of_an_allowed_origin_sends_a_QUERY_after_a_preflight_and_reads_a_GET()
    {
        var page = await OpenForeignPageAsync();
        var target = Serve(new Uri(page.Url).GetLeftPart(UriPartial.Authority)).Address.ToString();

        (await QueryAsync(page, target)).Should().Be("""{"jsonrpc":"2.0","result":"asked","id":1}""");
        (await GetAsync(page, "asked", target)).Should().Be("200 \"asked\"");

        _log.Should().Equal("QUERY  200", "GET asked 200");
    }

    [BrowserFact]
    public async Task Another_page_and_its_links_call_nothing()
    {
        var page = await OpenForeignPageAsync();
        var target = Serve().Address.ToString();

        (await QueryAsync(page, target)).Should().Be("TypeError");
        (await GetAsync(page, "asked", target)).Should().Be("TypeError");
        var opened = await page.RunAndWaitForResponseAsync(
            () => page.EvaluateAsync("target => { location.href = target + '?method=asked'; }", target), response => response.Request.IsNavigationRequest);

        opened.Status.Should().Be(403);
        _log.Should().BeEmpty();
    }

    private static Task<string> GetAsync(IPage page, string method, string target = "/") => page.EvaluateAsync<string>(
        """
        async ([target, method]) => {
            try {
                const r = await fetch(`${target}?${new URLSearchParams({ method, params: '[ ]' })}`);
                return `${r.status} ${await r.text()}`;
            } catch (e) { return e.name; }
        }
        """,
        new[] { target, method });

    private static Task<string> QueryAsync(IPage page, string target) => page.EvaluateAsync<string>(
        """
        async target => {
            try {
                const body = '{"jsonrpc":"2.0","method":"asked","id":1}';
                return await (await fetch(target, { method: 'QUERY', headers: { 'Content-Type': 'application/json' }, body })).text();
            } catch (e) { return e.name; }
        }
        """,
        target);

    /// <summary>The server under test; it logs the calls that pass its guard, but not the page and the page's own requests.</summary>
    private JsonRpcServer Serve(params string[] allowedOrigins)
    {
        var methods = new JsonRpcMethods()
            .Add("kept", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe, MaxAge = 600)] () => "kept")
            .Add("asked", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] () => "asked");
        var options = new JsonRpcServerOptions { Transport = MakeTransport(), Protocol = { AllowGet = true }, AllowedOrigins = allowedOrigins };
        options.Use(next => async (exchange, token) =>
        {
            await next(exchange, token);
            var isCall = exchange.Target.Contains("method=", StringComparison.Ordinal);
            if (isCall || exchange.Method == "QUERY")
                _log.Enqueue($"{exchange.Method} {(isCall ? exchange.Target.Split("method=")[1].Split('&')[0] : "")} {exchange.StatusCode}");
        });
        var server = MakeServer(0, methods, options);
        _servers.Add(server);
        return server;
    }

    /// <summary>A page of another port, which is another origin.</summary>
    private async Task<IPage> OpenForeignPageAsync()
    {
        var other = MakeServer(0, (exchange, _) =>
        {
            exchange.Reply(200, "text/html", "<!doctype html><title>Foreign</title>");
            return default;
        });
        _servers.Add(other);
        var page = await _context.NewPageAsync();
        await page.GotoAsync(other.Address.ToString());
        return page;
    }
}
