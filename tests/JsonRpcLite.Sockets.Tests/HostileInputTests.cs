using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

public sealed class HostileInputOnEventLoops() : HostileInputTests(eventLoops: 2);

public sealed class HostileInputOnTheThreadPool() : HostileInputTests(eventLoops: 0);

/// <summary>Hostile or meaningless input: always one answer or a close, and the next valid request works.</summary>
public abstract partial class HostileInputTests(int eventLoops) : SocketTests(eventLoops)
{
    public static TheoryData<string> Topics()
    {
        var topics = new TheoryData<string>();
        foreach (var name in typeof(HostileInputTests).Assembly.GetManifestResourceNames().Where(n => n.StartsWith("parse-", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal))
            topics.Add(name);
        return topics;
    }

    /// <summary>
    /// Every case of the engine that concerns a server, request smuggling included, over a connection: as many answers as there are complete requests, and one more for
    /// an invalid one.
    /// </summary>
    [Theory]
    [MemberData(nameof(Topics))]
    public async Task A_request_that_the_engine_refuses_gets_exactly_one_refusal(string topic)
    {
        using var stream = typeof(HostileInputTests).Assembly.GetManifestResourceStream(topic)!;
        var cases = JsonNode.Parse(stream)!["cases"]!.AsArray().Where(c => (string)c!["role"]! == "server").ToList();
        foreach (var @case in cases)
        {
            var id = (string)@case!["id"]!;
            var largest = (int?)@case["options"]?["maxHeadBytes"];
            var server = ServeRaw(AnswerAsync, configure: o =>
            {
                o.AllowedHosts = ["a", "b", "example.com", "example.org", "www.example.com"];
                o.Limits.MaxRequestHeadSize = largest is { } size ? Math.Max(1, size - 256) : 32 * 1024;
            });
            using var connection = await RawConnection.OpenAsync(server.Address.Port);

            await connection.SendAsync((string)@case["input"]!);
            connection.ShutdownSend();
            var text = await connection.ReceiveToEndAsync().WaitAsync(TimeSpan.FromSeconds(30))
                .ContinueWith(t => t.IsFaulted ? throw new TimeoutException(id) : t.Result, TaskScheduler.Default);
            var replies = StatusLine().Matches(text).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).Where(s => s >= 200).ToList();

            var expected = @case["expect"]!;
            var whole = expected["events"]!.AsArray().Count(e => (string)e!["type"]! == "end");
            var isGuarded = replies.Contains(403);
            if ((string)expected["final"]! == "error" && !isGuarded)
            {
                replies.Should().HaveCount(whole + 1, "{0}: one refusal after {1} complete requests", id, whole);
                expected["error"]!["status"]!.AsArray().Select(s => (int)s!).Should().Contain(replies[^1], "{0}", id);
            }
            else if (!isGuarded)
            {
                replies.Count.Should().BeInRange(whole, whole + 1, "{0}: {1}", id, string.Join(",", replies));
                replies.Skip(whole).Should().Equal(replies.Skip(whole).Select(_ => 400), "{0}: what was cut off by the end of input is refused", id);
            }
            _answered.Should().BeLessThanOrEqualTo(whole, "{0}: an incomplete request is never dispatched", id);
            _answered = 0;
            (await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Get("/"))).Status.Should().Be(200, "{0}: the next valid request works", id);
            _answered = 0;
            await server.StopAsync(new CancellationToken(canceled: true));
        }
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_million_tiny_chunks_are_a_body_like_any_other()
    {
        var server = Serve();
        var body = new StringBuilder("1\r\n\"\r\n");
        for (var i = 0; i < 1_000_000; i++)
            body.Append("1\r\nx\r\n");
        body.Append("1\r\n\"\r\n0\r\n\r\n");
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        var sending = connection.SendAsync(RawRequest.Post(body.ToString()).With("Transfer-Encoding", "chunked"));
        var reply = (await connection.ReceiveAsync())!;
        await sending;

        reply.Status.Should().Be(200);
        reply.Body.Should().HaveCount("{\"echo\":\"\"}".Length + 1_000_000);
    }

    [Fact]
    public async Task Chunks_that_are_mostly_framing_are_400()
    {
        var server = Serve();

        var reply = await RefusalAsync(
            server, "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", string.Concat(Enumerable.Repeat($"1;{new string('x', 1000)}\r\n1\r\n", 100)));

        reply.Should().StartWith("HTTP/1.1 400 ");
    }

    [Fact]
    public async Task A_megabyte_of_trailers_is_431()
    {
        var server = Serve();

        var reply = await RefusalAsync(server, "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n7\r\n0\r\n", string.Concat(
            Enumerable.Repeat($"X: {new string('x', 1000)}\r\n", 1000)));

        reply.Should().StartWith("HTTP/1.1 431 ");
    }

    [Fact]
    public async Task A_target_of_64_KiB_is_414()
    {
        var server = Serve();

        var reply = await RefusalAsync(server, "POST /", $"{new string('x', 64 * 1024)} HTTP/1.1\r\nHost: localhost\r\n\r\n");

        reply.Should().StartWith("HTTP/1.1 414 ");
    }

