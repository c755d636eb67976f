using JsonRpcLite.Tests;
using Microsoft.Playwright;

namespace JsonRpcLite.Browser.Tests;

/// <summary>A browser for the tests of a collection, one after another; each test has its own profile in it.</summary>
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

/// <summary>Half of the tests. The other half runs beside it in <see cref="SecondChromium"/>, because most of a test is waiting.</summary>
[CollectionDefinition(Name)]
public sealed class FirstChromium : ICollectionFixture<Chromium>
{
    public const string Name = "Chromium 1";
}

/// <summary>The other half of the tests.</summary>
[CollectionDefinition(Name)]
public sealed class SecondChromium : ICollectionFixture<Chromium>
{
    public const string Name = "Chromium 2";
}
