using System.Globalization;
using JsonRpcLite.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace JsonRpcLite.Browser.Tests;

/// <summary>What the forms of the page show, accept, and refuse to send.</summary>
[Collection(FirstChromium.Name)]
public sealed class PlaygroundFormTests(Chromium chromium) : PageTests(chromium)
{
    private int _calls;

    /// <summary>A time zone with daylight saving time, which is not UTC in winter either.</summary>
    private protected override BrowserNewContextOptions ContextOptions =>
        new() { TimezoneId = "Europe/Berlin", Locale = "en-GB", ViewportSize = new() { Width = 1200, Height = 860 } };

    private JsonRpcMethods Methods => new JsonRpcMethods()
        .Add("types", (DateTime at, DateTimeOffset when, DateOnly day, TimeOnly clock, TimeSpan length, Guid id, Uri link) =>
            new[] { at.ToString("O"), when.ToString("O"), day.ToString("O", CultureInfo.InvariantCulture), clock.ToString("O", CultureInfo.InvariantCulture), length.ToString("c"),
                id.ToString("D"), link.ToString() })
        .Add("numbers", (byte small, double real, ulong large) => $"{small} {real} {large}")
        .AddHandler("options", (Choices choices) => Interlocked.Increment(ref _calls))
        .AddHandler("order", (Order order) => order.Lines.Sum(l => l.Qty))
        .Add("cart", (Order cart) => cart.Lines.Length)
        .Add("own", int (int count) => throw new JsonRpcException(-32602, "'count' must be positive."))
        .Add("say", (string text, string? note) => Interlocked.Increment(ref _calls));

