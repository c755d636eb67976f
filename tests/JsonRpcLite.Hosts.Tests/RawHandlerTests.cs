using System.Buffers;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class RawHandlersOnHttpListener() : RawHandlerTests(new HttpListenerHost());

public sealed class RawHandlersInMemory() : RawHandlerTests(new InMemoryHost());

public sealed class RawHandlersOnSockets() : RawHandlerTests(new SocketHost());

public sealed class RawHandlersOnPortableSockets() : RawHandlerTests(new PortableSocketHost());

public sealed class RawHandlersOnAspNetCore() : RawHandlerTests(new AspNetCoreHost());

/// <summary>A user's own handler: only log, guard and limits are the server's.</summary>
public abstract class RawHandlerTests : HostTests
{
    private protected RawHandlerTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task A_raw_handler_answers_any_method_with_its_own_status_fields_and_body()
    {
        var server = ServeRaw(async (exchange, token) =>
        {
            var body = await exchange.ReadBodyAsync(token);
            exchange.StatusCode = 201;
            exchange.ResponseHeaders["Content-Type"] = "text/plain";
            exchange.ResponseHeaders["X-Path"] = exchange.Path;
            exchange.ResponseBody.Write("got "u8);
            exchange.ResponseBody.Write(body.Span);
        });

        var reply = await server.ExchangeAsync(new RawRequest("PUT", "/a%20b/c?q=1", [0, 255, 13, 10]));

        (reply.Status, reply["Content-Type"], reply["X-Path"], reply["Content-Length"]).Should().Be((201, "text/plain", "/a%20b/c", "8"));
        reply.Body.Should().Equal((byte)'g', (byte)'o', (byte)'t', (byte)' ', 0, 255, 13, 10);
    }

