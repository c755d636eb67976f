using System.Text.Json.Nodes;
using JsonRpcLite.Tests;
using Microsoft.Playwright;
using static JsonRpcLite.JsonRpc;
using static Microsoft.Playwright.Assertions;

namespace JsonRpcLite.Browser.Tests;

[Collection(FirstChromium.Name)]
public sealed class PlaygroundOnHttpListener(Chromium chromium) : PlaygroundTests(chromium)
{
    private protected override ServerTransport MakeTransport() => new HttpListenerTransport();
}

[Collection(SecondChromium.Name)]
public sealed class PlaygroundOnSockets(Chromium chromium) : PlaygroundTests(chromium)
{
    private protected override ServerTransport MakeTransport() => new SocketTransport();
}

/// <summary>The page in a real browser, used as a person uses it.</summary>
public abstract class PlaygroundTests(Chromium chromium) : PageTests(chromium)
{
    [BrowserFact]
    public async Task The_page_lists_the_methods_and_searches_them()
    {
        var page = await OpenShopAsync();

        await Expect(Names(page)).ToHaveTextAsync(["subtract", "sum", "order.place", "order.find", "echo", "fail", "old.add", "tree"]);
        await page.GetByLabel("Search methods").FillAsync("order drink");

        await Expect(Names(page)).ToHaveTextAsync(["order.place"]);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#name")).ToHaveTextAsync("order.place");
    }

    [BrowserFact]
    public async Task A_filled_form_is_sent_and_its_result_shown()
    {
        var page = await OpenShopAsync();

        await page.GetByLabel("minuend").FillAsync("42");
        await page.GetByLabel("subtrahend").FillAsync("23");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();

        await ShouldReplyAsync(page, """{"jsonrpc":"2.0","result":19,"id":1}""");
        await Expect(page.Locator("#status")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex(@"^200 OK · [\d.]+ ms · 36 bytes$"));
    }

    [BrowserFact]
    public async Task A_form_of_an_object_leaves_out_what_is_optional_and_empty()
    {
        var page = await OpenShopAsync("order.place");

        await page.GetByLabel("item").FillAsync("tea");
        await page.GetByLabel("count").FillAsync("2");
        await page.Keyboard.PressAsync("Control+Enter");

        await ShouldReplyAsync(page, """{"jsonrpc":"2.0","result":{"what":"2 × tea","total":5.00,"size":"Small"},"id":1}""");
        await ShouldBeBodyAsync(page, """{"jsonrpc":"2.0","method":"order.place","params":{"item":"tea","count":2},"id":2}""");
    }

    [BrowserFact]
    public async Task Form_and_JSON_stay_in_step_both_ways()
    {
        var page = await OpenShopAsync();
        await page.GetByLabel("minuend").FillAsync("7");
        await page.GetByRole(AriaRole.Tab, new() { Name = "JSON" }).ClickAsync();
        await ShouldBeBodyAsync(page, """{"jsonrpc":"2.0","method":"subtract","params":{"minuend":7},"id":1}""");

        await page.Locator("#body").FillAsync("""{"jsonrpc":"2.0","method":"order.place","params":{"item":"a\nb","count":3,"size":"Large"},"id":9}""");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Form" }).ClickAsync();

        await Expect(page.Locator("#name")).ToHaveTextAsync("order.place");
        await Expect(page.GetByLabel("item")).ToHaveValueAsync("a\nb");
        await Expect(page.GetByLabel("count")).ToHaveValueAsync("3");
        await Expect(page.GetByLabel("size")).ToHaveValueAsync("\"Large\"");
    }

    [BrowserFact]
    public async Task An_error_is_explained_in_words()
    {
        var page = await OpenShopAsync("fail");

        await page.GetByLabel("code").FillAsync("17");
        await page.GetByLabel("message").FillAsync("no <b>tea</b> שלום");
        await page.Keyboard.PressAsync("Control+Enter");
        await Expect(page.Locator("#explain")).ToContainTextAsync("Sold out");

        // A shutdown is not a time-out, although it has the same code.
        await page.GetByLabel("code").FillAsync("-32001");
        await page.GetByLabel("message").FillAsync("The server stopped before the call was done.");
        await page.Keyboard.PressAsync("Control+Enter");
        await Expect(page.Locator("#explain")).ToContainTextAsync("The server stopped before the call was done: it ended the call.");

        await page.GetByLabel("code").FillAsync("x");
        await page.Keyboard.PressAsync("Control+Enter");
        await Expect(page.Locator("#explain")).ToContainTextAsync("the parameters do not fit the method");
    }

