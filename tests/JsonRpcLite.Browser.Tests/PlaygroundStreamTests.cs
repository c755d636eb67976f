using System.Buffers;
using System.Text.Json;
using System.Text.RegularExpressions;
using JsonRpcLite.Tests;
using Microsoft.Playwright;
using static JsonRpcLite.JsonRpc;
using static Microsoft.Playwright.Assertions;

namespace JsonRpcLite.Browser.Tests;

[Collection(FirstChromium.Name)]
public sealed class PlaygroundStreamsOnHttpListener(Chromium chromium) : PlaygroundStreamTests(chromium)
{
    private protected override ServerTransport MakeTransport() => new HttpListenerTransport();
}

[Collection(SecondChromium.Name)]
public sealed class PlaygroundStreamsOnSockets(Chromium chromium) : PlaygroundStreamTests(chromium)
{
    private protected override ServerTransport MakeTransport() => new SocketTransport();
}

/// <summary>What the page shows of incremental results.</summary>
public abstract class PlaygroundStreamTests(Chromium chromium) : PageTests(chromium)
{
    private readonly Streams _streams = new();

    [BrowserFact]
    public async Task A_method_that_streams_or_reports_progress_says_so_and_shows_the_schema()
    {
        var page = await OpenAsync(_streams.Register(), "rows");
        var (streams, reports) = (page.Locator("#streams"), page.Locator("#reports"));

        await Expect(streams.Locator("summary")).ToHaveTextAsync("streams");
        await Expect(reports).ToBeHiddenAsync();
        await streams.Locator("summary").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByLabel("The schema of the stream")).ToContainTextAsync("\"number\"");

        await page.Locator("#methods button", new() { HasText = "import" }).ClickAsync();
        await Expect(streams).ToBeHiddenAsync();
        await Expect(reports.Locator("summary")).ToHaveTextAsync("reports progress");
        await reports.Locator("summary").ClickAsync();
        await Expect(page.GetByLabel("The schema of a report")).ToContainTextAsync("\"done\"");

        await page.Locator("#methods button", new() { HasText = "plain" }).ClickAsync();
        await Expect(streams).ToBeHiddenAsync();
        await Expect(reports).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task Items_are_shown_when_they_come_and_the_response_ends_them()
    {
        var page = await OpenAsync(_streams.Register(), "rows");

        await SendAsync(page);
        await Expect(page.Locator("#tally")).ToHaveTextAsync("No item yet.");
        for (var i = 1; i <= 3; i++)
        {
            _streams.Numbers.Writer.TryWrite(i);
            await Expect(page.Locator("#items li")).ToHaveCountAsync(i);
            await Expect(page.Locator("#items li").Last).ToHaveTextAsync($$"""{{i}}{ "number": {{i}}, "name": "row {{i}}" }""");
            await Expect(page.Locator("#tally")).ToHaveTextAsync(new Regex($@"^{i} items? · .*last at [\d:]+"));
            await Expect(page.Locator("#status")).ToHaveTextAsync("Streaming…");
            await Expect(Stop(page)).ToBeVisibleAsync();
        }
        _streams.Numbers.Writer.Complete();

        await Expect(page.Locator("#status")).ToHaveTextAsync(new Regex(@"^200 OK · 3 items · [\d.]+ m?s · \d+ bytes$"));
        await Expect(page.Locator("#status")).Not.ToHaveClassAsync(new Regex("bad|open"));
        await ShouldReplyAsync(page, """{"jsonrpc":"2.0","result":null,"id":1}""");
        await Expect(Stop(page)).ToBeHiddenAsync();
        await Expect(page.Locator("#items li")).ToHaveCountAsync(3);
        await Expect(page.Locator("#cut")).ToBeHiddenAsync();
        await ShouldRememberAsync(page, "200 · 3 items");
    }

