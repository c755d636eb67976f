using System.Text;
using System.Text.Json.Nodes;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests.Handlers;

/// <summary>Which requests get the page, and under which rules. The page itself is tested in a browser.</summary>
public class PlaygroundHandlerTests
{
    [Theory]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")]
    [InlineData("application/json, Text/HTML;q=0.5")]
    public async Task A_browser_that_opens_the_address_gets_the_page(string accept)
    {
        var reply = await GetAsync(accept);

        reply.StatusCode.Should().Be(200);
        reply.ResponseHeaders["Content-Type"].Should().Be("text/html; charset=utf-8");
        Text(reply).Should().StartWith("<!doctype html>").And.NotContain("{{").And.Contain("data-kind=\"methods\"");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("*/*")]
    [InlineData("application/json")]
    [InlineData("text/html;q=0")]
    [InlineData("text/html-like")]
    public async Task A_client_that_does_not_accept_HTML_is_advised_to_POST(string? accept)
    {
        var reply = await GetAsync(accept);

        (reply.StatusCode, reply.ResponseHeaders["Allow"]).Should().Be((405, "POST, QUERY"));
    }

    [Fact]
    public async Task The_content_security_policy_allows_only_the_pages_script_and_style_by_a_nonce_per_reply()
    {
        var (first, second) = (await GetAsync("text/html"), await GetAsync("text/html"));

        var policy = first.ResponseHeaders["Content-Security-Policy"]!;
        var nonce = policy.Split("'nonce-")[1].Split('\'')[0];
        policy.Should().Contain("default-src 'none'").And.Contain("connect-src 'self'").And.Contain("frame-ancestors 'none'").And.NotContain("unsafe");
        Text(first).Should().Contain($"<script nonce=\"{nonce}\">").And.Contain($"<style nonce=\"{nonce}\">").And.NotContain("http://");
        // The example that a form shows is not loaded.
        Text(first).Replace("'https://example.com/page'", "", StringComparison.Ordinal).Should().NotContain("https://");
        second.ResponseHeaders["Content-Security-Policy"].Should().NotBe(policy);
        first.ResponseHeaders["Cache-Control"].Should().Be("no-store");
    }

    [Fact]
    public async Task The_page_is_small_and_reveals_no_names()
    {
        var reply = await GetAsync("text/html", options => options.Discovery.Title = "Secret shop");

        reply.ResponseBody.Length.Should().BeLessThan(88 * 1024);
        Text(reply).Should().NotContain("Secret").And.NotContain("hidden.method");
    }

    [Theory]
    [InlineData("localhost", null, true)]
    [InlineData("127.0.0.1", null, true)]
    [InlineData("[::1]", null, true)]
    [InlineData("*", null, false)]
    [InlineData("192.168.1.5", null, false)]
    [InlineData("shop.example", null, false)]
    [InlineData("*", true, true)]
    [InlineData("localhost", false, false)]
    public async Task It_is_on_by_default_on_loopback_alone(string hostName, bool? playground, bool isThere)
    {
        var reply = await GetAsync("text/html", options => (options.HostName, options.Discovery.Playground) = (hostName, playground));

        reply.StatusCode.Should().Be(isThere ? 200 : 405);
    }

    [Fact]
    public async Task A_custom_handler_keeps_all_of_its_paths()
    {
        var memory = new InMemoryTransport();
        using var server = MakeServer(0, MakeHandler((JsonNode? x) => x), new() { Transport = memory });

        (await GetAsync("text/html", memory, server)).StatusCode.Should().Be(405);
    }

    [Fact]
    public async Task A_link_from_another_site_may_open_it_and_a_script_may_not_read_it()
    {
        var opened = await GetAsync("text/html", fields: [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]);
        var read = await GetAsync("text/html", fields: [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty")]);

        (opened.StatusCode, read.StatusCode).Should().Be((200, 403));
    }

    private static async Task<HttpExchange> GetAsync(string? accept, Action<JsonRpcServerOptions>? configure = null, (string, string)[]? fields = null)
    {
        var memory = new InMemoryTransport();
        var options = new JsonRpcServerOptions { Transport = memory };
        configure?.Invoke(options);
        using var server = MakeServer(0, new JsonRpcMethods().Add("hidden.method", () => 1), options);
        return await GetAsync(accept, memory, server, fields);
    }

    private static async Task<HttpExchange> GetAsync(string? accept, InMemoryTransport memory, JsonRpcServer server, (string, string)[]? fields = null)
    {
        var exchange = new HttpExchange { Address = server.Address, Method = "GET" };
        if (accept is not null)
            exchange.RequestHeaders["Accept"] = accept;
        foreach (var (name, value) in fields ?? [])
            exchange.RequestHeaders[name] = value;
        using var transport = memory.CreateClient();
        await transport.SendAsync(exchange, CancellationToken.None);
        return exchange;
    }

    private static string Text(HttpExchange reply) => Encoding.UTF8.GetString(reply.ResponseBody.WrittenSpan);
}