    [BrowserFact]
    public async Task Digits_are_shown_as_they_came()
    {
        var page = await OpenShopAsync("echo");
        const string Digits = "[18446744073709551617,1.0,1e400,-0.10]";

        await page.GetByLabel("value").FillAsync(Digits);
        await page.Keyboard.PressAsync("Control+Enter");

        await Expect(page.Locator("#reply")).ToContainTextAsync("18446744073709551617, 1.0, 1e400, -0.10");
    }

    [BrowserFact]
    public async Task A_version_is_shown_where_there_is_one()
    {
        foreach (var (version, shown) in new[] { ("1.0", "1.0"), ("1.0.0", "1.0.0"), ("0.0.0", "") })
        {
            var options = Options("Shop");
            options.Discovery.Version = version;
            var page = await OpenAsync(MakeServer(0, Shop.Methods, options));

            await Expect(page.Locator("#title")).ToHaveTextAsync("Shop");
            await Expect(page.Locator("#version")).ToHaveTextAsync(shown);
        }
    }

    [BrowserFact]
    public async Task Markup_from_anywhere_stays_text()
    {
        const string Attack = "</script><img src=x onerror=\"document.title='owned'\"><b>bold</b>";
        var page = await OpenAsync(MakeServer(
            0, new JsonRpcMethods().Add(Attack, (JsonNode? value) => value).Describe(Attack, new() { Summary = Attack, Parameters = { ["value"] = Attack } }), Options(Attack)));

        await page.Locator("#form textarea").FillAsync(new JsonObject { [Attack] = Attack }.ToJsonString());
        await page.Keyboard.PressAsync("Control+Enter");

        await Expect(page.Locator("#reply")).ToContainTextAsync("onerror");
        await Expect(page.Locator("img, #reply b, #methods b b")).ToHaveCountAsync(0);
        (await page.TitleAsync()).Should().Be(Attack);
    }

    [BrowserFact]
    public async Task A_notification_is_not_answered()
    {
        var page = await OpenShopAsync();

        await page.GetByLabel("minuend").FillAsync("42");
        await page.GetByLabel("subtrahend").FillAsync("23");
        await page.GetByLabel("Notification").CheckAsync();
        await page.Keyboard.PressAsync("Control+Enter");

        await Expect(page.Locator("#status")).ToContainTextAsync("204");
        await Expect(page.Locator("#reply")).ToHaveTextAsync("No body: a notification is not answered.");
    }