    [BrowserFact]
    public async Task A_method_says_whether_it_may_be_repeated()
    {
        var methods = new JsonRpcMethods()
            .Add("find", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] (int id) => id)
            .Add("cancel", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Idempotent)] (int id) => id)
            .Add("place", (int id) => id);
        var page = await OpenAsync(methods, "find");

        await Expect(page.Locator("#words")).ToHaveTextAsync("Safe: a call changes nothing.");
        await page.Locator("#methods button", new() { HasText = "cancel" }).ClickAsync();
        await Expect(page.Locator("#words")).ToHaveTextAsync("Idempotent: a call may be repeated.");
        await page.Locator("#methods button", new() { HasText = "place" }).ClickAsync();
        await Expect(page.Locator("#words")).ToHaveTextAsync("");
    }

    [BrowserFact]
    public async Task Dates_times_ids_spans_and_addresses_show_their_format_and_an_example()
    {
        var page = await OpenAsync(Methods, "types");

        foreach (var (name, format, example) in new[]
        {
            ("at", "date-time", "2026-03-09T14:30:00+01:00"), ("when", "date-time", "2026-03-09T14:30:00+01:00"), ("day", "date", "2026-03-09"), ("clock", "time", "14:30:00"),
            ("length", "time span", "1.02:30:00"), ("id", "uuid", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"), ("link", "uri", "https://example.com/page"),
        })
        {
            var field = page.GetByLabel(name, new() { Exact = true });
            await Expect(field).ToHaveAttributeAsync("placeholder", example);
            await Expect(page.Locator(".field", new() { Has = field }).Locator(".type")).ToHaveTextAsync($"string · {format}");
            await field.FillAsync(example);
            await Expect(field).Not.ToHaveAttributeAsync("aria-invalid", "true");
        }
        await SendAsync(page);

        await Expect(page.Locator("#status b")).ToHaveTextAsync("200 OK");
    }

    [BrowserFact]
    public async Task A_picked_value_has_the_format_that_NET_reads()
    {
        var page = await OpenAsync(Methods, "types");
        await page.GetByLabel("length").FillAsync("01:00:00");
        await page.GetByLabel("id").FillAsync("3f2504e0-4f89-41d3-9a0c-0305e82c3301");
        await page.GetByLabel("link").FillAsync("/here");
        var dateTimes = page.Locator("input[type=datetime-local]");
        await page.GetByLabel("at", new() { Exact = true }).FillAsync("2020-01-01T00:00:00");

        await dateTimes.Nth(0).FillAsync("2026-01-02T10:20");
        await dateTimes.Nth(1).FillAsync("2026-07-02T10:20:30");
        await page.Locator("input[type=date]").FillAsync("2026-07-02");
        await page.Locator("input[type=time]").FillAsync("10:20");

        await Expect(page.GetByLabel("at", new() { Exact = true })).ToHaveValueAsync("2026-01-02T10:20:00");
        await Expect(page.GetByLabel("when")).ToHaveValueAsync("2026-07-02T10:20:30+02:00");
        await SendAsync(page);
        await ShouldReplyAsync(page, """
            {"jsonrpc":"2.0","result":["2026-01-02T10:20:00.0000000","2026-07-02T10:20:30.0000000+02:00","2026-07-02","10:20:00.0000000","01:00:00","3f2504e0-4f89-41d3-9a0c-0305e82c3301","/here"],"id":1}
            """);
        await dateTimes.Nth(1).FillAsync("2026-01-02T10:20");
        await Expect(page.GetByLabel("when")).ToHaveValueAsync("2026-01-02T10:20:00+01:00");
    }

    [BrowserFact]
    public async Task A_button_opens_the_browsers_picker_at_the_value_that_is_there()
    {
        var page = await OpenAsync(Methods, "types");
        await page.EvaluateAsync("() => { HTMLInputElement.prototype.showPicker = function () { window.shown = `${this.type} ${this.value}`; }; }");
        await page.GetByLabel("when").FillAsync("2026-07-02T10:20:30.1234567Z");

        await page.GetByRole(AriaRole.Button, new() { Name = "Pick a date and time" }).Nth(1).ClickAsync();
        (await page.EvaluateAsync<string>("window.shown")).Should().StartWith("datetime-local 2026-07-02T12:20:30");

        await Expect(page.GetByLabel("when")).ToHaveValueAsync("2026-07-02T10:20:30.1234567Z");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pick a time" }).ClickAsync();
        (await page.EvaluateAsync<string>("window.shown")).Should().Be("time ");
    }

    [BrowserFact]
    public async Task A_new_id_is_made_by_a_button()
    {
        var page = await OpenAsync(Methods, "types");

        await page.GetByRole(AriaRole.Button, new() { Name = "New", Exact = true }).ClickAsync();

        Guid.TryParseExact(await page.GetByLabel("id").InputValueAsync(), "D", out var id).Should().BeTrue();
        id.Version.Should().Be(4);
        await Expect(page.Locator(".note:visible")).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_doubtful_value_is_marked_and_sent_all_the_same()
    {
        foreach (var (method, name, value, words) in new[]
        {
            ("types", "day", "9.3.2026", "does not look like a date"), ("types", "clock", "quarter past", "does not look like a time"),
            ("types", "length", "PT1H", "does not look like a time span"),
            ("types", "id", "{3f2504e0}", "does not look like a uuid"), ("types", "at", "2026-03-09 14:30", "does not look like a date-time"),
            ("numbers", "small", "256", "The maximum is 255"),
            ("numbers", "small", "-1", "The minimum is 0"), ("numbers", "small", "1.5", "A whole number"), ("numbers", "real", "much", "sent as text"),
            ("numbers", "large", "1e2", "A whole number"),
        })
        {
            var page = await OpenAsync(Methods, method);
            var field = page.GetByLabel(name, new() { Exact = true });

            await field.FillAsync(value);

            await Expect(page.Locator(".note:visible")).ToContainTextAsync(words);
            await Expect(field).ToHaveAttributeAsync("aria-invalid", "true");
            (await ParametersAsync(page)).Should().Contain(value);
            await page.CloseAsync();
        }
        var numbers = await OpenAsync(Methods, "numbers");
        await Expect(numbers.Locator(".type").First).ToHaveTextAsync("integer · 0 to 255");
        await numbers.GetByLabel("large").FillAsync("18446744073709551615");
        await Expect(numbers.Locator(".note:visible")).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task Left_out_null_empty_and_a_value_are_distinguished()
    {
        var page = await OpenAsync(Methods, "options");
        (await ParametersAsync(page)).Should().BeNull();
        ILocator WayOf(string name) => page.Locator($".field:has(label:text-is('{name}')) .way select, fieldset:has(> legend:text('{name}')) > .way select");
        async Task ShouldSendAsync(string json) => (await ParametersAsync(page)).Should().Be(json);

        foreach (var name in new[] { "note", "count", "tags", "inner" })
            await WayOf(name).SelectOptionAsync("null");
        await page.GetByLabel("size", new() { Exact = true }).SelectOptionAsync("null");
        await page.GetByLabel("open", new() { Exact = true }).SelectOptionAsync("null");
        await ShouldSendAsync("""{"note":null,"count":null,"size":null,"open":null,"tags":null,"inner":null}""");

        await WayOf("note").SelectOptionAsync("empty text");
        await WayOf("count").SelectOptionAsync("left out");
        await page.GetByLabel("size", new() { Exact = true }).SelectOptionAsync("left out");
        await page.GetByLabel("open", new() { Exact = true }).SelectOptionAsync("false");
        await WayOf("tags").SelectOptionAsync("as a list");
        await WayOf("inner").SelectOptionAsync("as filled in");
        await page.GetByLabel("x", new() { Exact = true }).FillAsync("7");
        await ShouldSendAsync("""{"note":"","open":false,"tags":[],"inner":{"x":7}}""");

        await page.GetByLabel("note", new() { Exact = true }).FillAsync("null");
        await page.GetByLabel("count", new() { Exact = true }).FillAsync("0");
        await WayOf("inner").SelectOptionAsync("left out");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await page.GetByLabel("Value", new() { Exact = true }).FillAsync("a");
        await ShouldSendAsync("""{"note":"null","count":0,"open":false,"tags":["a"]}""");
    }

    [BrowserFact]
    public async Task A_value_that_a_form_cannot_express_is_sent_as_in_the_JSON()
    {
        var page = await OpenAsync(Methods, "options");

        await WriteJsonAsync(page, """{"jsonrpc":"2.0","method":"options","params":{"note":17,"count":"x","size":"LARGE","more":[1]},"id":1}""");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Form" }).ClickAsync();
        await page.GetByLabel("open", new() { Exact = true }).SelectOptionAsync("true");

        (await ParametersAsync(page)).Should().Be("""{"note":17,"count":"x","size":"LARGE","open":true,"more":[1]}""");
    }

    [BrowserFact]
    public async Task A_text_field_has_one_line_until_its_text_has_several()
    {
        var page = await OpenAsync(Methods, "say");
        var text = page.GetByLabel("text", new() { Exact = true });
        async Task ShouldBeAsync(string tag) => (await text.EvaluateAsync<string>("e => e.tagName")).Should().Be(tag);
        await ShouldBeAsync("INPUT");

        await text.FillAsync("one");
        await page.GetByRole(AriaRole.Button, new() { Name = "Multi-line" }).First.ClickAsync();
        await ShouldBeAsync("TEXTAREA");
        await Expect(text).ToBeFocusedAsync();
        await text.FillAsync("one\ntwo");
        (await ParametersAsync(page)).Should().Be("""{"text":"one\ntwo","note":null}""");

        await page.GetByRole(AriaRole.Button, new() { Name = "Multi-line" }).First.ClickAsync();
        await Expect(text).ToHaveValueAsync("one\ntwo");
        await text.FillAsync("one two");
        await page.GetByRole(AriaRole.Button, new() { Name = "Multi-line" }).First.ClickAsync();
        await ShouldBeAsync("INPUT");
        await Expect(text).ToHaveValueAsync("one two");
    }

    [BrowserFact]
    public async Task Pasted_lines_stay_lines()
    {
        var page = await OpenAsync(Methods, "say");
        var text = page.GetByLabel("text", new() { Exact = true });
        await text.FillAsync("ab");

        await text.EvaluateAsync("""
            input => {
              input.setSelectionRange(1, 1);
              const clipboardData = new DataTransfer();
              clipboardData.setData('text/plain', '1\r\n2');
              input.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
            }
            """);

        await Expect(text).ToHaveValueAsync("a1\n2b");
        (await ParametersAsync(page)).Should().Be("""{"text":"a1\n2b","note":null}""");
    }

    [BrowserFact]
    public async Task An_empty_required_field_is_marked_and_nothing_is_sent()
    {
        var page = await OpenAsync(Methods, "say");
        var text = page.GetByLabel("text", new() { Exact = true });

        await SendAsync(page);
        await Expect(text).ToBeFocusedAsync();
        await Expect(text).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(text).Not.ToHaveCSSAsync(
            "border-top-color", await page.GetByLabel("note", new() { Exact = true }).EvaluateAsync<string>("e => getComputedStyle(e).borderTopColor"));
        await Expect(text).ToHaveAccessibleDescriptionAsync(new System.Text.RegularExpressions.Regex("Required: fill in a text"));
        await Expect(page.Locator("#status")).ToHaveTextAsync("Not sent · a required field is empty");
        _calls.Should().Be(0);
        await page.GetByRole(AriaRole.Button, new() { Name = "Add to batch" }).ClickAsync();
        await Expect(page.Locator("#batch")).ToBeHiddenAsync();

        await page.Locator(".field", new() { Has = text }).Locator(".way select").SelectOptionAsync("empty text");
        await Expect(page.Locator(".note:visible")).ToHaveCountAsync(0);
        await SendAsync(page);
        await Expect(page.Locator("#status b")).ToHaveTextAsync("200 OK");
        _calls.Should().Be(1);
    }

    [BrowserFact]
    public async Task Required_fields_of_every_kind_are_marked_even_inside_lists()
    {
        foreach (var (method, count) in new[] { ("types", 7), ("numbers", 3), ("order", 4), ("cart", 4) })
        {
            var page = await OpenAsync(Methods, method);
            if (count == 4)
                await page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();

            await SendAsync(page);

            await Expect(page.Locator(".note:visible")).ToHaveCountAsync(count);
            await Expect(page.Locator(".note:visible").First).ToContainTextAsync("Required");
            await Expect(page.Locator("[aria-invalid=true]").First).ToBeFocusedAsync();
        }
    }

    [BrowserFact]
    public async Task JSON_may_lack_what_a_form_requires()
    {
        var page = await OpenAsync(Methods, "say");

        await page.GetByRole(AriaRole.Tab, new() { Name = "JSON" }).ClickAsync();
        await SendAsync(page);

        await Expect(page.Locator("#status b")).ToHaveTextAsync("Error -32602");
    }

    [BrowserFact]
    public async Task A_refusal_is_shown_at_the_field_that_it_names()
    {
        foreach (var (method, json, label) in new[]
        {
            ("say", """{"note":"n"}""", "text"),
            ("say", """{"text":null,"note":"n"}""", "text"),
            ("numbers", """{"small":1,"real":2,"large":-3}""", "large"),
            ("order", """{"name":"n","size":"small","lines":[{"sku":"a","qty":1},{"sku":"b","qty":"x"}]}""", "qty"),
            ("order", """{"name":"n","size":"small","lines":[{"sku":"a","qty":1},{"sku":"b"}]}""", "qty"),
            ("cart", """{"cart":{"name":"n","size":"small","lines":[{"sku":"a","qty":1},{"sku":"b"}]}}""", "qty"),
            ("cart", """{"cart":{"name":"n","lines":[{"sku":"a","qty":1}]}}""", "size"),
            ("own", """{"count":1}""", "count"),
        })
        {
            var page = await OpenAsync(Methods, method);
            await WriteJsonAsync(page, $$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{json}},"id":1}""");
            await page.Keyboard.PressAsync("Control+Enter");
            await Expect(page.Locator("#status b")).ToHaveTextAsync("Error -32602");
            await page.GetByRole(AriaRole.Tab, new() { Name = "Form" }).ClickAsync();

            await Expect(page.Locator(".note:visible")).ToHaveCountAsync(1);
            await Expect(page.Locator(".note:visible")).ToContainTextAsync("The server says: ");
            await Expect(page.Locator("[aria-invalid=true]")).ToHaveCountAsync(1);
            await Expect(page.GetByLabel(label, new() { Exact = true }).Last).ToHaveAttributeAsync("aria-invalid", "true");
            await page.CloseAsync();
        }
    }

    [BrowserFact]
    public async Task A_plain_function_shows_its_refusal_at_the_field_too()
    {
        var page = await OpenAsync(JsonRpc.MakeServer(0, (Order order) => order.Lines.Length, Options("Order")));

        await WriteJsonAsync(page, """{"name":"n","size":"small","lines":[{"sku":"a"}]}""");
        await page.Keyboard.PressAsync("Control+Enter");
        await Expect(page.Locator("#status b")).ToHaveTextAsync("Error -32602");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Form" }).ClickAsync();

        await Expect(page.GetByLabel("qty")).ToHaveAttributeAsync("aria-invalid", "true");
    }

    internal enum Size
    {
        Small,
        Large,
    }

    internal sealed record Choices(string? Note = null, int? Count = null, Size? Size = null, bool? Open = null, string[]? Tags = null, Inner? Inner = null);

    internal sealed record Inner(int X);

    internal sealed record Order(string Name, Size Size, Line[] Lines);

    internal sealed record Line(string Sku, int Qty);
}
