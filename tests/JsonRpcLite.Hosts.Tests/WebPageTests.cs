using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class WebPagesOnHttpListener() : WebPageTests(new HttpListenerHost());

public sealed class WebPagesInMemory() : WebPageTests(new InMemoryHost());

public sealed class WebPagesOnSockets() : WebPageTests(new SocketHost());

public sealed class WebPagesOnPortableSockets() : WebPageTests(new PortableSocketHost());

public sealed class WebPagesOnAspNetCore() : WebPageTests(new AspNetCoreHost());

/// <summary>What a visitor's browser sends for a malicious page, field for field as Chromium does: none of it calls the function.</summary>
public abstract class WebPageTests : HostTests
{
    private const string Good = "https://good.example";

    private int _calls;

    private protected WebPageTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task A_page_that_rebinds_DNS_to_this_machine_cannot_call()
    {
        // DNS rebinding: to the browser, the server is part of the page's own site.
        var server = Serve(Count);
        var site = $"rebound.example:{server.Server.Address.Port}";

        var reply = await server.ExchangeAsync(RawRequest.Post("7").With("Host", site)
            .With("sec-ch-ua-platform", "\"Linux\"").With("User-Agent", "Mozilla/5.0").With("Content-Type", "application/json").With("Accept", "*/*")
            .With("Origin", $"http://{site}")
            .With("Sec-Fetch-Site", "same-origin").With("Sec-Fetch-Mode", "cors").With("Sec-Fetch-Dest", "empty").With("Referer", $"http://{site}/").With("Accept-Language", "en"));

        ShouldBeRefused(reply);
        if (Can(Ability.AnswersEveryHost))
            (reply.Status, reply.Text.Contains("AllowedHosts", StringComparison.Ordinal)).Should().Be((403, true));
    }