    [BrowserFact]
    public async Task Calls_are_gathered_into_a_batch()
    {
        var page = await OpenShopAsync("sum");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await page.GetByLabel("Value").FillAsync("1.50");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add to batch" }).ClickAsync();
        await page.GetByLabel("Value").FillAsync("2.50");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add to batch" }).ClickAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Send batch (2)" }).ClickAsync();

        await ShouldReplyAsync(page, """[{"jsonrpc":"2.0","result":1.50,"id":1},{"jsonrpc":"2.0","result":2.50,"id":2}]""");
    }

    [BrowserFact]
    public async Task History_is_there_after_a_reload_and_fills_the_form_again()
    {
        var page = await OpenShopAsync();
        await page.GetByLabel("minuend").FillAsync("5");
        await page.GetByLabel("subtrahend").FillAsync("3");
        await page.Locator("#headers-box summary").ClickAsync();
        await page.Locator("#headers").FillAsync("Authorization: Bearer secret");
        await page.Keyboard.PressAsync("Control+Enter");
        await Expect(page.Locator("#status")).ToContainTextAsync("200");

        await page.ReloadAsync();
        await page.Locator("#history-box summary").ClickAsync();
        await page.Locator("#history button.past").ClickAsync();

        await Expect(page.GetByLabel("minuend")).ToHaveValueAsync("5");
        (await page.EvaluateAsync<string>("JSON.stringify(localStorage)")).Should().NotContain("secret");
    }

    [BrowserFact]
    public async Task The_curl_command_gives_the_same_reply_in_a_shell()
    {
        var page = await OpenShopAsync("echo");
        await page.GetByLabel("value").FillAsync("""{"it's":"$HOME `id` \\ \"wörld\" 😀","n":1.0}""");
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy as curl" }).ClickAsync();
        var command = await page.Locator("#curl").TextContentAsync();
        await page.Keyboard.PressAsync("Control+Enter");
        await Expect(page.Locator("#status")).ToContainTextAsync("200");

        using var shell = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("sh", ["-c", command!]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = await shell.StandardOutput.ReadToEndAsync();

        await ShouldReplyAsync(page, output);
        output.Should().Contain("$HOME `id`").And.Contain("1.0");
    }

    [BrowserFact]
    public async Task A_plain_function_is_one_form_without_a_list()
    {
        var page = await OpenAsync(MakeServer(0, (Shop.Order order) => new Shop.Receipt(order.Item, order.Count * 2.50m, order.Size), Options("Tea")));

        await Expect(page.GetByLabel("Search methods")).ToBeHiddenAsync();
        await page.GetByLabel("item").FillAsync("tea");
        await page.GetByLabel("count").FillAsync("3");
        await page.Keyboard.PressAsync("Control+Enter");

        await ShouldReplyAsync(page, """{"what":"tea","total":7.50,"size":"Small"}""");
        await ShouldBeBodyAsync(page, """{"item":"tea","count":3}""");
    }

    [BrowserFact]
    public async Task Opening_the_page_calls_nothing_even_without_discovery()
    {
        foreach (var isDescribed in new[] { true, false })
        {
            var calls = 0;
            var options = Options("Function");
            options.Discovery.Enabled = isDescribed;
            var page = await OpenAsync(MakeServer(0, JsonNode? (JsonNode? command) =>
            {
                Interlocked.Increment(ref calls);
                return command;
            }, options));

            if (!isDescribed)
                await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not describe");
            calls.Should().Be(0);
            await page.GetByRole(AriaRole.Tab, new() { Name = "JSON" }).ClickAsync();
            await page.Locator("#body").FillAsync("[1]");
            await page.Keyboard.PressAsync("Control+Enter");
            await ShouldReplyAsync(page, "[1]");
            calls.Should().Be(1);
        }
    }

    [BrowserFact]
    public async Task If_a_token_is_required_the_page_shows_no_methods_until_it_has_one()
    {
        var options = Options("Shop");
        options.Authenticate = BearerToken.Check("a-token");
        var page = await OpenAsync(MakeServer(0, Shop.Methods, options));

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("Enter a token under Headers");
        (await page.ContentAsync()).Should().NotContain("subtract");
        await page.GetByPlaceholder("Authorization: Bearer").FillAsync("Authorization: Bearer a-token");
        await page.GetByRole(AriaRole.Button, new() { Name = "Reload from the server" }).ClickAsync();
        await Expect(page.Locator("#name")).ToHaveTextAsync("subtract");
        await page.GetByLabel("minuend").FillAsync("42");
        await page.GetByLabel("subtrahend").FillAsync("23");
        await page.Keyboard.PressAsync("Control+Enter");

        await ShouldReplyAsync(page, """{"jsonrpc":"2.0","result":19,"id":1}""");
    }

    [BrowserFact]
    public async Task Without_discovery_calls_are_written_as_JSON()
    {
        var options = Options("Shop");
        options.Discovery.Enabled = false;
        var page = await OpenAsync(MakeServer(0, Shop.Methods, options));

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("does not describe");
        await page.GetByRole(AriaRole.Tab, new() { Name = "JSON" }).ClickAsync();
        await page.Locator("#body").FillAsync("""{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":"a"}""");
        await page.Keyboard.PressAsync("Control+Enter");

        await ShouldReplyAsync(page, """{"jsonrpc":"2.0","result":19,"id":"a"}""");
    }

    [PackageFact("axe-core", needsBrowser: true)]
    public async Task Axe_finds_no_accessibility_violation()
    {
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            var page = await OpenShopAsync("order.place");
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await page.Keyboard.PressAsync("Control+Enter");
            await Expect(page.Locator("#form .note:visible")).ToHaveCountAsync(2);
            await page.GetByRole(AriaRole.Tab, new() { Name = "JSON" }).ClickAsync();
            await page.Keyboard.PressAsync("Control+Enter");
            await Expect(page.Locator("#explain")).ToBeVisibleAsync();
            await page.GetByRole(AriaRole.Tab, new() { Name = "Form" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Copy as curl" }).ClickAsync();
            await page.EvaluateAsync(await File.ReadAllTextAsync(Path.Combine(Equipment.Packages, "axe-core/axe.min.js")));

            var faults = await page.EvaluateAsync<string[]>(
                "async () => (await axe.run()).violations.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' '))");

            faults.Should().BeEmpty();
        }
    }

    private static ILocator Names(IPage page) => page.Locator("#methods b");
}
