namespace JsonRpcLite.Tests;

/// <summary>
/// The guard and the rule of origins, without a server: which requests pass, by their heads alone. Hosts.Tests and Browser.Tests test what browsers really send.
/// </summary>
public class BrowserGuardTests
{
    private bool _hasPassed;

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST:8080", true)]
    [InlineData("app.localhost.", true)]
    [InlineData("127.0.0.1:1", true)]
    [InlineData("[::1]:80", true)]
    [InlineData("192.0.2.7", true)]
    [InlineData("api.example", true)]
    [InlineData("api.example.:443", true)]
    [InlineData("evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("user@localhost", false)]
    [InlineData("[::1", false)]
    [InlineData("[::1]x", false)]
    public async Task A_name_of_the_server_or_an_IP_address_passes_and_any_other_name_is_403(string host, bool passes)
    {
        var exchange = await HandleAsync("POST", $"Host: {host}");

        _hasPassed.Should().Be(passes);
        exchange.StatusCode.Should().Be(passes ? 200 : 403);
    }

    [Fact]
    public async Task Without_a_Host_only_HTTP_1_0_passes()
    {
        (await HandleAsync("POST")).StatusCode.Should().Be(400);
        _hasPassed.Should().BeFalse();

        await HandleAsync("POST", version: System.Net.HttpVersion.Version10);
        _hasPassed.Should().BeTrue();
    }

    [Theory]
    [InlineData("http://evil.example/", false)]
    [InlineData("http://localhost:80/x", true)]
    public async Task An_absolute_target_is_judged_by_its_own_host(string target, bool passes)
    {
        await HandleAsync("POST", "Host: localhost", target: target);

        _hasPassed.Should().Be(passes);
    }

    [Theory]
    [InlineData("Origin: https://good.example|Content-Type: application/json", true)]
    [InlineData("Origin: https://GOOD.example|Content-Type: application/problem+json; x=y", true)]
    [InlineData("Origin: http://localhost|Content-Type: application/json", true)]
    [InlineData("Origin: https://localhost|Content-Type: application/json", false)]
    [InlineData("Origin: http://localhost:1|Content-Type: application/json", false)]
    [InlineData("Origin: https://good.example|Content-Type: text/plain", false)]
    [InlineData("Origin: https://good.example", false)]
    [InlineData("Origin: null|Content-Type: application/json", false)]
    [InlineData("Sec-Fetch-Site: cross-site|Content-Type: application/json", false)]
    [InlineData("Sec-Fetch-Site: same-site|Content-Type: application/json", false)]
    [InlineData("Sec-Fetch-Site: same-origin|Content-Type: application/json", true)]
    [InlineData("Sec-Fetch-Site: none|Content-Type: application/json", true)]
    public async Task A_pages_POST_passes_only_with_an_allowed_origin_and_as_JSON(string fields, bool passes)
    {
        await HandleAsync("POST", [.. fields.Split('|'), "Host: localhost"]);

        _hasPassed.Should().Be(passes);
    }

    [Theory]
    [InlineData("GET", "cross-site", "navigate", "document", true)]
    [InlineData("GET", "same-site", "navigate", "document", true)]
    [InlineData("GET", "cross-site", "navigate", "iframe", false)]
    [InlineData("GET", "cross-site", "no-cors", "image", false)]
    [InlineData("POST", "cross-site", "navigate", "document", false)]
    public async Task A_link_from_elsewhere_opens_a_page_and_nothing_else(string method, string site, string mode, string destination, bool passes)
    {
        await HandleAsync(method, "Host: localhost", $"Sec-Fetch-Site: {site}", $"Sec-Fetch-Mode: {mode}", $"Sec-Fetch-Dest: {destination}");

        _hasPassed.Should().Be(passes);
    }

    [Fact]
    public async Task A_preflight_of_an_allowed_page_is_answered_by_the_guard()
    {
        var exchange = await HandleAsync(
            "OPTIONS", "Host: localhost", "Origin: https://good.example", "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: x-a");

        (_hasPassed, exchange.StatusCode).Should().Be((false, 204));
        (exchange.ResponseHeaders["Access-Control-Allow-Methods"], exchange.ResponseHeaders["Access-Control-Allow-Headers"]).Should().Be(("POST, QUERY", "x-a"));
        exchange.ResponseHeaders["Access-Control-Allow-Origin"].Should().Be("https://good.example");
    }

    [Fact]
    public async Task The_origin_of_an_allowed_page_is_a_standing_field_that_clearing_the_reply_keeps()
    {
        var exchange = await HandleAsync("POST", "Host: localhost", "Origin: https://good.example", "Content-Type: application/json");

        exchange.ResponseHeaders["Vary"] = "Accept";
        exchange.Standing.ApplyTo(exchange.ResponseHeaders);

        exchange.ResponseHeaders["Vary"].Should().Be("Accept, Origin", "what a handler varies by counts too");
        exchange.ClearResponse();
        exchange.ResponseHeaders.Should().BeEmpty();
        exchange.Standing.ApplyTo(exchange.ResponseHeaders);
        exchange.ResponseHeaders["Access-Control-Allow-Origin"].Should().Be("https://good.example");
    }

    private Task<HttpExchange> HandleAsync(string method, params string[] fields) => HandleAsync(method, fields, "/", null);

    private Task<HttpExchange> HandleAsync(string method, string field, string target) => HandleAsync(method, [field], target, null);

    private Task<HttpExchange> HandleAsync(string method, Version version) => HandleAsync(method, [], "/", version);

    private async Task<HttpExchange> HandleAsync(string method, string[] fields, string target, Version? version)
    {
        _hasPassed = false;
        var options = new JsonRpcServerOptions { AllowedHosts = ["api.example"], AllowedOrigins = ["https://good.example"] }.Freeze();
        var hosts = new ServerNames(options);
        var crossOrigin = new CrossOriginRule(options, hosts);
        var guard = new BrowserGuard(hosts, crossOrigin, CallMethods.All, ErrorReply.ForPlain, (_, _) =>
        {
            _hasPassed = true;
            return default;
        });
        var exchange = new HttpExchange { Method = method, Target = target, ProtocolVersion = version ?? System.Net.HttpVersion.Version11 };
        foreach (var field in fields)
            exchange.RequestHeaders.Add(field.Split(": ", 2)[0], field.Split(": ", 2)[1]);

        crossOrigin.LetRead(exchange);
        await guard.HandleAsync(exchange, default);
        exchange.Standing.ApplyTo(exchange.ResponseHeaders);
        return exchange;
    }
}