    [Fact]
    public async Task Ten_thousand_fields_are_431()
    {
        var server = Serve();

        var reply = await RefusalAsync(server, "POST / HTTP/1.1\r\nHost: localhost\r\n", string.Concat(Enumerable.Range(0, 10_000).Select(i => $"X-{i}: {i}\r\n")) + "\r\n");

        reply.Should().StartWith("HTTP/1.1 431 ");
    }

    [Fact]
    public async Task A_TLS_hello_on_the_plain_port_is_one_answer()
    {
        var server = Serve();

        var reply = await RefusalAsync(server, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", new string('\x7f', 500));

        reply.Should().MatchRegex("^HTTP/1.1 (400|501|505) ");
    }

    [Fact]
    public async Task An_HTTP_2_preface_is_505()
    {
        var server = Serve();

        var reply = await RefusalAsync(server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0\0\0\x04\0\0\0\0\0");

        reply.Should().StartWith("HTTP/1.1 505 ");
    }

    [Fact]
    public async Task The_refusal_of_a_malformed_request_looks_like_all_others_and_is_logged()
    {
        var log = new StringWriter();
        var methods = new JsonRpcMethods();
        methods.Add("m", () => 1);
        var server = Serve(methods, o => o.TrafficLog = log);
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        await connection.SendAsync("no request\r\n\r\n");

        var reply = (await connection.ReceiveAsync())!;
        (reply.Status, reply["Content-Type"], reply.IsLast).Should().Be((400, "application/json", true));
        reply.Text.Should().StartWith("{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,").And.EndWith("\"id\":null}");
        log.ToString().Should().Contain("> - - HTTP/").And.Contain("< 400 ");
    }

    [Fact]
    public async Task A_refusal_reaches_a_client_that_is_still_sending()
    {
        var server = Serve(configure: o => o.Limits.MaxRequestBodySize = 1000);
        for (var i = 0; i < 20; i++)
        {
            using var connection = await RawConnection.OpenAsync(server.Address.Port);

            var sending = connection.SendAsync(RawRequest.Post(new byte[5_000_000]));
            var reply = (await connection.ReceiveAsync())!;

            (reply.Status, reply.IsLast).Should().Be((413, true));
            await sending;
        }
        await ShouldServeAsync(server);
    }

    [Fact]
    public async Task A_body_without_Content_Length_is_413_as_soon_as_it_is_too_long()
    {
        var server = Serve(configure: o => o.Limits.MaxRequestBodySize = 1000);

        var reply = await RefusalAsync(
            server, "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", string.Concat(Enumerable.Repeat("64\r\n" + new string('1', 100) + "\r\n", 11)));

        reply.Should().StartWith("HTTP/1.1 413 ");
    }

    [Fact]
    public async Task Aborts_in_the_middle_of_requests_and_replies_affect_no_other_client()
    {
        var transport = new SocketTransport();
        var server = ServeRaw(
            async (exchange, token) =>
            {
                await exchange.ReadBodyAsync(token);
                exchange.ResponseBody.Write(new byte[exchange.Target == "/large" ? 10_000_000 : 10]);
            },
            transport);
        for (var i = 0; i < 30; i++)
        {
            using var inHead = await RawConnection.OpenAsync(server.Address.Port);
            await inHead.SendAsync("POST / HTTP/1.1\r\nHost: loc");
            using var inBody = await RawConnection.OpenAsync(server.Address.Port);
            await inBody.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n123");
            using var inReply = await RawConnection.OpenAsync(server.Address.Port);
            await inReply.SendAsync(RawRequest.Get("/large"));
            await inReply.ReceiveUntilAsync("\r\n\r\n");
            using var atOnce = await RawConnection.OpenAsync(server.Address.Port);
            foreach (var connection in new[] { inHead, inBody, inReply, atOnce })
                connection.Reset();
        }

        (await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Get("/"))).Status.Should().Be(200);
        SpinWait.SpinUntil(() => transport.OpenConnections == 0, TimeSpan.FromSeconds(30)).Should().BeTrue("no connection is left behind");
        Failures.Should().BeEmpty();
    }

    private int _answered;

    private async ValueTask AnswerAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        await exchange.ReadBodyAsync(cancellationToken);
        Interlocked.Increment(ref _answered);
        // Accepting it would change the protocol.
        exchange.StatusCode = exchange.Method == "CONNECT" ? 405 : 200;
    }

    /// <summary>Sends the first, then as much of the second as the server accepts, and returns everything that came back; the server must serve the next request.</summary>
    private static async Task<string> RefusalAsync(JsonRpcServer server, string beginning, string rest)
    {
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        var sending = connection.SendAsync(beginning + rest);
        var reply = await connection.ReceiveToEndAsync();
        await sending;

        StatusLine().Matches(reply).Should().ContainSingle();
        reply.Should().Contain("Connection: close").And.Contain("\"code\":-32000");
        await ShouldServeAsync(server);
        return reply;
    }

    [GeneratedRegex(@"HTTP/1\.1 (\d{3}) ")]
    private static partial Regex StatusLine();
}