    [Fact]
    public async Task A_whole_reply_replaces_what_was_written_before()
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.ResponseHeaders["X-Kept"] = "yes";
            exchange.Reply(500, "text/html", "not this"u8);
            exchange.Reply(202, "text/plain; charset=utf-8", "wörld 😀");
            return default;
        });

        var reply = await server.ExchangeAsync(RawRequest.Get("/"));

        (reply.Status, reply["Content-Type"], reply["X-Kept"], reply.Text).Should().Be((202, "text/plain; charset=utf-8", "yes", "wörld 😀"));
    }

    [Fact]
    public async Task A_raw_handler_answers_the_health_paths_itself()
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.StatusCode = 299;
            return default;
        });

        (await server.ExchangeAsync(RawRequest.Get("/health/live"))).Status.Should().Be(299);
    }

    [Fact]
    public async Task The_guard_applies_to_a_raw_handler()
    {
        var server = ServeRaw((_, _) => default);

        (await server.ExchangeAsync(RawRequest.Get("/").With("Origin", "https://evil.example"))).Status.Should().Be(403);
    }

    [Fact]
    public async Task HEAD_gets_the_length_of_the_body_and_no_body()
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.ResponseBody.Write("<b>Hello</b>"u8);
            return default;
        });

        var reply = await server.ExchangeAsync(new RawRequest("HEAD", "/"));

        (reply.Status, reply["Content-Length"], reply.Body.Length).Should().Be((200, "12", 0));
    }

    [Fact]
    public async Task A_204_has_neither_body_nor_length()
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.StatusCode = 204;
            return default;
        });

        var reply = await server.ExchangeAsync(RawRequest.Get("/"));

        (reply.Status, reply["Transfer-Encoding"], reply.Body.Length).Should().Be((204, null, 0));
        reply["Content-Length"].Should().Be(Can(Ability.OmitsLengthOf204) ? null : "0");
        reply.IsLast.Should().BeFalse();
    }

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    public async Task A_body_that_its_status_forbids_is_not_sent(int status)
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.StatusCode = status;
            exchange.ResponseBody.Write("BODY"u8);
            return default;
        });

        var reply = await server.ExchangeAsync(RawRequest.Get("/"));
        (reply.Status, reply.Body.Length, reply["Content-Length"] ?? "0").Should().Be((status, 0, "0"));
        if (!Can(Ability.HasWire))
            return;
        using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);
        await connection.SendAsync(RawRequest.Get("/").With("Connection", "close"));
        (await connection.ReceiveToEndAsync()).Should().EndWith("\r\n\r\n");
    }

    [Theory]
    [InlineData("status 0")]
    [InlineData("status 101")]
    [InlineData("status 600")]
    [InlineData("field Content-Length")]
    [InlineData("field transfer-encoding")]
    [InlineData("field Connection")]
    public async Task A_status_or_field_that_would_break_the_reply_is_500(string fault)
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.ResponseBody.Write("body"u8);
            if (fault.StartsWith("status ", StringComparison.Ordinal))
                exchange.StatusCode = int.Parse(fault[7..], System.Globalization.CultureInfo.InvariantCulture);
            else
                exchange.ResponseHeaders[fault["field ".Length..]] = "1";
            return default;
        });

        (await server.ExchangeAsync(RawRequest.Get("/"))).Status.Should().Be(500);
    }

    [Fact]
    public async Task A_hook_that_throws_loses_no_reply()
    {
        var server = ServeRaw((_, _) => throw new InvalidOperationException("one"), o => o.OnUnhandledException = _ => throw new InvalidOperationException("two"));

        var reply = await server.ExchangeAsync(RawRequest.Get("/"));

        reply.Status.Should().Be(500);
        reply.Text.Should().MatchRegex("\"id\":\"[0-9a-f]{16}\"");
    }

    [Fact]
    public async Task A_body_that_the_handler_does_not_read_is_not_part_of_the_next_request()
    {
        var server = ServeRaw((_, _) => default);

        var reply = await server.ExchangeAsync(RawRequest.Post("GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"));

        reply.Status.Should().Be(200);
        if (Can(Ability.HasWire))
            reply.IsLast.Should().BeTrue();
    }

    [Fact]
    public async Task An_exception_of_the_handler_is_answered()
    {
        var server = ServeRaw((exchange, _) => throw (exchange.Path switch
        {
            "/refusal" => new HttpRefusalException(451, "not here"),
            "/error" => new JsonRpcException(7, "seven"),
            _ => new InvalidOperationException("secret"),
        }));

        var refusal = await server.ExchangeAsync(RawRequest.Get("/refusal"));
        var error = await server.ExchangeAsync(RawRequest.Get("/error"));
        var unexpected = await server.ExchangeAsync(RawRequest.Get("/"));

        (refusal.Status, refusal.Text).Should().Be((451, """{"error":{"code":-32000,"message":"not here"}}"""));
        (error.Status, error.Text).Should().Be((500, """{"error":{"code":7,"message":"seven"}}"""));
        unexpected.Status.Should().Be(500);
        unexpected.Text.Should().Contain(Failures.Single().Id).And.NotContain("secret");
    }

    [Theory]
    [InlineData(0.0, "0")]
    [InlineData(0.1, "1")]
    [InlineData(1.0, "1")]
    [InlineData(90.001, "91")]
    [InlineData(2_000_000.0, "2000000")]
    [InlineData(null, null)]
    public async Task A_refusal_can_say_when_to_try_again(double? seconds, string? field)
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.ResponseHeaders["Retry-After"] = "7";
            throw new HttpRefusalException(503, "Busy.") { RetryAfter = seconds is { } wait ? TimeSpan.FromSeconds(wait) : null };
        });

        var reply = await server.ExchangeAsync(RawRequest.Get("/"));

        (reply.Status, reply["Retry-After"], reply.Text).Should().Be((503, field, """{"error":{"code":-32000,"message":"Busy."}}"""));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2_200_000)]
    public void A_refusal_with_an_invalid_time_to_wait_is_an_error_of_the_handler(double seconds)
    {
        var making = () => new HttpRefusalException(503, "Busy.") { RetryAfter = TimeSpan.FromSeconds(seconds) };

        making.Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task A_function_inside_a_raw_handler_answers_as_it_would_alone()
    {
        var add = JsonRpc.MakeHandler((JsonNode? n) => n!.GetValue<int>() + 1);
        var fail = JsonRpc.MakeHandler((JsonNode? _) => throw new InvalidOperationException("secret"));
        var server = ServeRaw((exchange, token) => exchange.Path switch
        {
            "/add" => add(exchange, token),
            "/fail" => fail(exchange, token),
            _ => throw new HttpRefusalException(404, "no such path"),
        });

        var sum = await server.ExchangeAsync(RawRequest.Post("41") with { Target = "/add" });
        var notPost = await server.ExchangeAsync(RawRequest.Get("/add"));
        var bad = await server.ExchangeAsync(RawRequest.Post("{") with { Target = "/add" });
        var failed = await server.ExchangeAsync(RawRequest.Post("1") with { Target = "/fail" });
        var lost = await server.ExchangeAsync(RawRequest.Get("/"));

        (sum.Status, sum.Text, sum["Content-Type"]).Should().Be((200, "42", "application/json"));
        (notPost.Status, notPost["Allow"]).Should().Be((405, "POST"));
        bad.Status.Should().Be(400);
        failed.Status.Should().Be(500);
        failed.Text.Should().Contain(Failures.Should().ContainSingle("the server's hook hears of it").Subject.Id);
        lost.Status.Should().Be(404);
    }

    [Fact]
    public async Task A_field_that_would_split_the_reply_is_refused()
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.ResponseHeaders["X-Name"] = "a\r\nSet-Cookie: b=c";
            return default;
        });

        var reply = await server.ExchangeAsync(RawRequest.Get("/"));

        reply.Status.Should().Be(500);
        reply["Set-Cookie"].Should().BeNull();
        Failures.Single().Exception.Should().BeOfType<ArgumentException>();
    }

    [Fact]
    public async Task Repeated_fields_are_joined_in_order_and_names_have_no_case()
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.ResponseHeaders["X-Seen"] = exchange.RequestHeaders["x-many"] ?? "nothing";
            return default;
        });

        var reply = await server.ExchangeAsync(RawRequest.Get("/").With("X-Many", "a:b").With("x-MANY", "c"));

        reply["X-Seen"].Should().Be(Can(Ability.SeesRepeatedFields) ? "a:b, c" : "c");
    }

    [Theory]
    [InlineData(200)]
    [InlineData(204)]
    [InlineData(299)]
    public async Task A_success_to_CONNECT_is_refused_because_tunnels_are_not_supported(int status)
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.Reply(status, "text/plain", status == 204 ? "" : "connected");
            return default;
        });

        var reply = await server.ExchangeAsync(new RawRequest("CONNECT", $"localhost:{server.Server.Address.Port}"));

        // Some transports refuse the request themselves.
        (reply.Status, reply.IsLast).Should().Match<(int Status, bool IsLast)>(r => r.Status >= 400 && r.Status < 600 && r.IsLast);
        Failures.Should().BeEmpty();
        (await server.ExchangeAsync(RawRequest.Get("/"))).Status.Should().Be(status);
    }
}
