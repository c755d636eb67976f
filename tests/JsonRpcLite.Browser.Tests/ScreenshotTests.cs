using JsonRpcLite.Tests;
using Microsoft.Playwright;
using static JsonRpcLite.JsonRpc;
using static Microsoft.Playwright.Assertions;

namespace JsonRpcLite.Browser.Tests;

/// <summary>
/// Takes screenshots of the page in every layout, in the test's output folder. The first of them is the README's: delete docs/playground.png to take it again.
/// </summary>
[Collection(SecondChromium.Name)]
public sealed class ScreenshotTests(Chromium chromium)
{
    private static string ReadmePicture => Path.Combine(Equipment.Root, "docs/playground.png");

    private static JsonRpcMethods Few => new JsonRpcMethods()
        .Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend)
        .Describe("subtract", new() { Summary = "Takes one number from another.", Parameters = { ["minuend"] = "What to take from.", ["subtrahend"] = "How much to take." } })
        .AddHandler("sum", (decimal[] numbers) => numbers.Sum())
        .Describe("sum", new() { Summary = "Adds up a list." })
        .AddHandler("order.place", (Shop.Order order) => new Shop.Receipt(order.Item, order.Count * 2.50m, order.Size))
        .Describe("order.place", new() { Summary = "Orders something to drink." });

    [BrowserFact]
    public async Task The_page_fits_a_desktop_and_a_phone_in_light_and_dark()
    {
        using var server = MakeServer(0, Few, new() { Discovery = { Title = "Tea shop", Version = "1.0" } });
        foreach (var (name, width, height, scheme) in new[] { ("light", 890, 680, ColorScheme.Light), ("dark", 890, 680, ColorScheme.Dark),
            ("phone", 390, 844, ColorScheme.Light) })
        {
            await using var context = await chromium.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });
            var page = await context.NewPageAsync();
            await page.GotoAsync($"{server.Address}#subtract");
            await page.GetByLabel("minuend").FillAsync("42");
            await page.GetByLabel("subtrahend").FillAsync("23");
            await page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();
            await Expect(page.Locator("#status b")).ToHaveTextAsync("200 OK");

            var picture = await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, $"playground-{name}.png"), FullPage = name == "phone" });

            if (name == "light" && !File.Exists(ReadmePicture))
                await File.WriteAllBytesAsync(ReadmePicture, picture);
            (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).Should().BeLessThanOrEqualTo(width, "nothing is to be scrolled sideways");
        }
        new FileInfo(ReadmePicture).Length.Should().BeLessThan(60_000);
    }

    [BrowserFact]
    public async Task A_stream_fits_a_desktop_and_a_phone_while_it_runs_and_when_it_has_ended()
    {
        foreach (var (name, width, method, scheme) in new[]
        {
            ("desktop", 1280, "rows", ColorScheme.Light),
            ("phone", 400, "rows", ColorScheme.Dark),
            ("progress-desktop", 1280, "import", ColorScheme.Dark),
            ("progress-phone", 400, "import", ColorScheme.Light),
        })
        {
            var streams = new Streams();
            using var server = MakeServer(0, streams.Register(), new() { Discovery = { Title = "Tea shop", Version = "1.0" } });
            await using var context = await chromium.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = 800 }, ColorScheme = scheme });
            var page = await context.NewPageAsync();
            await page.GotoAsync($"{server.Address}#{method}");
            await page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();
            streams.Numbers.Writer.TryWrite(1);
            await Expect(page.Locator("#tally")).ToContainTextAsync("last at");
            for (var i = 2; i <= 3; i++)
                streams.Numbers.Writer.TryWrite(i);
            await Expect(page.Locator("#live")).ToContainTextAsync(method == "rows" ? "row 3" : "3, ");

            await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, $"stream-{name}-running.png"), FullPage = true });
            (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).Should().BeLessThanOrEqualTo(width);
            streams.Numbers.Writer.TryWrite(method == "rows" ? -1 : 4);
            streams.Numbers.Writer.Complete();
            await Expect(page.Locator("#reply")).ToBeVisibleAsync();
            await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, $"stream-{name}-ended.png"), FullPage = true });

            (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).Should().BeLessThanOrEqualTo(width, "nothing is to be scrolled sideways");
        }
    }
}
