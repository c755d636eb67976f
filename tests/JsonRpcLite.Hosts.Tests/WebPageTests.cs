using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class WebPagesOnHttpListener() : WebPageTests(new HttpListenerHost());

public sealed class WebPagesInMemory() : WebPageTests(new InMemoryHost());

public sealed class WebPagesOnSockets() : WebPageTests(new SocketHost());

public sealed class WebPagesOnPortableSockets() : WebPageTests(new PortableSocketHost());

public sealed class WebPagesOnKestrel() : WebPageTests(new KestrelHost());

/// <summary>What a visitor's browser sends for a page that means harm, field for field as Chromium does: nothing of it calls the function.</summary>
public abstract class WebPageTests : HostTests
{
    private int _calls;

    private protected WebPageTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task A_page_whose_name_was_pointed_at_this_machine_cannot_call()
    {
        // DNS rebinding: to the browser the server is a part of the page's own site.
        var server = Serve(Count);
        var site = $"rebound.example:{server.Server.Address.Port}";

        var reply = await server.ExchangeAsync(RawRequest.Post("7").With("Host", site)
            .With("sec-ch-ua-platform", "\"Linux\"").With("User-Agent", "Mozilla/5.0").With("Content-Type", "application/json").With("Accept", "*/*").With("Origin", $"http://{site}")
            .With("Sec-Fetch-Site", "same-origin").With("Sec-Fetch-Mode", "cors").With("Sec-Fetch-Dest", "empty").With("Referer", $"http://{site}/").With("Accept-Language", "en"));

        ShouldBeRefused(reply);
        if (Can(Ability.AnswersEveryHost))
            (reply.Status, reply.Text.Contains("AllowedHosts", StringComparison.Ordinal)).Should().Be((403, true));
    }

    [Theory]
    // fetch(..., { method: "POST", mode: "no-cors", body })
    [InlineData("https://evil.example", "text/plain;charset=UTF-8", "no-cors", "empty")]
    // a form that sends itself
    [InlineData("https://evil.example", "application/x-www-form-urlencoded", "navigate", "document")]
    // the same with enctype text/plain, in a sandboxed frame
    [InlineData("null", "text/plain", "navigate", "iframe")]
    // navigator.sendBeacon
    [InlineData("https://evil.example", "application/json", "no-cors", "empty")]
    public async Task A_post_that_a_browser_sends_without_asking_first_is_403(string origin, string type, string mode, string destination)
    {
        var server = Serve(Count);

        var reply = await server.ExchangeAsync(RawRequest.Post("7").With("Content-Type", type).With("Origin", origin)
            .With("Sec-Fetch-Site", "cross-site").With("Sec-Fetch-Mode", mode).With("Sec-Fetch-Dest", destination).With("User-Agent", "Mozilla/5.0").With("Accept", "*/*"));

        ShouldBeRefused(reply);
        reply.Status.Should().Be(403);
        reply["Access-Control-Allow-Origin"].Should().BeNull();
    }

    [Fact]
    public async Task A_browser_that_asks_first_is_told_no()
    {
        var server = Serve(Count);

        var reply = await server.ExchangeAsync(new RawRequest("OPTIONS").With("Origin", "https://evil.example")
            .With("Access-Control-Request-Method", "POST").With("Access-Control-Request-Headers", "content-type").With("Access-Control-Request-Private-Network", "true")
            .With("Sec-Fetch-Site", "cross-site").With("Sec-Fetch-Mode", "cors").With("Sec-Fetch-Dest", "empty"));

        ShouldBeRefused(reply);
        reply.Fields.Should().NotContain(f => f.Name.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task What_programs_and_curl_send_is_never_in_the_way()
    {
        var server = Serve(Count);

        var curl = await server.ExchangeAsync(RawRequest.Post("7").With("User-Agent", "curl/8.5.0").With("Accept", "*/*").With("Content-Type", "application/x-www-form-urlencoded"));
        var bare = await server.ExchangeAsync(RawRequest.Post("7"));

        (curl.Text, bare.Text).Should().Be(("7", "7"));
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
