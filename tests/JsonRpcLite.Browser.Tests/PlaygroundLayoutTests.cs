using JsonRpcLite.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace JsonRpcLite.Browser.Tests;

/// <summary>The layout of the page in windows from the smallest phone to a desktop.</summary>
[Collection(SecondChromium.Name)]
public sealed class PlaygroundLayoutTests(Chromium chromium) : PageTests(chromium)
{
    /// <summary>The number of rows that begin inside the list's box and end outside it.</summary>
    private const string RowsCut = """
        () => {
          const box = document.getElementById('methods').getBoundingClientRect();
          return [...document.querySelectorAll('#methods li')].map(row => row.getBoundingClientRect())
            .filter(row => row.top < box.bottom - 1 && row.bottom > box.bottom + 1).length;
        }
        """;

    [BrowserFact]
    public async Task The_list_of_methods_cuts_no_row_off_and_nothing_is_scrolled_sideways()
    {
        foreach (var count in new[] { 1, 8, 60 })
        {
            var page = await OpenAsync(MethodsOf(count));
            foreach (var (width, height) in new[] { (320, 568), (400, 800), (800, 600), (1024, 700), (1280, 720) })
            {
                await ResizeAsync(page, width, height);

                await Expect(page.Locator("#methods li").Last).ToBeAttachedAsync();
                (await page.EvaluateAsync<int>(RowsCut)).Should().Be(0, $"{count} methods at {width} pixels");
                (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).Should().BeLessThanOrEqualTo(width);
                await Expect(page.Locator("#all")).ToBeVisibleAsync(new() { Visible = count == 60 });
            }
            await page.CloseAsync();
        }
    }

    [BrowserFact]
    public async Task All_rows_of_a_long_list_are_a_button_away()
    {
        var page = await OpenAsync(MethodsOf(60), "method.59");
        await ResizeAsync(page, 400, 800);
        await Expect(page.Locator("#methods [aria-current]")).ToBeInViewportAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Show all 60" }).ClickAsync();

        (await page.Locator("#methods").EvaluateAsync<bool>("list => list.scrollHeight <= list.clientHeight")).Should().BeTrue();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show fewer" }).ClickAsync();
        (await page.EvaluateAsync<int>(RowsCut)).Should().Be(0);
        await page.GetByLabel("Search methods").FillAsync("method.7");
        await Expect(page.Locator("#all")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task A_form_of_everything_fits_a_small_phone()
    {
        var page = await OpenAsync(new JsonRpcMethods().Add(
            "book", (DateTimeOffset from, TimeSpan? length, Guid id, Uri? link, string aParameterWithAVeryLongNameThatNobodyWouldWrite, int[]? seats, string note = "") => 0));
        await ResizeAsync(page, 320, 568);

        await SendAsync(page);
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy as curl" }).ClickAsync();

        (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).Should().BeLessThanOrEqualTo(320);
    }

    private static JsonRpcMethods MethodsOf(int count)
    {
        var methods = new JsonRpcMethods();
        for (var i = 0; i < count; i++)
        {
            methods.Add($"method.{i}", (int x) => x);
            // Rows of two heights.
            if (i % 3 != 0)
                methods.Describe($"method.{i}", new() { Summary = "A sentence that is long enough to be cut off at the edge of the list." });
        }
        return methods;
    }
}
