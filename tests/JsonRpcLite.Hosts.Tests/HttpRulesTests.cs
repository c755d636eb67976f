using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class HttpRulesOnHttpListener() : HttpRulesTests(new HttpListenerHost());

public sealed class HttpRulesInMemory() : HttpRulesTests(new InMemoryHost());

public sealed class HttpRulesOnSockets() : HttpRulesTests(new SocketHost());

public sealed class HttpRulesOnPortableSockets() : HttpRulesTests(new PortableSocketHost());

public sealed class HttpRulesOnAspNetCore() : HttpRulesTests(new AspNetCoreHost());

/// <summary>Requests that are refused before any function runs, and their replies: the HTTP part of the contract.</summary>
public abstract class HttpRulesTests : HostTests
{
    private int _calls;

    private protected HttpRulesTests(Host host)
        : base(host)
    {
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("OPTIONS")]
    public async Task A_method_other_than_POST_is_405(string method)
    {
        var server = Serve(Count);

        var reply = await server.ExchangeAsync(new RawRequest(method, Body: method is "GET" or "DELETE" or "OPTIONS" ? null : []));

        reply.Status.Should().Be(405);
        reply["Allow"].Should().Be("POST");
        ShouldBeRefused(reply);
    }

    [Fact]
    public async Task HEAD_is_405_without_a_body()
    {
        var server = Serve(Count);

        var reply = await server.ExchangeAsync(new RawRequest("HEAD"));

        reply.Status.Should().Be(405);
        reply["Allow"].Should().Be("POST");
        reply.Body.Should().BeEmpty();
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    [InlineData("/health/ready?x=1")]
    public async Task Health_is_200_by_GET_and_a_call_by_POST(string target)
    {
        var server = Serve(Count);

        var get = await server.ExchangeAsync(RawRequest.Get(target));
        var head = await server.ExchangeAsync(new RawRequest("HEAD", target));
        var post = await server.ExchangeAsync(RawRequest.Post("7") with { Target = target });

        (get.Status, get.Text).Should().Be((200, """{"status":"ok"}"""));
        get["Cache-Control"].Should().Be("no-store");
        (head.Status, head.Body.Length, head["Content-Length"]).Should().Be((200, 0, "15"));
        (post.Status, post.Text).Should().Be((200, "7"));
    }

    [Fact]
    public async Task Health_is_answered_before_the_guard()
    {
        var server = Serve(Count);

        var reply = await server.ExchangeAsync(RawRequest.Get("/health/live").With("Origin", "https://evil.example"));

        reply.Status.Should().Be(200);
    }

    [Fact]
    public async Task A_body_at_the_limit_passes_and_one_byte_more_is_413()
    {
        var server = Serve(Count, o => o.Limits.MaxRequestBodySize = 100);

        var passed = await server.ExchangeAsync(RawRequest.Post('"' + new string('x', 98) + '"'));
        var refused = await server.ExchangeAsync(RawRequest.Post('"' + new string('x', 99) + '"'));

        passed.Status.Should().Be(200);
        refused.Status.Should().Be(413);
        refused.Text.Should().Contain("100 bytes").And.Contain("MaxRequestBodySize");
        _calls.Should().Be(1);
        ErrorOf(refused)["code"]!.GetValue<int>().Should().Be(JsonRpcErrorCodes.Refused);
        refused.IsLast.Should().BeTrue();
    }

    [Fact]
    public async Task A_Content_Length_over_the_limit_is_413_before_the_body_arrives()
    {
        var server = Serve(Count);

        var reply = await server.ExchangeAsync(
            new RawRequest { Body = [] }.With("Content-Length", (16L * 1024 * 1024 + 1).ToString(System.Globalization.CultureInfo.InvariantCulture)));

        reply.Status.Should().Be(413);
        ShouldBeRefused(reply);
    }

    [Fact]
    public async Task Sixteen_mebibytes_are_read_whole()
    {
        var server = Serve(command => command!.GetValue<string>().Length, o => o.Limits.MaxResponseBodySize = 1024);
        var body = new byte[16 * 1024 * 1024];
        body.AsSpan().Fill((byte)'x');
        body[0] = body[^1] = (byte)'"';

        var reply = await server.ExchangeAsync(RawRequest.Post(body));

        (reply.Status, reply.Text).Should().Be((200, "16777214"));
    }

    [Fact]
    public async Task A_reply_at_the_limit_passes_and_one_byte_more_is_an_error()
    {
        var server = Serve(command => new string('x', command!.GetValue<int>()), o => o.Limits.MaxResponseBodySize = 5000);

        var passed = await server.ExchangeAsync(RawRequest.Post("4998"));
        var refused = await server.ExchangeAsync(RawRequest.Post("4999"));

        passed.Body.Length.Should().Be(5000);
        refused.Status.Should().Be(500);
        refused.Text.Should().Be(
            """{"error":{"code":-32011,"message":"The reply is larger than the limit of 5000 bytes (JsonRpcServerOptions.Limits.MaxResponseBodySize of the server)."}}""");
    }

    [Theory]
    [InlineData("application/json; charset=utf-8", 200)]
    [InlineData("application/json; charset=\"UTF-8\"", 200)]
    [InlineData("application/json;charset=utf8", 200)]
    [InlineData("application/json; charset=iso-8859-1", 415)]
    [InlineData("text/plain; charset=utf-16", 415)]
    [InlineData("text/plain; charset=", 415)]
    [InlineData("application/x-www-form-urlencoded", 200)]
    [InlineData("text/plain", 200)]
    [InlineData("nonsense", 200)]
    [InlineData(null, 200)]
    public async Task Any_content_type_is_accepted_but_no_charset_other_than_UTF8(string? type, int status)
    {
        var server = Serve(Count);

        var request = RawRequest.Post("7");
        var reply = await server.ExchangeAsync(type is null ? request : request.With("Content-Type", type));

        reply.Status.Should().Be(status);
        _calls.Should().Be(status == 200 ? 1 : 0);
        if (status != 200)
            ShouldBeRefused(reply);
    }

    [Theory]
    [InlineData("identity", 200)]
    [InlineData("Identity", 200)]
    [InlineData("gzip", 415)]
    [InlineData("br, gzip", 415)]
    public async Task A_compressed_body_is_415(string encoding, int status)
    {
        var server = Serve(Count);

        var reply = await server.ExchangeAsync(RawRequest.Post("7").With("Content-Encoding", encoding));

        reply.Status.Should().Be(status);
        if (status != 200)
            ShouldBeRefused(reply);
    }

    [Theory]
    [InlineData("https://evil.example", "application/json", 403)]
    [InlineData("null", "application/json", 403)]
    [InlineData("http://localhost:1", "application/json", 403)]
    [InlineData("https://good.example", "application/json", 200)]
    [InlineData("https://good.example", "application/json; charset=utf-8", 200)]
    [InlineData("https://good.example", "application/x+json", 200)]
    [InlineData("https://good.example", "text/plain", 403)]
    [InlineData("https://good.example", null, 403)]
    [InlineData("https://good.example.evil.example", "application/json", 403)]
    [InlineData("http://good.example", "application/json", 403)]
    public async Task A_web_page_may_call_only_from_an_allowed_origin_and_with_JSON(string origin, string? type, int status)
    {
        var server = Serve(Count, o => o.AllowedOrigins = ["https://good.example"]);

        var request = RawRequest.Post("7").With("Origin", origin);
        var reply = await server.ExchangeAsync(type is null ? request : request.With("Content-Type", type));

        reply.Status.Should().Be(status);
        _calls.Should().Be(status == 200 ? 1 : 0);
        if (status != 200)
            ShouldBeRefused(reply);
    }

    [Fact]
    public async Task An_allowed_page_gets_the_CORS_headers_to_call_and_read()
    {
        var server = Serve(_ => throw new JsonRpcException(1, "no"), o => o.AllowedOrigins = ["https://good.example"]);
        var preflight = new RawRequest("OPTIONS").With("Access-Control-Request-Method", "POST").With("Access-Control-Request-Headers", "content-type,authorization");

        var asked = await server.ExchangeAsync(preflight.With("Origin", "https://good.example"));
        var foreign = await server.ExchangeAsync(preflight.With("Origin", "https://evil.example"));
        var failed = await server.ExchangeAsync(RawRequest.Post("1").With("Origin", "https://good.example").With("Content-Type", "application/json"));
        var program = await server.ExchangeAsync(RawRequest.Post("1"));

        asked.Status.Should().Be(204);
        (asked["Access-Control-Allow-Origin"], asked["Access-Control-Allow-Methods"], asked["Access-Control-Allow-Headers"], asked["Vary"])
            .Should().Be(("https://good.example", "POST", "content-type,authorization", "Origin"));
        (foreign.Status, foreign["Access-Control-Allow-Origin"]).Should().Be((403, null));
        (failed.Status, failed["Access-Control-Allow-Origin"], failed["Vary"]).Should().Be((500, "https://good.example", "Origin"));
        (program["Access-Control-Allow-Origin"], program["Vary"]).Should().Be((null, null));
    }

    [Fact]
    public async Task The_servers_own_origin_is_allowed()
    {
        var server = Serve(Count);
        var host = server.Server.Address.Authority;

        var own = await server.ExchangeAsync(RawRequest.Post("7").With("Host", host).With("Origin", $"http://{host}").With("Content-Type", "application/json"));
        var other = await server.ExchangeAsync(RawRequest.Post("7").With("Host", host).With("Origin", $"https://{host}").With("Content-Type", "application/json"));

        own.Status.Should().Be(200);
        other.Status.Should().Be(403);
    }

    [Theory]
    [InlineData("cross-site", 403)]
    [InlineData("same-site", 403)]
    [InlineData("same-origin", 200)]
    [InlineData("none", 200)]
    public async Task A_request_of_another_site_or_port_without_an_origin_is_403(string site, int status)
    {
        var server = Serve(Count);

        var reply = await server.ExchangeAsync(RawRequest.Post("7").With("Sec-Fetch-Site", site));

        reply.Status.Should().Be(status);
    }

    [Fact]
    public async Task A_followed_link_passes_the_guard_and_an_embedded_request_does_not()
    {
        var server = Serve(Count);
        var crossSite = RawRequest.Get("/").With("Sec-Fetch-Site", "cross-site");

        var link = await server.ExchangeAsync(crossSite.With("Sec-Fetch-Mode", "navigate").With("Sec-Fetch-Dest", "document"));
        var frame = await server.ExchangeAsync(crossSite.With("Sec-Fetch-Mode", "navigate").With("Sec-Fetch-Dest", "iframe"));
        var image = await server.ExchangeAsync(crossSite.With("Sec-Fetch-Mode", "no-cors").With("Sec-Fetch-Dest", "image"));

        // There is no page here: a link gets as far as the rule that a call is a POST.
        link.Status.Should().Be(405);
        frame.Status.Should().Be(403);
        image.Status.Should().Be(403);
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:80")]
    [InlineData("localhost.evil.example")]
    [InlineData("127.0.0.1.evil.example")]
    public async Task A_foreign_host_is_403_and_named(string host)
    {
        var server = Serve(Count);

        var reply = await server.ExchangeAsync(RawRequest.Post("7").With("Host", host));

        _calls.Should().Be(0);
        if (Can(Ability.AnswersEveryHost))
        {
            reply.Status.Should().Be(403);
            reply.Text.Should().Contain(host).And.Contain("AllowedHosts");
            ShouldBeRefused(reply);
        }
        else
        {
            reply.Status.Should().Be(404);
        }
    }

    [Theory]
    [InlineData("http://evil.example/", "localhost", false)]
    [InlineData("http://localhost:80@evil.example/", "localhost", false)]
    [InlineData("http://evil.example?@localhost/", "localhost", false)]
    [InlineData("http://LOCALHOST:1/", "localhost:1", true)]
    [InlineData("http://localhost", "localhost", true)]
    public async Task A_target_that_names_a_host_is_called_by_that_name(string target, string host, bool isOwn)
    {
        var server = Serve(Count);

        var reply = await server.ExchangeAsync((RawRequest.Post("7") with { Target = target }).With("Host", host));

        // Some transports refuse the others themselves.
        reply.Status.Should().Match(status => isOwn ? status == 200 : status >= 400 && status < 500);
        _calls.Should().Be(isOwn ? 1 : 0);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST")]
    [InlineData("127.0.0.1")]
    public async Task A_loopback_host_passes(string host)
    {
        var server = Serve(Count);

        var reply = await server.ExchangeAsync(RawRequest.Post("7").With("Host", $"{host}:{server.Server.Address.Port}"));

        reply.Status.Should().Be(200);
    }

    [Theory]
    [InlineData("[::1]:80")]
    [InlineData("192.168.1.9")]
    [InlineData("app.localhost:80")]
    [InlineData("localhost.")]
    [InlineData("good.example")]
    [InlineData("GOOD.example:8080")]
    [InlineData("dot.example")]
    [InlineData("dot.example.:80")]
    [InlineData("xn--bcher-kva.example")]
    public async Task Addresses_and_allowed_names_pass(string host)
    {
        // If the transport checks Host itself, only a server on every interface sees such a name.
        var server = Serve(Count, o =>
        {
            o.AllowedHosts = ["good.example", "dot.example.", "bücher.example"];
            o.HostName = Can(Ability.AllowsHostsOnLoopback) ? "localhost" : "*";
        });

        var reply = await server.ExchangeAsync(RawRequest.Post("7").With("Host", host));
        var foreign = await server.ExchangeAsync(RawRequest.Post("7").With("Host", "evil.example"));

        reply.Status.Should().Be(host[0] == '[' && !Can(Ability.TakesIPv6Hosts) ? 400 : 200);
        foreign.Status.Should().Be(403);
    }

    [Fact]
    public async Task A_request_without_a_host_is_400_in_HTTP_1_1_and_passes_in_1_0()
    {
        var server = Serve(Count);
        var request = new RawRequest(Body: "7"u8.ToArray()) { AddsFraming = false }.With("Content-Length", "1");

        var old = await server.ExchangeAsync(request with { Version = "1.0" });
        var now = await server.ExchangeAsync(request);

        old.Status.Should().Be(200);
        now.Status.Should().Be(400);
        _calls.Should().Be(1);
        if (Can(Ability.AnswersMissingHost))
            ShouldBeRefused(now, calls: 1);
    }

    [Fact]
    public async Task A_target_at_the_limit_passes_and_one_character_more_is_414()
    {
        var server = Serve(Count, o => o.Limits.MaxRequestTargetSize = 1000);

        var passed = await server.ExchangeAsync(RawRequest.Post("7") with { Target = "/" + new string('x', 999) });
        var refused = await server.ExchangeAsync(RawRequest.Post("7") with { Target = "/" + new string('x', 1000) });

        passed.Status.Should().Be(200);
        refused.Status.Should().Be(414);
        ShouldBeRefused(refused, calls: 1);
    }

    [Fact]
    public async Task As_many_fields_as_allowed_pass_and_one_more_is_431()
    {
        var server = Serve(Count, o => o.Limits.MaxRequestHeaderCount = 50);
        var few = RawRequest.Post("7");
        var added = Can(Ability.HasWire) ? 2 : 1;
        while (few.Fields.Count < 50 - added)
            few = few.With($"X-{few.Fields.Count}", "1");

        var passed = await server.ExchangeAsync(few);
        var refused = await server.ExchangeAsync(few.With("X-More", "1"));

        passed.Status.Should().Be(200);
        refused.Status.Should().Be(431);
        ShouldBeRefused(refused, calls: 1);
    }

    [Fact]
    public async Task A_head_at_the_limit_passes_and_one_byte_more_is_431()
    {
        var request = RawRequest.Post("7").With("X-Long", new string('x', 1000));
        var size = 0;
        var measuring = ServeRaw((exchange, _) =>
        {
            size = exchange.Target.Length + exchange.RequestHeaders.Sum(f => f.Key.Length + f.Value.Length + 4);
            return default;
        });
        await measuring.ExchangeAsync(request);

        var passed = await Serve(Count, o => o.Limits.MaxRequestHeadSize = size).ExchangeAsync(request);
        var refused = await Serve(Count, o => o.Limits.MaxRequestHeadSize = size - 1).ExchangeAsync(request);

        passed.Status.Should().Be(200);
        refused.Status.Should().Be(431);
        refused.Text.Should().Contain($"{size - 1} bytes");
        ShouldBeRefused(refused, calls: 1);
    }

    [Fact]
    public async Task A_body_without_Content_Length_passes_at_the_limit_and_one_byte_more_is_413()
    {
        if (!Can(Ability.ReadsChunked) || !Can(Ability.HasWire))
            return;
        var server = Serve(Count, o => o.Limits.MaxRequestBodySize = 100);

        var passed = await server.ExchangeAsync(Chunked('"' + new string('x', 98) + '"'));
        var refused = await server.ExchangeAsync(Chunked('"' + new string('x', 99) + '"'));

        passed.Status.Should().Be(200);
        refused.Status.Should().Be(413);
        refused.Text.Should().Contain("100 bytes").And.Contain("MaxRequestBodySize");
        ShouldBeRefused(refused, calls: 1);

        static RawRequest Chunked(string body) =>
            RawRequest.Post(string.Concat(body.Chunk(7).Select(c => $"{c.Length:x}\r\n{new string(c)}\r\n")) + "0\r\n\r\n").With("Transfer-Encoding", "chunked");
    }

    [Fact]
    public async Task A_head_far_over_the_limit_is_431()
    {
        var server = Serve(Count);

        var passed = await server.ExchangeAsync(RawRequest.Post("7").With("X-Long", new string('x', 30 * 1024)));
        var refused = await server.ExchangeAsync(RawRequest.Post("7").With("X-Long", new string('x', 32 * 1024)));
        var huge = await server.ExchangeAsync(RawRequest.Post("7").With("X-Long", new string('x', 60 * 1024)));

        passed.Status.Should().Be(200);
        _calls.Should().Be(1);
        if (Can(Ability.AnswersAnyHead))
        {
            refused.Status.Should().Be(431);
            huge.Status.Should().Be(431);
            ShouldBeRefused(huge, calls: 1);
        }
        else
        {
            refused.Status.Should().BeOneOf(400, 431);
            huge.Status.Should().Be(400);
        }
    }

    [Fact]
    public async Task A_chunked_body_is_read_or_refused_with_the_fix()
    {
        if (!Can(Ability.HasWire))
            return;
        var server = Serve(Count);

        var reply = await server.ExchangeAsync(RawRequest.Post("1\r\n7\r\n0\r\n\r\n").With("Transfer-Encoding", "chunked"));

        if (Can(Ability.ReadsChunked))
        {
            reply.Text.Should().Be("7");
        }
        else
        {
            reply.Status.Should().Be(411);
            reply.Text.Should().Contain("LoadIntoBufferAsync").And.Contain("SocketTransport");
            ShouldBeRefused(reply);
        }
    }

    private JsonNode? Count(JsonNode? command)
    {
        Interlocked.Increment(ref _calls);
        return command;
    }

    private void ShouldBeRefused(RawReply reply, int calls = 0)
    {
        _calls.Should().Be(calls, "a refused request never reaches the function");
        reply["Content-Type"].Should().Be("application/json");
        var error = ErrorOf(reply);
        error["code"]!.GetValue<int>().Should().Be(JsonRpcErrorCodes.Refused);
        error["message"]!.GetValue<string>().Should().NotBeEmpty();
        Encoding.UTF8.GetString(reply.Body).Should().StartWith("""{"error":{"code":-32000,"message":""");
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_reply_to_HTTP_1_0_states_unambiguously_whether_its_connection_closes()
    {
        if (!Can(Ability.HasWire))
            return;
        var server = Serve(Echo);

        foreach (var connection in new[] { "keep-alive", "close" })
        {
            var reply = await server.ExchangeAsync((RawRequest.Post("1") with { Version = "1.0" }).With("Connection", connection));

            reply.Status.Should().Be(200);
            (reply.IsLast && reply["Keep-Alive"] is not null).Should().BeFalse();
        }
    }

    [Fact]
    public async Task A_server_on_every_interface_warns_on_stderr_unless_a_rule_is_set()
    {
        if (!Can(Ability.HasWire))
            return;
        var original = Console.Error;
        var said = new StringWriter();
        Console.SetError(TextWriter.Synchronized(said));
        try
        {
            var open = Serve(Echo, o => o.HostName = "*");
            await open.Server.StopAsync();
            said.ToString().Should().Contain($"JsonRpcLite: {open.Server.Address} listens on every interface").And.Contain("Authenticate").And.Contain("AllowedHosts");
            foreach (var configure in new Action<JsonRpcServerOptions>[] { o => o.AllowedHosts = ["api.example"], o => o.Authenticate = BearerToken.Check("a-long-random-token") })
            {
                var ruled = Serve(Echo, o =>
                {
                    o.HostName = "*";
                    configure(o);
                });
                await ruled.Server.StopAsync();
                said.ToString().Should().NotContain($"{ruled.Server.Address} listens");
            }
        }
        finally
        {
            Console.SetError(original);
        }
    }

    [Theory]
    [InlineData("*", " and every other network interface")]
    [InlineData("0.0.0.0", " and every other network interface")]
    [InlineData("localhost", "")]
    public async Task Running_until_a_signal_says_on_what_the_server_listens(string hostName, string others)
    {
        if (!Can(Ability.HasWire))
            return;
        var server = Serve(Echo, o => (o.HostName, o.AllowedHosts) = (hostName, ["api.example"]));
        var output = new StringWriter { NewLine = "\n" };

        await server.Server.RunUntilSignalAsync(output, new CancellationToken(canceled: true));

        output.ToString().Should().Be($"Listening on {server.Server.Address}{others} (Ctrl+C ends it).\nStopped.\n");
    }

    private static JsonNode ErrorOf(RawReply reply) => JsonNode.Parse(reply.Body)!["error"]!;
}
