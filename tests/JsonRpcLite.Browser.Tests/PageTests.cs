using System.Text.Json.Nodes;
using JsonRpcLite.Tests;
using Microsoft.Playwright;
using static JsonRpcLite.JsonRpc;
using static Microsoft.Playwright.Assertions;

namespace JsonRpcLite.Browser.Tests;

/// <summary>Opens the page of a server in a real browser, and fails if it violates its own policy or its script throws.</summary>
public abstract class PageTests(Chromium chromium) : IAsyncLifetime
{
    private readonly List<JsonRpcServer> _servers = [];
    private readonly List<string> _complaints = [];

    private protected IBrowserContext Context { get; private set; } = null!;

    private protected virtual BrowserNewContextOptions ContextOptions => new() { ViewportSize = new() { Width = 1200, Height = 860 } };

    public async Task InitializeAsync()
    {
        if (BrowserFactAttribute.Chromium is not null)
            Context = await chromium.NewContextAsync(ContextOptions);
    }

    public async Task DisposeAsync()
    {
        if (Context is not null)
            await Context.DisposeAsync();
        foreach (var server in _servers)
            server.Dispose();
        _complaints.Should().BeEmpty("the page does not violate its own policy, and its script does not fail");
    }

    private protected virtual ServerTransport MakeTransport() => new SocketTransport();

    private protected JsonRpcServerOptions Options(string title) =>
        new() { Transport = MakeTransport(), Discovery = { Title = title, Version = "1.0" }, OnUnhandledException = _ => { } };

    private protected Task<IPage> OpenShopAsync(string method = "subtract") => OpenAsync(MakeServer(0, Shop.Methods, Options("Tea shop")), method);

    private protected Task<IPage> OpenAsync(JsonRpcMethods methods, string? method = null) => OpenAsync(MakeServer(0, methods, Options("Test")), method);

    private protected async Task<IPage> OpenAsync(JsonRpcServer server, string? method = null)
    {
        _servers.Add(server);
        var page = await Context.NewPageAsync();
        page.PageError += (_, error) => _complaints.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Text.Contains("Content Security Policy", StringComparison.Ordinal))
                _complaints.Add(message.Text);
        };
        await page.GotoAsync($"{server.Address}{(method is null ? "" : "#" + method)}");
        await Expect(page.Locator("#form > *")).ToHaveCountAsync(1);
        return page;
    }

    /// <summary>
    /// Resizes the window and waits until the page has noticed. The layout changes before the event <c>resize</c> comes; the event comes before the callback of a frame
    /// (HTML, "update the rendering").
    /// </summary>
    private protected static async Task ResizeAsync(IPage page, int width, int height)
    {
        await page.SetViewportSizeAsync(width, height);
        await page.WaitForFunctionAsync("([width, height]) => innerWidth === width && innerHeight === height", new[] { width, height });
        await page.EvaluateAsync("() => new Promise(resolve => requestAnimationFrame(resolve))");
    }

    private protected static async Task ShouldReplyAsync(IPage page, string json)
    {
        await Expect(page.Locator("#status b")).ToBeVisibleAsync();
        (await page.Locator("#reply").TextContentAsync()).Should().Match(shown => JsonNode.Parse(shown!)!.ToJsonString(null) == JsonNode.Parse(json)!.ToJsonString(null));
    }

    private protected static async Task ShouldBeBodyAsync(IPage page, string json) =>
        JsonNode.Parse(await page.Locator("#body").InputValueAsync())!.ToJsonString().Should().Be(JsonNode.Parse(json)!.ToJsonString());

    /// <summary>The parameters that the form would send now.</summary>
    private protected static async Task<string?> ParametersAsync(IPage page) =>
        JsonNode.Parse(await page.Locator("#body").InputValueAsync())!["params"]?.ToJsonString(
            new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private protected static Task SendAsync(IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();

    private protected static Task WriteJsonAsync(IPage page, string json) => page.Locator("#body").EvaluateAsync(
        "(body, text) => { document.getElementById('tab-json').click(); body.value = text; body.dispatchEvent(new Event('input')); }", json);
}