    [BrowserFact]
    public async Task Stop_ends_the_method_on_the_server()
    {
        var page = await OpenStreamsAsync("rows");
        await SendAsync(page);
        _streams.Numbers.Writer.TryWrite(1);
        await Expect(page.Locator("#items li")).ToHaveCountAsync(1);

        await Stop(page).FocusAsync();
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.Locator("#status")).ToHaveTextAsync(new Regex("^Stopped · after 1 item · "));
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true })).ToBeFocusedAsync();
        await Expect(Stop(page)).ToBeHiddenAsync();
        await Expect(page.Locator("#reply")).ToBeHiddenAsync();
        await _streams.Ended.WaitAsync(TimeSpan.FromSeconds(10));
        await ShouldRememberAsync(page, "stopped after 1 item");
        (await page.Locator("#status b").EvaluateAsync<string>("b => getComputedStyle(b).color")).Should()
            .Be(await page.EvaluateAsync<string>("getComputedStyle(document.body).color"), "it is neither a success nor a failure");
    }

    [BrowserFact]
    public async Task Another_call_ends_the_stream_and_shows_its_own_reply()
    {
        var page = await OpenStreamsAsync("rows");
        await SendAsync(page);
        _streams.Numbers.Writer.TryWrite(1);
        await Expect(page.Locator("#items li")).ToHaveCountAsync(1);

        await page.Locator("#methods button", new() { HasText = "plain" }).ClickAsync();
        await SendAsync(page);

        await ShouldReplyAsync(page, """{"jsonrpc":"2.0","result":1,"id":2}""");
        await Expect(page.Locator("#live")).ToBeHiddenAsync();
        await _streams.Ended.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [BrowserFact]
    public async Task An_error_after_items_is_shown_as_an_error()
    {
        var page = await OpenAsync(_streams.Register(), "rows");
        foreach (var number in new[] { 1, 2, -1 })
            _streams.Numbers.Writer.TryWrite(number);

        await SendAsync(page);

        await Expect(page.Locator("#status")).ToHaveTextAsync(new Regex("^Error 17 · after 2 items · HTTP 200 OK · "));
        await Expect(page.Locator("#status")).ToHaveClassAsync(new Regex("bad"));
        await Expect(page.Locator("#explain")).ToHaveTextAsync("17  Sold out.");
        await Expect(page.Locator("#items li")).ToHaveCountAsync(2);
        await ShouldRememberAsync(page, "error 17 after 2 items");
    }

    [BrowserFact]
    public async Task A_stream_that_a_shutdown_ends_is_not_shown_as_timed_out()
    {
        var server = MakeServer(0, _streams.Register(), Options("Test"));
        var page = await OpenAsync(server, "rows");
        _streams.Numbers.Writer.TryWrite(1);
        await SendAsync(page);
        await Expect(page.Locator("#items li")).ToHaveCountAsync(1);

        await server.StopAsync();

        await Expect(page.Locator("#status")).ToHaveTextAsync(new Regex("^Error -32001 · after 1 item · "));
        await Expect(page.Locator("#explain")).ToHaveTextAsync("-32001  The server is stopping: it ended the call.");
    }

    [BrowserFact]
    public async Task An_error_before_the_first_item_is_an_ordinary_reply()
    {
        var page = await OpenAsync(_streams.Register(), "rows");
        _streams.Numbers.Writer.TryWrite(-1);

        await SendAsync(page);

        await Expect(page.Locator("#status")).ToHaveTextAsync(new Regex(@"^Error 17 · HTTP 200 OK · [\d.]+ ms · \d+ bytes$"));
        await Expect(page.Locator("#live")).ToBeHiddenAsync();
        await ShouldRememberAsync(page, "error 17");
    }

    [BrowserFact]
    public async Task A_stream_without_a_response_was_cut_off()
    {
        foreach (var (body, words) in new[]
        {
            (Item(1) + Item(2), ""),
            // The response of another call, and one in an incomplete event, do not count.
            (Item(1) + Item(2) + """data: {"jsonrpc":"2.0","result":null,"id":2}""" + "\n\n", ""),
            (Item(1) + Item(2) + """data: {"jsonrpc":"2.0","result":null,"id":1}""" + "\n", ""),
            (Item(1) + Item(2) + "data: {\n\n", " An event is not a JSON-RPC message. The JSON ends too early."),
        })
        {
            var page = await OpenAsync(_streams.Register(), "rows");
            await FulfillAsync(page, "text/event-stream", body);

            await SendAsync(page);

            await ShouldBeCutOffAsync(page, 2, $"The stream ended without a response, so it is incomplete.{words}");
            await page.CloseAsync();
        }
    }

    [BrowserFact]
    public async Task A_connection_that_breaks_was_cut_off()
    {
        var options = Options("Test");
        options.Use(next => async (exchange, token) =>
        {
            if (exchange.RequestHeaders["Accept"] != "text/event-stream")
            {
                await next(exchange, token);
                return;
            }
            exchange.ResponseHeaders["Content-Type"] = "text/event-stream";
            exchange.ResponseBody.Write(System.Text.Encoding.UTF8.GetBytes(Item(1)));
            await exchange.FlushAsync(token);
            await foreach (var _ in _streams.Numbers.Reader.ReadAllAsync(token))
                throw new IOException("the disk is full");
        });
        var page = await OpenAsync(MakeServer(0, _streams.Register(), options), "rows");

        await SendAsync(page);
        await Expect(page.Locator("#items li")).ToHaveCountAsync(1);
        _streams.Numbers.Writer.TryWrite(1);

        await ShouldBeCutOffAsync(page, 1, new Regex("^The stream ended without a response, so it is incomplete. The connection broke: "));
    }

    [BrowserFact]
    public async Task Heartbeats_and_messages_of_other_calls_are_not_items()
    {
        var page = await OpenAsync(_streams.Register(), "rows");
        await FulfillAsync(page, "text/event-stream; charset=utf-8", ":\n\n"
            + Item(1) + ":\n\n:\n\n" + Item(7, id: 2) + Item(2) + ":\n\n" + """data: {"jsonrpc":"2.0","result":null,"id":1}""" + "\n\n");

        await SendAsync(page);

        await Expect(page.Locator("#status")).ToHaveTextAsync(new Regex("^200 OK · 2 items · "));
        await Expect(page.Locator("#items .value")).ToHaveTextAsync(["1", "2"]);
    }

    [BrowserFact]
    public async Task An_ordinary_reply_is_shown_as_usual()
    {
        var page = await OpenAsync(_streams.Register(), "words");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await page.GetByLabel("Value").FillAsync("tea");
        await page.Locator("#headers").EvaluateAsync("box => { box.value = 'Accept: application/json'; }");

        await SendAsync(page);

        await ShouldReplyAsync(page, """{"jsonrpc":"2.0","result":["tea"],"id":1}""");
        await Expect(page.Locator("#status")).ToHaveTextAsync(new Regex(@"^200 OK · [\d.]+ ms · \d+ bytes$"));
        await page.Locator("#headers").EvaluateAsync("box => { box.value = ''; }");
        await FulfillAsync(page, "application/json", """{"jsonrpc":"2.0","result":["coffee"],"id":2}""");
        await SendAsync(page);
        await Expect(page.Locator("#reply")).ToContainTextAsync("coffee");
        await Expect(page.Locator("#status")).ToHaveTextAsync(new Regex(@"^200 OK · [\d.]+ ms · \d+ bytes$"));
        await Expect(page.Locator("#live")).ToBeHiddenAsync();
    }

    [BrowserFact]
    public async Task The_newest_of_many_items_are_shown_and_all_can_be_saved()
    {
        const int Count = 30_000;
        var page = await OpenAsync(_streams.Register(), "many");
        await page.GetByLabel("count").FillAsync($"{Count}");

        await SendAsync(page);

        await Expect(page.Locator("#status")).ToHaveTextAsync(new Regex("^200 OK · 30,000 items · "), new() { Timeout = 60_000 });
        await Expect(page.Locator("#items li")).ToHaveCountAsync(200);
        await Expect(page.Locator("#items li").Last).ToHaveTextAsync("30,00030000");
        await Expect(page.Locator("#items li").Last).ToBeInViewportAsync();
        await Expect(page.Locator("#items li").First).ToHaveTextAsync("29,80129801");
        await Expect(page.Locator("#cut-size")).ToHaveTextAsync("The last 200 of 30,000 items.");
        var download = await page.RunAndWaitForDownloadAsync(() => page.GetByRole(AriaRole.Link, new() { Name = "Save all items" }).ClickAsync());
        download.SuggestedFilename.Should().Be("items.json");
        JsonSerializer.Deserialize<int[]>(await File.ReadAllTextAsync(await download.PathAsync())).Should().Equal(Enumerable.Range(1, Count));
    }

    [BrowserFact]
    public async Task Progress_is_shown_with_its_latest_value_and_the_result_at_the_end()
    {
        var page = await OpenAsync(_streams.Register(), "import");

        await SendAsync(page);
        foreach (var done in new[] { 1, 3 })
        {
            _streams.Numbers.Writer.TryWrite(done);
            await Expect(page.Locator("#latest")).ToHaveTextAsync($$"""{ "done": {{done}}, "total": 4 }""");
            (await page.GetByRole(AriaRole.Progressbar).EvaluateAsync<double>("bar => bar.value")).Should().Be(done / 4.0);
            await Expect(Stop(page)).ToBeVisibleAsync();
        }
        _streams.Numbers.Writer.Complete();

        await Expect(page.Locator("#status")).ToHaveTextAsync(new Regex("^200 OK · 2 reports · "));
        await ShouldReplyAsync(page, """{"jsonrpc":"2.0","result":"imported","id":1}""");
        await Expect(page.Locator("#items")).ToBeHiddenAsync();
        await ShouldRememberAsync(page, "200 · 2 reports");
    }

    [BrowserFact]
    public async Task The_progress_of_a_method_is_never_guessed()
    {
        var page = await OpenAsync(_streams.Register());
        foreach (var (value, schema, expected) in new[]
        {
            ("33", "{}", (double?)null),
            ("33", """{"maximum":{"digits":"100"}}""", 0.33),
            ("33", """{"maximum":{"digits":"2147483647"}}""", null),
            ("""{"Percent":25}""", "{}", 0.25),
            ("""{"fraction":0.5,"done":1}""", "{}", 0.5),
            ("""{"done":1,"total":4}""", "{}", 0.25),
            ("""{"done":5,"total":4}""", "{}", null),
            ("""{"done":0,"total":0}""", "{}", null),
            ("\"half\"", "{}", null),
        })
        {
            (await page.EvaluateAsync<double?>("([value, schema]) => fractionOf(read(value), JSON.parse(schema))", new[] { value, schema })).Should().Be(expected, value);
        }
    }

    /// <summary>HTML Living Standard, 9.2.6, whole and cut anywhere.</summary>
    [BrowserFact]
    public async Task Events_are_read_as_the_standard_says()
    {
        var page = await OpenAsync(_streams.Register());
        foreach (var (text, expected) in new (string, string[])[]
        {
            ("data: a\n\n", ["a"]),
            ("data: a\r\n\r\ndata: b\r\rdata: c\n\n", ["a", "b", "c"]),
            ("data: a\r\ndata: b\r\n\r\n", ["a\nb"]),
            ("data: YHOO\ndata: +2\ndata: 10\n\n", ["YHOO\n+2\n10"]),
            (": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n", ["first event", "second event", " third event"]),
            ("data\n\ndata\ndata\n\ndata:", ["", "\n"]),
            (":\n\n:\r\n\r\n", []),
            ("event: other\ndata: a\n\nevent: message\ndata: b\n\n", ["b"]),
            ("unknown: a\nretry: 10\ndata: a:b: c\n\n", ["a:b: c"]),
            ("data: a\n", []),
        })
        {
            var read = await page.EvaluateAsync<string[][]>(
                """
                text => {
                  const splits = [[text], [...text], ...Array.from({ length: text.length }, (_, i) => [text.slice(0, i), text.slice(i)])];
                  return splits.map(pieces => { const all = [], next = eventReader(data => all.push(data)); pieces.forEach(next); return all; });
                }
                """,
                text);

            read.Should().AllSatisfy(events => events.Should().Equal(expected), text);
        }
    }

    [BrowserFact]
    public async Task A_screen_reader_does_not_announce_each_item()
    {
        var page = await OpenAsync(_streams.Register(), "rows");
        await page.EvaluateAsync(
            """
            () => {
              window.said = [];
              for (const live of document.querySelectorAll('[role=status], [role=alert], [role=log], [aria-live]'))
                new MutationObserver(() => live.textContent && said.push(live.id + ': ' + live.textContent)).observe(live, { childList: true, characterData: true, subtree: true });
            }
            """);
        for (var i = 1; i <= 50; i++)
            _streams.Numbers.Writer.TryWrite(i);

        await SendAsync(page);
        await Expect(page.Locator("#items li")).ToHaveCountAsync(50);
        _streams.Numbers.Writer.Complete();
        await Expect(page.Locator("#status b")).ToHaveTextAsync("200 OK");

        var said = await page.EvaluateAsync<string[]>("said");
        said.Should().HaveCountLessThan(6).And.Contain("status: Streaming…").And.Contain(text => text.StartsWith("status: 200 OK", StringComparison.Ordinal));
    }

    [PackageFact("axe-core", needsBrowser: true)]
    public async Task A_stream_fits_a_phone_and_is_accessible()
    {
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            var streams = new Streams();
            var page = await OpenAsync(streams.Register(), "rows");
            await ResizeAsync(page, 400, 800);
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await page.Locator("#streams summary").ClickAsync();
            await SendAsync(page);
            streams.Numbers.Writer.TryWrite(int.MaxValue);
            await Expect(page.Locator("#items li")).ToHaveCountAsync(1);

            await ShouldBeFaultlessAsync(page);
            await Stop(page).ClickAsync();
            await Expect(page.Locator("#status b")).ToHaveTextAsync("Stopped");
            await ShouldBeFaultlessAsync(page);
            await page.CloseAsync();
        }
    }

    private static async Task ShouldBeFaultlessAsync(IPage page)
    {
        (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).Should().BeLessThanOrEqualTo(400);
        await page.EvaluateAsync(await File.ReadAllTextAsync(Path.Combine(Equipment.Packages, "axe-core/axe.min.js")));
        var faults = await page.EvaluateAsync<string[]>(
            "async () => (await axe.run()).violations.filter(v => ['serious', 'critical'].includes(v.impact)).map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' '))");
        faults.Should().BeEmpty();
    }

    private static async Task ShouldBeCutOffAsync(IPage page, int items, object words)
    {
        var after = items == 1 ? "after 1 item" : $"after {items} items";
        await Expect(page.Locator("#status")).ToHaveTextAsync(new Regex($"^Cut off · {after} · "));
        await Expect(page.Locator("#status")).ToHaveClassAsync(new Regex("bad"));
        await (words is Regex pattern ? Expect(page.Locator("#explain")).ToHaveTextAsync(pattern) : Expect(page.Locator("#explain")).ToHaveTextAsync((string)words));
        await Expect(page.Locator("#items li")).ToHaveCountAsync(items);
        await Expect(page.Locator("#reply")).ToBeHiddenAsync();
        await Expect(Stop(page)).ToBeHiddenAsync();
        await ShouldRememberAsync(page, $"cut off {after}");
    }

    private static Task ShouldRememberAsync(IPage page, string summary) =>
        Expect(page.Locator("#history small").First).ToHaveTextAsync(new Regex($@"^{Regex.Escape(summary)} · [\d:]+"));

    private static string Item(int item, int id = 1) => $"data: {{\"jsonrpc\":\"2.0\",\"method\":\"rpc.item\",\"params\":{{\"id\":{id},\"item\":{item}}}}}\n\n";

    private static async Task FulfillAsync(IPage page, string type, string body) =>
        await page.RouteAsync("**/*", route => route.FulfillAsync(new() { ContentType = type, Body = body }));

    private static ILocator Stop(IPage page) => page.GetByRole(AriaRole.Button, new() { Name = "Stop" });

    /// <summary>HttpListener notices that a client has disconnected when it sends something, such as a heartbeat.</summary>
    private Task<IPage> OpenStreamsAsync(string method)
    {
        var options = Options("Test");
        options.Protocol.StreamHeartbeat = TimeSpan.FromMilliseconds(100);
        return OpenAsync(MakeServer(0, _streams.Register(), options), method);
    }
}
