using System.Text.Json.Nodes;
using JsonRpcLite.Tests;
using Microsoft.Playwright;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Browser.Tests;

[Collection(FirstChromium.Name)]
public sealed class ForeignPagesOnHttpListener(Chromium chromium) : ForeignPageTests(chromium)
{
    private protected override ServerTransport MakeTransport() => new HttpListenerTransport();
}

[Collection(SecondChromium.Name)]
public sealed class ForeignPagesOnSockets(Chromium chromium) : ForeignPageTests(chromium)
{
    private protected override ServerTransport MakeTransport() => new SocketTransport();
}

/// <summary>A page of another port, in a real browser, tries to call the server: in every way without a preflight, and in the one with it.</summary>
public abstract class ForeignPageTests(Chromium chromium) : IAsyncLifetime
{
    private readonly List<JsonRpcServer> _servers = [];
    private IBrowserContext _context = null!;
    private readonly Log _log = new();
    private int _calls;

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
    public async Task A_foreign_page_calls_nothing_and_reads_nothing()
    {
        var page = await OpenForeignPageAsync();
        var target = Serve(new()).Address.ToString();

        (await FetchAsync(page, target, "cors")).Should().Be("TypeError");
        (await FetchPlainlyAsync(page, target)).Should().Be("opaque");
        (await page.EvaluateAsync<bool>("target => navigator.sendBeacon(target, new Blob(['7'], { type: 'text/plain' }))", target)).Should().BeTrue();
        await SendFormAsync(page, target);

        // A beacon does not report its reply. The preflight of the first fetch is one of the four.
        SpinWait.SpinUntil(() => _log.Refusals == 4, TimeSpan.FromSeconds(30)).Should().BeTrue();
        _calls.Should().Be(0);
    }

    [BrowserFact]
    public async Task An_allowed_page_calls_with_JSON_and_reads_the_reply_but_cannot_call_otherwise()
    {
        var page = await OpenForeignPageAsync();
        var target = Serve(new() { AllowedOrigins = [new Uri(page.Url).GetLeftPart(UriPartial.Authority)] }).Address.ToString();

        (await FetchAsync(page, target, "cors")).Should().Be("{\"echo\":7}");
        (await FetchPlainlyAsync(page, target)).Should().Be("opaque");
        await SendFormAsync(page, target);

        _calls.Should().Be(1);
    }

    [BrowserFact]
    public async Task A_page_that_rebinds_DNS_to_this_machine_calls_nothing_and_does_not_see_the_playground()
    {
        var server = Serve(new());
        var page = await _context.NewPageAsync();

        // The browser of these tests resolves every name under .example to this machine, as a victim's browser would resolve the attacker's.
        var opened = await page.GotoAsync($"http://rebound.example:{server.Address.Port}/");
        var called = await page.EvaluateAsync<int>("async () => (await fetch('/', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '7' })).status");

        opened!.Status.Should().BeInRange(400, 499);
        called.Should().BeInRange(400, 499);
        _calls.Should().Be(0);
    }

    private static Task<string> FetchAsync(IPage page, string target, string mode) => page.EvaluateAsync<string>(
        """
        async ([target, mode]) => {
            try { return await (await fetch(target, { method: 'POST', mode, headers: { 'Content-Type': 'application/json' }, body: '7' })).text(); }
            catch (e) { return e.name; }
        }
        """,
        new[] { target, mode });

    private static Task<string> FetchPlainlyAsync(IPage page, string target) =>
        page.EvaluateAsync<string>("async target => (await fetch(target, { method: 'POST', mode: 'no-cors', body: '7' })).type", target);

    private static async Task SendFormAsync(IPage page, string target)
    {
        var answered = page.WaitForResponseAsync(r => r.Request.Method == "POST" && r.Request.IsNavigationRequest);
        await page.EvaluateAsync(
            """
            target => {
                document.body.innerHTML = '<iframe name="frame"></iframe><form method="post" enctype="text/plain" target="frame"><input name="7" value=""></form>';
                document.forms[0].action = target;
                document.forms[0].submit();
            }
            """,
            target);
        (await answered).Status.Should().Be(403);
    }

    private JsonRpcServer Serve(JsonRpcServerOptions options)
    {
        options.Transport = MakeTransport();
        options.TrafficLog = _log;
        var server = MakeServer(
            0,
            (JsonNode? command) =>
            {
                Interlocked.Increment(ref _calls);
                return new JsonObject { ["echo"] = command };
            },
            options);
        _servers.Add(server);
        return server;
    }

    private async Task<IPage> OpenForeignPageAsync()
    {
        var pages = MakeServer(
            0,
            (HttpExchange exchange, CancellationToken _) =>
            {
                exchange.Reply(200, "text/html; charset=utf-8", "<!doctype html><title>elsewhere</title>");
                return default;
            },
            new() { Transport = MakeTransport() });
        _servers.Add(pages);
        var page = await _context.NewPageAsync();
        await page.GotoAsync(pages.Address.ToString());
        return page;
    }

    /// <summary>Counts the replies that refuse a call.</summary>
    private sealed class Log : StringWriter
    {
        private int _refusals;

        public int Refusals => Volatile.Read(ref _refusals);

        public override void WriteLine(System.Text.StringBuilder? value)
        {
            if (value!.ToString().Contains("\n< 403 ", StringComparison.Ordinal))
                Interlocked.Increment(ref _refusals);
        }
    }
}