    /// <summary>What a page can send to any address without a preflight (the Fetch standard's simple requests), with the headers that browsers add.</summary>
    public static TheoryData<string, string[]> SimplePosts => new()
    {
        { "fetch without CORS", ["Content-Type: text/plain;charset=UTF-8", "Origin: http://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors",
            "Sec-Fetch-Dest: empty"] },
        { "fetch of another port of this machine",
            ["Content-Type: text/plain;charset=UTF-8", "Origin: http://localhost:1", "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty"] },
        { "fetch with CORS", ["Content-Type: text/plain;charset=UTF-8", "Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors",
            "Sec-Fetch-Dest: empty"] },
        { "fetch without a type", ["Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty"] },
        { "a form", ["Content-Type: application/x-www-form-urlencoded", "Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate",
            "Sec-Fetch-User: ?1", "Sec-Fetch-Dest: document"] },
        { "a form as text, in a sandboxed frame",
            ["Content-Type: text/plain", "Origin: null", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"] },
        { "a beacon", ["Content-Type: application/json", "Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty"] },
        { "a type that looks like JSON",
            ["Content-Type: text/plain; x=application/json", "Origin: https://evil.example", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty"] },
        { "a browser that tells the origin only", ["Content-Type: text/plain", "Origin: http://evil.example", "Referer: http://evil.example/"] },
        { "a browser that hides the origin", ["Content-Type: text/plain", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty"] },
    };

    [Theory]
    [MemberData(nameof(SimplePosts))]
    public async Task A_POST_that_a_browser_sends_without_a_preflight_is_403(string what, string[] fields)
    {
        var server = Serve(Count, o => o.AllowedOrigins = [Good]);

        var reply = await server.ExchangeAsync(OfBrowser(RawRequest.Post("7"), fields));

        ShouldBeRefused(reply);
        reply.Status.Should().Be(403, what);
        reply["Access-Control-Allow-Origin"].Should().BeNull();
    }

    [Theory]
    [InlineData("text/plain;charset=UTF-8")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task Even_an_allowed_page_calls_with_JSON_only(string type)
    {
        var server = Serve(Count, o => o.AllowedOrigins = [Good]);

        var reply = await server.ExchangeAsync(
            OfBrowser(RawRequest.Post("7"), $"Content-Type: {type}", $"Origin: {Good}", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: empty"));

        ShouldBeRefused(reply);
        reply.Status.Should().Be(403);
    }

    [Fact]
    public async Task An_allowed_page_sends_a_preflight_calls_and_reads()
    {
        var server = Serve(Count, o => o.AllowedOrigins = [Good]);
        string[] cors = [$"Origin: {Good}", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"];

        var asked = await server.ExchangeAsync(
            OfBrowser(new RawRequest("OPTIONS"), [.. cors, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type"]));
        var called = await server.ExchangeAsync(OfBrowser(RawRequest.Post("7"), [.. cors, "Content-Type: application/json"]));

        (asked.Status, asked["Access-Control-Allow-Origin"], asked["Access-Control-Allow-Headers"], asked["Access-Control-Allow-Credentials"])
            .Should().Be((204, Good, "content-type", null));
        (called.Status, called.Text, called["Access-Control-Allow-Origin"], called["Vary"]).Should().Be((200, "7", Good, "Origin"));
        _calls.Should().Be(1);
    }

    [Theory]
    [InlineData("https://good.example:443", "https://good.example")]
    [InlineData("http://good.example:80/", "http://good.example")]
    [InlineData("https://good.example:8443", "https://good.example:8443")]
    [InlineData("https://GOOD.example", "https://good.example")]
    [InlineData("https://bücher.example", "https://xn--bcher-kva.example")]
    [InlineData("http://[0:0::1]:80", "http://[::1]")]
    public async Task An_allowed_page_is_recognized_however_its_origin_was_written(string written, string sent)
    {
        var server = Serve(Count, o => o.AllowedOrigins = [written]);

        var called = await server.ExchangeAsync(
            OfBrowser(RawRequest.Post("7"), $"Origin: {sent}", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Content-Type: application/json"));

        (called.Status, called.Text, called["Access-Control-Allow-Origin"]).Should().Be((200, "7", sent));
    }

    [Theory]
    [InlineData("cross-site", "no-cors", "image")]
    [InlineData("same-site", "no-cors", "image")]
    [InlineData("Same-Site", "no-cors", "script")]
    [InlineData("same-site", "navigate", "iframe")]
    public async Task A_page_of_another_port_reaches_no_handler_by_GET(string site, string mode, string destination)
    {
        var server = ServeRaw((_, _) =>
        {
            _calls++;
            return default;
        });

        var image = await server.ExchangeAsync(OfBrowser(RawRequest.Get("/delete-all"), $"Sec-Fetch-Site: {site}", $"Sec-Fetch-Mode: {mode}", $"Sec-Fetch-Dest: {destination}"));

        ShouldBeRefused(image);
        var own = await server.ExchangeAsync(OfBrowser(RawRequest.Get("/own"), "Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"));
        var link = await server.ExchangeAsync(OfBrowser(RawRequest.Get("/page"), $"Sec-Fetch-Site: {site}", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"));
        (own.Status, link.Status, _calls).Should().Be((200, 200, 2));
    }

    [Fact]
    public async Task An_allowed_page_can_read_the_reply_to_a_call_that_timed_out()
    {
        var server = ServeAsync(async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            return null;
        }, o => o.AllowedOrigins = [Good]);

        var calling = server.ExchangeAsync(OfBrowser(RawRequest.Post("7"), $"Origin: {Good}", "Content-Type: application/json", "JsonRpc-Timeout-Ms: 1000"));
        Clock.AdvanceUntil(calling);
        var reply = await calling;

        (reply.Status, reply["Access-Control-Allow-Origin"], reply["Vary"]).Should().Be((504, Good, "Origin"));
    }

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("http://good.example")]
    [InlineData("https://good.example:444")]
    [InlineData("https://good.example.evil.example")]
    [InlineData("https://evilgood.example")]
    [InlineData("null")]
    public async Task An_origin_that_only_resembles_an_allowed_one_is_refused(string origin)
    {
        var server = Serve(Count, o => o.AllowedOrigins = [Good]);
        string[] cors = [$"Origin: {origin}", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"];

        var asked = await server.ExchangeAsync(
            OfBrowser(new RawRequest("OPTIONS"), [.. cors, "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type"]));
        var called = await server.ExchangeAsync(OfBrowser(RawRequest.Post("7"), [.. cors, "Content-Type: application/json"]));

        foreach (var reply in new[] { asked, called })
        {
            ShouldBeRefused(reply);
            reply.Fields.Should().NotContain(f => f.Name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>A link or a typed address is not a call, and shows no page under a name that is not the server's.</summary>
    [Fact]
    public async Task A_page_that_rebinds_DNS_to_this_machine_sees_nothing_by_GET()
    {
        var server = Serve(Count, o => o.Discovery.Playground = true);
        var site = $"rebound.example:{server.Server.Address.Port}";

        var opened = await server.ExchangeAsync(
            OfBrowser(RawRequest.Get("/"), $"Host: {site}", "Upgrade-Insecure-Requests: 1", "Accept: text/html,application/xhtml+xml,*/*;q=0.8"));
        var own = await server.ExchangeAsync(OfBrowser(RawRequest.Get("/"), "Upgrade-Insecure-Requests: 1", "Accept: text/html,application/xhtml+xml,*/*;q=0.8"));

        ShouldBeRefused(opened);
        (own.Status, own["Content-Type"]).Should().Be((200, "text/html; charset=utf-8"));
    }

    [Fact]
    public async Task A_preflight_of_a_foreign_page_is_refused()
    {
        var server = Serve(Count);

        var reply = await server.ExchangeAsync(new RawRequest("OPTIONS").With("Origin", "https://evil.example")
            .With("Access-Control-Request-Method", "POST").With("Access-Control-Request-Headers", "content-type").With("Access-Control-Request-Private-Network", "true")
            .With("Sec-Fetch-Site", "cross-site").With("Sec-Fetch-Mode", "cors").With("Sec-Fetch-Dest", "empty"));

        ShouldBeRefused(reply);
        reply.Fields.Should().NotContain(f => f.Name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_guard_accepts_the_requests_of_programs_and_curl()
    {
        var server = Serve(Count);

        var curl = await server.ExchangeAsync(
            RawRequest.Post("7").With("User-Agent", "curl/8.5.0").With("Accept", "*/*").With("Content-Type", "application/x-www-form-urlencoded"));
        var bare = await server.ExchangeAsync(RawRequest.Post("7"));

        (curl.Text, bare.Text).Should().Be(("7", "7"));
    }

    /// <summary>The request with the headers that a browser sends with every request.</summary>
    private static RawRequest OfBrowser(RawRequest request, params string[] fields)
    {
        string[] always = ["User-Agent: Mozilla/5.0 (X11; Linux x86_64)", "Accept-Encoding: gzip, deflate, br, zstd", "Accept-Language: en-US,en;q=0.9"];
        return fields.Concat(always).Select(line => line.Split(": ", 2)).Aggregate(request, (all, pair) => all.With(pair[0], pair[1]));
    }

    private void ShouldBeRefused(RawReply reply)
    {
        reply.Status.Should().BeInRange(400, 499);
        _calls.Should().Be(0);
    }

    private JsonNode? Count(JsonNode? command)
    {
        _calls++;
        return command;
    }
}
