using JsonRpcLite.Tests;
using Microsoft.Playwright;

namespace JsonRpcLite.Browser.Tests;

/// <summary>One browser for all tests; each test has its own profile in it.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        if (BrowserFactAttribute.Chromium is null)
            return;
        _playwright = await Playwright.CreateAsync();
        // Without a sandbox: tests run as root in a container, on pages of their own. Names under .example resolve to this machine, as an attacker's names may.
        _browser = await _playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = BrowserFactAttribute.Chromium, Args = ["--no-sandbox", "--host-resolver-rules=MAP *.example 127.0.0.1"] });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    public Task<IBrowserContext> NewContextAsync(BrowserNewContextOptions? options = null) => _browser!.NewContextAsync(options);
}

[CollectionDefinition(Name)]
public sealed class OneChromium : ICollectionFixture<Chromium>
{
    public const string Name = "Chromium";
}
