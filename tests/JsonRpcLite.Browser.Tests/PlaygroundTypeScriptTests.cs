using JsonRpcLite.Tests;
using Microsoft.Playwright;
using static JsonRpcLite.JsonRpc;
using static Microsoft.Playwright.Assertions;

namespace JsonRpcLite.Browser.Tests;

/// <summary>The button that saves a client in TypeScript.</summary>
[Collection(SecondChromium.Name)]
public sealed class PlaygroundTypeScriptTests(Chromium chromium) : PageTests(chromium)
{
    private static readonly LocatorGetByRoleOptions Named = new() { Name = "TypeScript client, saved as a file", Exact = true };

    [BrowserFact]
    public async Task The_button_saves_the_client_that_the_server_writes_also_by_keyboard()
    {
        var page = await OpenShopAsync();
        await ResizeAsync(page, 400, 800);
        var button = page.Locator("nav").GetByRole(AriaRole.Button, Named);
        await Expect(button).ToHaveTextAsync("TypeScript");
        await button.FocusAsync();

        var download = await page.RunAndWaitForDownloadAsync(() => page.Keyboard.PressAsync("Enter"));

        download.SuggestedFilename.Should().Be("client.ts");
        var text = await File.ReadAllTextAsync(await download.PathAsync());
        text.Should().StartWith("// A client of Tea shop 1.0, ").And.Contain("export function createClient(")
            .And.Contain("  subtract: (params: SubtractParams, options?: CallOptions) => Promise<number>;");
        await Expect(page.Locator("#said")).ToHaveTextAsync("Saved client.ts.");
        (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).Should().BeLessThanOrEqualTo(400);
        await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, "typescript-phone.png") });
        await ResizeAsync(page, 1200, 860);
        await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, "typescript-desktop.png") });
    }

    [BrowserFact]
    public async Task It_sends_the_headers_of_the_page_and_says_why_there_is_no_file()
    {
        var options = Options("Shop");
        options.Authenticate = BearerToken.Check("secret");
        var page = await OpenAsync(MakeServer(0, Shop.Methods, options));
        var button = page.Locator("#typescript");
        await Expect(page.Locator("#notice")).ToContainTextAsync("Enter a token under Headers");
        await Expect(button).ToBeHiddenAsync();
        await page.GetByLabel("One on each line").FillAsync("Authorization: Bearer secret");
        await page.GetByRole(AriaRole.Button, new() { Name = "Reload from the server" }).ClickAsync();
        await Expect(button).ToBeVisibleAsync();

        (await page.RunAndWaitForDownloadAsync(() => button.ClickAsync())).SuggestedFilename.Should().Be("client.ts");

        await page.GetByLabel("One on each line").FillAsync("");
        await button.ClickAsync();
        await Expect(page.Locator("#notice")).ToContainTextAsync("The server did not write a TypeScript client.");
    }

    [BrowserFact]
    public async Task The_page_of_one_function_has_no_such_button()
    {
        var page = await OpenAsync(MakeServer(0, (int n) => n, Options("One")));

        await Expect(page.Locator("#typescript")).ToBeHiddenAsync();
    }
}
