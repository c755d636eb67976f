using System.Text.RegularExpressions;
using JsonRpcLite.Tests;
using Microsoft.Playwright;
using static JsonRpcLite.JsonRpc;
using static Microsoft.Playwright.Assertions;

namespace JsonRpcLite.Browser.Tests;

/// <summary>What the page shows of replies, and stores of them.</summary>
[Collection(SecondChromium.Name)]
public sealed class PlaygroundReplyTests(Chromium chromium) : PageTests(chromium)
{
    /// <summary>A little less than the largest reply of a server of this library.</summary>
    private const int Large = 16_000_000;

    private static JsonRpcMethods Methods => new JsonRpcMethods()
        .Add("text", () => new string('ä', Large / 2))
        .Add("numbers", () => Enumerable.Repeat(7, Large / 2).ToArray())
        .Add("small", () => Enumerable.Range(0, 100).ToArray())
        .Add("error", int () => throw new JsonRpcException(17, "Sold out", new string('x', Large)))
        .Add("echo", (string value) => value.Length)
        .Add("invalid", int (string message) => throw new JsonRpcException(-32602, message))
        .Add("own", int (string message) => throw new JsonRpcException(17, message))
        .Add("broken", int () => throw new InvalidOperationException())
        .Describe("own", new() { Errors = { [17] = "Sold out" } });

    [BrowserFact]
    public async Task The_beginning_of_a_large_reply_is_shown_and_all_of_it_can_be_saved()
    {
        foreach (var (method, begin) in new[] { ("text", "äää"), ("numbers", "7,") })
        {
            var page = await OpenAsync(Methods, method);

            await SendAsync(page);

            await Expect(page.Locator("#cut-size")).ToHaveTextAsync("The first 66 kB of 16.0 MB.");
            await Expect(page.Locator("#status")).ToContainTextAsync("16.0 MB");
            var shown = await page.Locator("#reply").TextContentAsync();
            shown.Should().Contain(begin).And.NotContain("\uFFFD");
            shown!.Length.Should().BeInRange(30_000, 400_000);
            (await page.Locator("#reply *").CountAsync()).Should().BeLessThan(20_001);
            var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Save the whole reply" }).ClickAsync());
            new FileInfo(await download.PathAsync()).Length.Should().BeInRange(Large, Large + 100);
            download.SuggestedFilename.Should().Be("reply.json");
            (await page.EvaluateAsync<int>("JSON.stringify(localStorage).length")).Should().BeLessThan(10_000);
            await page.CloseAsync();
        }
    }

    [BrowserFact]
    public async Task A_reply_that_is_not_large_is_shown_whole()
    {
        var page = await OpenAsync(Methods, "small");

        await SendAsync(page);

        await ShouldReplyAsync(page, $$"""{"jsonrpc":"2.0","result":[{{string.Join(',', Enumerable.Range(0, 100))}}],"id":1}""");
        await Expect(page.Locator("#cut")).ToBeHiddenAsync();
        (await page.Locator("#reply .n").CountAsync()).Should().BeGreaterThan(100);
    }

    [BrowserFact]
    public async Task A_large_error_is_an_error()
    {
        var page = await OpenAsync(Methods, "error");

        await SendAsync(page);

        await Expect(page.Locator("#status b")).ToHaveTextAsync("Error 17");
        await Expect(page.Locator("#explain")).ToContainTextAsync("Sold out");
        await Expect(page.Locator("#cut-size")).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task A_failed_call_shows_its_error_and_not_a_red_200()
    {
        var page = await OpenAsync(Methods, "own");
        await page.GetByLabel("message").FillAsync("Sold out");

        await SendAsync(page);

        await Expect(page.Locator("#status b")).ToHaveTextAsync("Error 17");
        await Expect(page.Locator("#status")).ToHaveTextAsync(new Regex(@"^Error 17 · HTTP 200 OK · [\d.]+ ms · \d+ bytes$"));
        var colors = await page.Locator("#status").EvaluateAsync<string[]>("e => [e, e.querySelector('b')].map(x => getComputedStyle(x).color)");
        colors[0].Should().NotBe(colors[1], "only the error is red");
        await Expect(page.Locator("#explain")).ToHaveTextAsync("17  Sold out.");
    }

    [BrowserFact]
    public async Task No_part_of_an_error_is_shown_twice()
    {
        foreach (var (body, words) in new[]
        {
            ("""{"jsonrpc":"2.0","method":"echo","id":1}""", "invalid params"),
            ("""{"jsonrpc":"2.0","method":"invalid","params":["Invalid params"],"id":1}""", "invalid params"),
            ("""{"jsonrpc":"2.0","method":"invalid","params":["INVALID PARAMS: no"],"id":1}""", "invalid params"),
            ("""{"jsonrpc":"2.0","method":"none","id":1}""", "method not found"),
            ("""{"jsonrpc":"2.0","method":"broken","id":1}""", "internal error"),
            ("""{"jsonrpc":"2.0"}""", "invalid request"),
            ("{", "parse error"),
        })
        {
            var page = await OpenAsync(Methods);
            await WriteJsonAsync(page, body);

            await page.Keyboard.PressAsync("Control+Enter");

            await Expect(page.Locator("#status b")).ToContainTextAsync("Error -32");
            var text = (await page.Locator("#explain").TextContentAsync())!.ToLowerInvariant();
            text.Split(words).Length.Should().Be(2, text);
            await page.CloseAsync();
        }
    }

    [BrowserFact]
    public async Task An_HTTP_error_and_the_failed_calls_of_a_batch_are_named()
    {
        var page = await OpenAsync(Methods, "echo");
        // From the beginning, so that the first reply proves that requests come through here.
        var isDown = false;
        await page.RouteAsync("**/*", route => Volatile.Read(ref isDown) ? route.FulfillAsync(new() { Status = 502, Body = "<h1>no</h1>" }) : route.ContinueAsync());
        await WriteJsonAsync(page, """[{"jsonrpc":"2.0","method":"none","id":1},{"jsonrpc":"2.0","method":"small","id":2},{"jsonrpc":"2.0","method":"none","id":3}]""");
        await page.Keyboard.PressAsync("Control+Enter");
        await Expect(page.Locator("#status b")).ToHaveTextAsync("2 calls failed");

        Volatile.Write(ref isDown, true);
        await page.Keyboard.PressAsync("Control+Enter");

        await Expect(page.Locator("#status b")).ToHaveTextAsync("502 Bad Gateway");
        await Expect(page.Locator("#status")).ToHaveClassAsync(new Regex("bad"));
        await Expect(page.Locator("#explain")).ToHaveTextAsync("The server refused with status 502.");
    }

    [BrowserFact]
    public async Task The_history_stays_small()
    {
        var page = await OpenAsync(Methods, "echo");

        for (var i = 10; i < 30; i++)
        {
            await WriteJsonAsync(page, $$"""{"jsonrpc":"2.0","method":"echo","params":["{{new string('x', 19_900)}}"],"id":{{i}}}""");
            await page.Keyboard.PressAsync("Control+Enter");
            await Expect(page.Locator("#history button").First).ToContainTextAsync("echo");
            await Expect(page.Locator("#status b")).ToHaveTextAsync("200 OK");
        }

        (await page.EvaluateAsync<int>("JSON.stringify(localStorage).length")).Should().BeInRange(100_000, 300_000);
        await Expect(page.Locator("#history li")).ToHaveCountAsync(10);
    }
}
