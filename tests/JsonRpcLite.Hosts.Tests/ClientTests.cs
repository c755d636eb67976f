using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Hosts.Tests;

public sealed class ClientOnHttpClient() : ClientTests(() => new HttpClientTransport());

public sealed class ClientOnSockets() : ClientTests(() => new SocketClientTransport());

public sealed class ClientOnPortableSockets() : ClientTests(() => new SocketClientTransport { UseEventLoops = false });

/// <summary>
/// What a client makes of each failure of a server, synchronously and not: the right exception, with a message that names the address and quotes the reply,
/// and then the next call of the same client succeeds.
/// </summary>
public abstract class ClientTests(Func<ClientTransport> makeTransport) : IDisposable
{
    private readonly ScriptedServer _server = new();
    private readonly ManualClock _clock = new();

    public void Dispose()
    {
        _server.Dispose();
        GC.SuppressFinalize(this);
    }

    public static TheoryData<string, string, HttpRequestError, int?, string> WrongReplies => new()
    {
        { "404 with HTML", "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<h1>Lost</h1>\r\n",
            HttpRequestError.InvalidResponse, 404, "<h1>Lost</h1>" },
        { "500 without an error of ours", "HTTP/1.1 500 Oops\r\nContent-Length: 18\r\n\r\n{\"error\":\"broken\"}", HttpRequestError.InvalidResponse, 500,
            "{\"error\":\"broken\"}" },
        { "502 of a proxy, without a body", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", HttpRequestError.InvalidResponse, 502, "no body" },
        { "an empty 200", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", HttpRequestError.InvalidResponse, 200, "empty" },
        { "an empty 200 that closes", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", HttpRequestError.InvalidResponse, 200, "empty" },
        { "an empty 200 by its chunks, and once more the end of it, as HttpListener sends it when it stops",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n0\r\n\r\n", HttpRequestError.InvalidResponse, 200, "empty" },
        { "204", "HTTP/1.1 204 No Content\r\n\r\n", HttpRequestError.InvalidResponse, 204, "empty" },
        { "a 200 that is not JSON", ScriptedServer.Ok("<h1>Hello</h1>"), HttpRequestError.InvalidResponse, 200, "<h1>Hello</h1>" },
        { "a 200 of JSON and more", ScriptedServer.Ok("{} {}"), HttpRequestError.InvalidResponse, 200, "{} {}" },
        { "invalid UTF-8", ScriptedServer.Ok("\"\xc3\x28\""), HttpRequestError.InvalidResponse, 200, "UTF-8" },
        { "half a body by its length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":1", HttpRequestError.ResponseEnded, null, "cut off" },
        { "half a body by its chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{\"a\":1\r\n", HttpRequestError.ResponseEnded, null, "cut off" },
        { "a whole body without the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", HttpRequestError.ResponseEnded, null, "cut off" },
        { "half a body that ends by closing", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"a\":1", HttpRequestError.InvalidResponse, 200, "{\"a\":1" },
        { "half a head", "HTTP/1.1 200 OK\r\nContent-Le", HttpRequestError.ResponseEnded, null, "connection" },
        { "nothing", "", HttpRequestError.ResponseEnded, null, "connection" },
        { "another protocol", "220 mail.example ESMTP ready\r\n", HttpRequestError.InvalidResponse, null, "220 mail" },
        { "chunks that are none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", HttpRequestError.InvalidResponse, null, "cannot be read" },
        { "a status below 100", "HTTP/1.1 099 Odd\r\nContent-Length: 1\r\n\r\n1", HttpRequestError.InvalidResponse, null, "099" },
        { "a status of zeros", "HTTP/1.1 000 Odd\r\nContent-Length: 1\r\n\r\n1", HttpRequestError.InvalidResponse, null, "000" },
        { "a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 1\r\n\r\n1", HttpRequestError.InvalidResponse, null, "20 " },
        { "a status that is not a number", "HTTP/1.1 2x0 OK\r\nContent-Length: 1\r\n\r\n1", HttpRequestError.InvalidResponse, null, "2x0" },
        { "a redirect", "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", HttpRequestError.InvalidResponse, 307, "Location: /elsewhere" },
        { "a Content-Length over the limit", "HTTP/1.1 200 OK\r\nContent-Length: 1025\r\n\r\n", HttpRequestError.ConfigurationLimitExceeded, null, "1024 bytes" },
        { "chunks over the limit", $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n{new string(' ', 0x401)}\r\n0\r\n\r\n",
            HttpRequestError.ConfigurationLimitExceeded, null, "1024 bytes" },
        { "a body over the limit that ends by closing", $"HTTP/1.0 200 OK\r\n\r\n{new string(' ', 1025)}", HttpRequestError.ConfigurationLimitExceeded, null, "1024 bytes" },
        { "an error object over the limit", $"HTTP/1.1 500 Oops\r\nContent-Length: 2000\r\n\r\n{new string(' ', 2000)}",
            HttpRequestError.ConfigurationLimitExceeded, null, "1024 bytes" },
    };

    [Theory]
    [MemberData(nameof(WrongReplies))]
    public async Task An_invalid_reply_is_an_HttpRequestException_and_the_next_call_succeeds(string name, string reply, HttpRequestError error, int? status, string said)
    {
        using var client = Make(_server.Port, new() { MaxResponseBodySize = 1024 });
        foreach (var isSynchronous in new[] { false, true })
        {
            // If a server closes without notice after a complete reply, the next call may already be on its way.
            _server.Then(reply, IsWhole(reply) ? Ending.Keep : Ending.Close).Then(ScriptedServer.Ok("2"), Ending.Keep);

            var thrown = (await FluentActions.Awaiting(() => CallAsync(client, isSynchronous)).Should().ThrowAsync<HttpRequestException>(name)).Which;
            var next = await CallAsync(client, isSynchronous);

            (thrown.HttpRequestError, (int?)thrown.StatusCode).Should().Be((error, status));
            thrown.Message.Should().Contain($"http://127.0.0.1:{_server.Port}/").And.Contain(said);
            next!.ToJsonString().Should().Be("2");
        }
        _server.Requests.Should().HaveCount(4, "nothing is sent twice, and nothing elsewhere").And.OnlyContain(r => r.StartsWith("POST / HTTP/1.1"));
    }

    private static bool IsWhole(string reply)
    {
        var end = reply.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        if (end < 4 || reply.Contains("HTTP/1.0", StringComparison.Ordinal) || reply.Contains("Connection: close", StringComparison.Ordinal))
            return false;
        var length = reply[..end].Split("\r\n").FirstOrDefault(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal))?[16..];
        return length is null ? reply.EndsWith("0\r\n\r\n", StringComparison.Ordinal) || reply.Contains(" 204 ", StringComparison.Ordinal)
            : reply.Length - end == int.Parse(length, System.Globalization.CultureInfo.InvariantCulture);
    }

    public static TheoryData<string, string, bool> EndlessReplies => new()
    {
        { "HTTP/1.1 200 OK\r\nX-Field: and another\r\n", "a head", true },
        { "HTTP/1.1 200 OK\r\n\r\n                    ", "a body", true },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;" + new string('x', 1000), "a chunk extension", true },
        { "HTTP/1.1 100 Continue\r\n\r\n", "interim replies", false },
    };

    [Theory]
    [MemberData(nameof(EndlessReplies))]
    public async Task A_reply_that_never_ends_is_given_up_and_the_next_call_succeeds(string reply, string what, bool hasLimit)
    {
        using var client = Make(_server.Port, new() { MaxResponseBodySize = 1024, Timeout = TimeSpan.FromSeconds(3), TimeProvider = _clock });
        foreach (var isSynchronous in new[] { false, true })
        {
            _server.Then(reply, Ending.GoOnForEver).Then(ScriptedServer.Ok("2"));

            var calling = CallAsync(client, isSynchronous);
            if (!hasLimit)
            {
                await _server.HasAnsweredAsync();
                _clock.Advance(TimeSpan.FromSeconds(3));
            }
            var thrown = (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<Exception>(what)).Which;
            var next = await CallAsync(client, isSynchronous);
            if (!hasLimit)
                await _server.HasAnsweredAsync();

            // Only HttpClient limits the number of interim replies, and the call may time out before the limit is reached.
            (thrown is HttpRequestException || !hasLimit && thrown is TaskCanceledException { InnerException: TimeoutException }).Should().BeTrue($"{what}: {thrown}");
            thrown.Message.Should().Contain($"http://127.0.0.1:{_server.Port}/");
            next!.ToJsonString().Should().Be("2");
        }
    }

    /// <summary>What follows a 101 is not HTTP, and has no end.</summary>
    [Theory]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\n")]
    [InlineData("HTTP/1.1 099 Odd\r\n\r\n")]
    [InlineData("HTTP/1.1 000 Odd\r\n\r\n")]
    public async Task A_switch_of_protocols_and_an_invalid_status_are_failures_at_once(string reply)
    {
        // Its clock does not move: only the reply can end the call.
        using var client = Make(_server.Port, new() { TimeProvider = _clock });
        foreach (var isSynchronous in new[] { false, true })
        {
            _server.Then(reply, Ending.Stall).Then(ScriptedServer.Ok("2"));

            var thrown = (await FluentActions.Awaiting(() => CallAsync(client, isSynchronous).WaitAsync(TimeSpan.FromSeconds(30))).Should().ThrowAsync<HttpRequestException>())
                .Which;
            var next = await CallAsync(client, isSynchronous);

            (thrown.HttpRequestError, thrown.StatusCode).Should().Be((HttpRequestError.InvalidResponse, null));
            thrown.Message.Should().Contain($"http://127.0.0.1:{_server.Port}/").And.Contain(reply[9..12]);
            next!.ToJsonString().Should().Be("2");
        }
    }

    [Theory]
    [InlineData(600)]
    [InlineData(999)]
    public async Task An_unknown_status_is_not_a_success(int status)
    {
        using var client = Make(_server.Port, new());
        _server.Then($"HTTP/1.1 {status} Odd\r\nContent-Length: 1\r\n\r\n1");

        ((int?)(await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which.StatusCode).Should().Be(status);
    }

    public static TheoryData<string, string[], string[]> TellingReplies => new()
    {
        { "HTTP/1.1 301 Moved\r\nLocation: https://api.example/x\r\nContent-Length: 0\r\n\r\n", ["redirects", "Location: https://api.example/x", "301"], [] },
        { "HTTP/1.1 307 Elsewhere\r\nLocation: http://ann:s3cret@api.example/x?q=a@b\r\nContent-Length: 0\r\n\r\n", ["Location: http://api.example/x?q=a@b"], ["ann", "s3cret"] },
        { "HTTP/1.1 302 Found\r\nLocation: //ann:s3cret@api.example/\r\nContent-Length: 0\r\n\r\n", ["Location: //api.example/"], ["ann", "s3cret"] },
        { "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\0", ["Content-Encoding: gzip"], [] },
        { "HTTP/1.1 500 Oops\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\0", ["Content-Encoding: br"], [] },
        { "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"a\"\r\nWWW-Authenticate: Basic realm=\"b\"\r\nContent-Length: 0\r\n\r\n",
            ["authentication", "WWW-Authenticate: Bearer realm=\"a\"", "Basic realm=\"b\""], [] },
        { "HTTP/1.1 407 Proxy\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n", ["authentication", "Proxy-Authenticate: Basic realm=\"p\""], [] },
        { "HTTP/1.1 405 No\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n", ["Allow: GET"], [] },
        { "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", ["Retry-After: 7"], [] },
    };

    [Theory]
    [MemberData(nameof(TellingReplies))]
    public async Task The_message_names_the_headers_that_explain_it_and_contains_no_password(string reply, string[] said, string[] unsaid)
    {
        using var client = Make(_server.Port, new());
        foreach (var isRpc in new[] { false, true })
        {
            _server.Then(reply, Ending.Keep);

            var thrown = (await client.Invoking(c => isRpc ? c.CallAsync("m") : c.CommandAsync(1)).Should().ThrowAsync<HttpReplyException>()).Which;

            foreach (var text in said)
                thrown.Message.Should().Contain(text);
            foreach (var text in unsaid)
                thrown.ToString().Should().NotContain(text);
        }
    }

    [Fact]
    public async Task The_exceptions_of_a_reply_have_its_headers()
    {
        const string fields = "X-Request-Id: 77\r\nX-Twice: a\r\nX-Twice: b\r\n", error = "{\"error\":{\"code\":7,\"message\":\"No.\"}}";
        using var client = Make(_server.Port, new() { MaxResponseBodySize = 1024 });
        foreach (var isSynchronous in new[] { false, true })
        {
            _server.Then($"HTTP/1.1 500 Oops\r\n{fields}Content-Type: application/json\r\nContent-Length: {error.Length}\r\n\r\n{error}", Ending.Keep)
                .Then($"HTTP/1.1 502 Bad\r\n{fields}Content-Length: 0\r\n\r\n")
                .Then($"HTTP/1.1 200 OK\r\n{fields}Content-Length: 10\r\n\r\n{{")
                .Then($"HTTP/1.1 200 OK\r\n{fields}Content-Length: 1025\r\n\r\n");

            Check((await FluentActions.Awaiting(() => CallAsync(client, isSynchronous)).Should().ThrowAsync<JsonRpcException>()).Which.ResponseHeaders!);
            for (var i = 0; i < 3; i++)
                Check((await FluentActions.Awaiting(() => CallAsync(client, isSynchronous)).Should().ThrowAsync<HttpReplyException>()).Which.ResponseHeaders);
        }

        static void Check(HeaderFields received)
        {
            (received["x-request-id"], received["X-Twice"]).Should().Be(("77", "a, b"));
            received.Invoking(f => f.Add("X", "y")).Should().Throw<InvalidOperationException>();
            received.Invoking(f => f["X-Twice"] = "y").Should().Throw<InvalidOperationException>();
            received.Invoking(f => f.Clear()).Should().Throw<InvalidOperationException>();
        }
    }

    [Fact]
    public async Task Each_exception_of_a_batch_has_the_headers_of_its_reply()
    {
        using var client = Make(_server.Port, new());
        _server.Then("HTTP/1.1 200 OK\r\nX-Request-Id: 77\r\nContent-Type: application/json\r\nContent-Length: 75\r\n\r\n"
            + "[{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":7,\"message\":\"No.\"}}]".PadRight(75), Ending.Keep);
        var batch = client.CreateBatch();
        var (refused, lost) = (batch.CallAsync("a"), batch.CallAsync("b"));

        await batch.SendAsync();

        (await FluentActions.Awaiting(() => refused).Should().ThrowAsync<JsonRpcException>()).Which.ResponseHeaders!["X-Request-Id"].Should().Be("77");
        (await FluentActions.Awaiting(() => lost).Should().ThrowAsync<HttpReplyException>()).Which.ResponseHeaders["X-Request-Id"].Should().Be("77");
    }

    [Fact]
    public async Task Without_a_reply_an_exception_has_no_headers()
    {
        using var client = Make(_server.Port, new());
        _server.Then("HTTP/1.1 502 Bad\r\nX: 1\r\nContent-Length: 0\r\n\r\n").Then("");
        await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpReplyException>();

        await client.Invoking(c => c.CommandAsync(1)).Should().ThrowExactlyAsync<HttpRequestException>();
    }

    /// <summary>As HttpListener does (it sends a 404, 501 or 505 in HTML, and then an empty 200), and others that answer twice.</summary>
    [Theory]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 30\r\n\r\n<h1>Not Found (Not Found)</h1>")]
    [InlineData("HTTP/1.1 501 Not Implemented\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n<\r\n0\r\n\r\n")]
    [InlineData("HTTP/1.1 505 No\r\nContent-Length: 1\r\n\r\n.")]
    public async Task The_second_reply_to_a_refused_request_never_answers_the_next_call(string refusal)
    {
        const string surplus = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        using var client = Make(_server.Port, new());
        foreach (var isSynchronous in new[] { false, true })
        {
            // Directly after the refusal; and so late that it arrives in place of the answer to the next request on that connection.
            _server.Then(refusal + surplus, Ending.Keep).Then(ScriptedServer.Ok("1"), Ending.Keep).Then(refusal, Ending.Keep).Then(ScriptedServer.Ok("2"), Ending.Keep);
            var before = _server.Connections;
            for (var i = 1; i <= 2; i++)
            {
                await FluentActions.Awaiting(() => CallAsync(client, isSynchronous)).Should().ThrowAsync<HttpRequestException>();
                (await CallAsync(client, isSynchronous))!.ToJsonString().Should().Be($"{i}");
            }

            (_server.Connections - before).Should().Be(3, "a refusal that is not JSON ends its connection");
        }
    }

    /// <summary>HttpListener itself refuses a host that is not one of its prefixes.</summary>
    [Fact]
    public async Task No_reply_of_HttpListener_to_a_foreign_host_is_taken_for_an_answer()
    {
        using var server = MakeServer(0, new JsonRpcMethods().Add("m", () => 1));
        using var client = Make(server.Address.Port, new() { Headers = { ["Host"] = "other.example" } });

        for (var i = 0; i < 200; i++)
            ((int?)(await client.Invoking(c => c.NotifyAsync("m")).Should().ThrowAsync<HttpRequestException>()).Which.StatusCode).Should().Be(404);
    }

    [Fact]
    public void An_address_with_user_information_is_refused_and_not_shown()
    {
        foreach (var address in new[] { "http://ann:s3cret@127.0.0.1:1/x", "https://ann:s3cret@127.0.0.1/", "http://s3cret@127.0.0.1/", "ftp://ann:s3cret@127.0.0.1/" })
        {
            using var transport = makeTransport();
            var refusal = FluentActions.Invoking(() => MakeClient(new Uri(address), new() { Transport = transport })).Should().Throw<ArgumentException>().Which;
            var text = FluentActions.Invoking(() => MakeClient(address, new() { Transport = transport })).Should().Throw<ArgumentException>().Which;
            refusal.ToString().Should().NotContain("s3cret").And.NotContain("ann");
            text.ToString().Should().NotContain("s3cret").And.NotContain("ann");
            new HttpExchange().Invoking(e => e.Address = new Uri(address)).Should().Throw<ArgumentException>().Which.ToString().Should().NotContain("s3cret")
                .And.Contain("Authorization");
        }
        foreach (var invalid in new[] { "http://ann:s3c/ret@host/", "http://ann:s3cret@:x", "ann:s3cret@host" })
            FluentActions.Invoking(() => MakeClient(invalid)).Should().Throw<ArgumentException>().Which.ToString().Should().NotContain("s3c");
    }

    [Fact]
    public async Task Null_is_a_result_if_the_type_allows_it_and_otherwise_a_failure()
    {
        using var client = Make(_server.Port, new());
        for (var i = 0; i < 5; i++)
            _server.Then(ScriptedServer.Ok("null"), Ending.Keep);

        (await client.CommandAsync(1)).Should().BeNull();
        client.Command(1).Should().BeNull();
        client.Command<string?>(1).Should().BeNull();
        var asynchronous = (await client.Invoking(c => c.CommandAsync<int>(1)).Should().ThrowAsync<HttpRequestException>()).Which;
        var synchronous = client.Invoking(c => c.Command<int>(1)).Should().Throw<HttpRequestException>().Which;

        foreach (var thrown in new[] { asynchronous, synchronous })
            thrown.Message.Should().Contain($"http://127.0.0.1:{_server.Port}/").And.Contain("Int32").And.Contain("null");
    }

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n{\"echo\":1}")]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"echo\":1}")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"ec\r\n6\r\nho\":1}\r\n0\r\nX-Trailer: 1\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"echo\":1}")]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 10\r\n\r\n{\"echo\":1}")]
    [InlineData("HTTP/1.1 203 Seen\r\nContent-Length: 12\r\nContent-Type: text/plain\r\n\r\n {\"echo\":1}\r\n")]
    public async Task An_unusual_but_complete_reply_is_understood(string reply)
    {
        using var client = Make(_server.Port, new());
        _server.Then(reply).Then(reply);

        (await client.CommandAsync(1))!.ToJsonString().Should().Be("""{"echo":1}""");
        client.Command(1)!.ToJsonString().Should().Be("""{"echo":1}""");
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\"")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"a\"\r\n")]
    public async Task A_reply_that_stalls_is_a_time_out_and_the_next_call_succeeds(string begun)
    {
        using var client = Make(_server.Port, new() { Timeout = TimeSpan.FromSeconds(2), TimeProvider = _clock });
        foreach (var isSynchronous in new[] { false, true })
        {
            _server.Then(begun, Ending.Stall).Then(ScriptedServer.Ok("2"));

            var calling = CallAsync(client, isSynchronous);
            await _server.HasAnsweredAsync();
            _clock.Advance(TimeSpan.FromSeconds(1.9));
            calling.IsCompleted.Should().BeFalse();
            _clock.Advance(TimeSpan.FromSeconds(0.1));
            var thrown = (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<TaskCanceledException>()).Which;
            var next = await CallAsync(client, isSynchronous);
            await _server.HasAnsweredAsync();

            thrown.InnerException.Should().BeOfType<TimeoutException>();
            thrown.Message.Should().Contain("2 s").And.Contain($"http://127.0.0.1:{_server.Port}/");
            next!.ToJsonString().Should().Be("2");
        }
        _server.Requests.Should().HaveCount(4);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\"")]
    public async Task A_cancellation_before_or_during_the_reply_is_a_cancellation_and_the_next_call_succeeds(string begun)
    {
        using var client = Make(_server.Port, new());
        for (var i = 0; i < 5; i++)
        {
            _server.Then(begun, Ending.Stall).Then(ScriptedServer.Ok("2"), Ending.Keep);
            using var cancellation = new CancellationTokenSource();

            var calling = client.CommandAsync(1, cancellation.Token);
            await _server.HasAnsweredAsync();
            await cancellation.CancelAsync();
            var thrown = (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<TaskCanceledException>()).Which;
            var next = await client.CommandAsync(1);
            await _server.HasAnsweredAsync();

            thrown.CancellationToken.Should().Be(cancellation.Token);
            thrown.InnerException.Should().NotBeOfType<TimeoutException>();
            thrown.Message.Should().Contain($"http://127.0.0.1:{_server.Port}/");
            next!.ToJsonString().Should().Be("2");
        }
    }

    [Fact]
    public async Task A_token_that_is_cancelled_already_sends_nothing()
    {
        using var client = Make(_server.Port, new());

        await client.Invoking(c => c.CommandAsync(1, new CancellationToken(canceled: true))).Should().ThrowAsync<TaskCanceledException>();
        _server.Then(ScriptedServer.Ok("2"));
        var next = await client.CommandAsync(1);

        next!.ToJsonString().Should().Be("2");
        _server.Requests.Should().HaveCount(1);
    }

    [Fact]
    public async Task A_token_that_is_cancelled_after_its_call_has_ended_cancels_no_other_call()
    {
        using var client = Make(_server.Port, new());
        using var first = new CancellationTokenSource();
        _server.Then(ScriptedServer.Ok("1"), Ending.Keep).Then("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", Ending.Keep).Then("");
        await client.CommandAsync(1, first.Token);
        await _server.HasAnsweredAsync();

        // The second call reuses the object of the first.
        var second = client.CommandAsync(2);
        await _server.HasAnsweredAsync();
        await first.CancelAsync();

        second.IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task A_refused_connection_is_reported_and_the_next_call_succeeds_when_a_server_listens()
    {
        int port;
        using (var probe = new TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            port = ((IPEndPoint)probe.LocalEndpoint).Port;
        }
        using var client = Make(port, new());
        foreach (var isSynchronous in new[] { false, true })
        {
            var thrown = (await FluentActions.Awaiting(() => CallAsync(client, isSynchronous)).Should().ThrowAsync<HttpRequestException>()).Which;
            await using (var server = MakeServer(port, x => x))
                (await CallAsync(client, isSynchronous))!.ToJsonString().Should().Be("1");

            thrown.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
            thrown.Message.Should().Contain($"http://127.0.0.1:{port}/").And.Contain("refused");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_unreachable_server_is_a_time_out_and_the_next_call_succeeds(bool isSynchronous)
    {
        using var full = new FullPort();
        var port = full.Port;
        using var client = Make(port, new() { Timeout = TimeSpan.FromSeconds(3.2), TimeProvider = _clock });

        var calling = CallAsync(client, isSynchronous);
        full.WaitForAttempt();
        _clock.Advance(TimeSpan.FromSeconds(3.1));
        calling.IsCompleted.Should().BeFalse();
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        var thrown = (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<TaskCanceledException>()).Which;

        thrown.InnerException.Should().BeOfType<TimeoutException>();
        thrown.Message.Should().Contain($"http://127.0.0.1:{port}/").And.Contain("3.2 s");
        // Otherwise the next call would wait for the attempt of the first, which the system repeats only after 1, 3 and 7 s.
        full.WaitForEndOfAttempt();
        full.Dispose();
        await using var server = MakeServer(port, x => x);
        (await CallAsync(client, isSynchronous))!.ToJsonString().Should().Be("1");
    }

    [Theory]
    [InlineData(Ending.Close)]
    [InlineData(Ending.Reset)]
    public async Task A_call_that_may_have_run_is_never_sent_again(Ending ending)
    {
        using var client = Make(_server.Port, new());
        foreach (var isSynchronous in new[] { false, true })
        {
            var before = _server.Requests.Count;
            // On a new connection, and on one that has answered before.
            _server.Then("", ending).Then(ScriptedServer.Ok("1"), Ending.Keep).Then("", ending).Then(ScriptedServer.Ok("2"));

            await FluentActions.Awaiting(() => CallAsync(client, isSynchronous)).Should().ThrowAsync<HttpRequestException>();
            (await CallAsync(client, isSynchronous))!.ToJsonString().Should().Be("1");
            await FluentActions.Awaiting(() => CallAsync(client, isSynchronous)).Should().ThrowAsync<HttpRequestException>();
            (await CallAsync(client, isSynchronous))!.ToJsonString().Should().Be("2");

            (_server.Requests.Count - before).Should().Be(4);
        }
    }

    [Fact]
    public async Task The_callers_headers_replace_the_default_ones()
    {
        string[] own = ["Host: service.example", "Content-Type: application/vnd.x+json", "JsonRpc-Timeout-Ms: 7", "X-Key: k"];
        using var client = Make(
            _server.Port, new() { Headers = { ["Host"] = "service.example", ["Content-Type"] = "application/vnd.x+json", [HeaderFields.TimeoutMs] = "7", ["X-Key"] = "k" } });
        foreach (var isSynchronous in new[] { false, true })
        {
            _server.Then(ScriptedServer.Ok("2"));

            (await CallAsync(client, isSynchronous))!.ToJsonString().Should().Be("2");

            _server.Requests.Last().Split("\r\n").Skip(1).Where(line => own.Any(o => line.StartsWith(o[..o.IndexOf(' ')], StringComparison.OrdinalIgnoreCase)))
                .Should().BeEquivalentTo(own);
        }
    }

    [Fact]
    public async Task All_values_of_a_header_are_sent()
    {
        using var client = Make(_server.Port, new() { Headers = { { "X-Key", "k" }, { "X-Key", "l" } } });
        _server.Then(ScriptedServer.Ok("2"));

        await client.CommandAsync(1);

        string.Join(", ", _server.Requests.Single().Split("\r\n").Where(line => line.StartsWith("X-Key: ", StringComparison.Ordinal)).Select(line => line["X-Key: ".Length..]))
            .Should().Be("k, l");
    }

    [Theory]
    [InlineData("Content-Length", "0")]
    [InlineData("Transfer-Encoding", "chunked")]
    [InlineData("Connection", "close")]
    public void A_header_that_the_transport_writes_is_refused_when_the_client_is_made(string name, string value) =>
        FluentActions.Invoking(() => Make(_server.Port, new() { Headers = { [name] = value } })).Should().Throw<ArgumentException>().WithMessage($"*{name}*");

    [Fact]
    public async Task A_disposed_client_reports_that_it_is_disposed()
    {
        var client = Make(_server.Port, new());
        client.Dispose();

        await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<ObjectDisposedException>();
        client.Invoking(c => c.Command(1)).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task Cookies_are_not_stored()
    {
        using var client = Make(_server.Port, new());
        _server.Then("HTTP/1.1 200 OK\r\nSet-Cookie: id=1\r\nContent-Length: 1\r\n\r\n1", Ending.Keep).Then(ScriptedServer.Ok("2"));

        await client.CommandAsync(1);
        await client.CommandAsync(1);

        _server.Requests.Should().HaveCount(2).And.OnlyContain(request => !request.Contains("Cookie", StringComparison.OrdinalIgnoreCase));
    }

    private JsonRpcClient Make(int port, JsonRpcClientOptions options)
    {
        options.Transport = makeTransport();
        return MakeClient(port, options);
    }

    private static Task<JsonNode?> CallAsync(JsonRpcClient client, bool isSynchronous) => isSynchronous ? OwnThread.Run(() => client.Command(1)) : client.CommandAsync(1);
}
