using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Claims;
using System.Text;
using System.Text.Json.Nodes;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>
/// What one bad client could do to a server on HttpListener, and cannot. The comment above each test says how it fails without the guard.
/// </summary>
public sealed class HttpListenerTransportTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<JsonRpcFailure> _failures = [];
    private readonly List<JsonRpcServer> _servers = [];

    public void Dispose()
    {
        foreach (var server in _servers)
            server.StopAsync(new CancellationToken(canceled: true)).GetAwaiter().GetResult();
    }

    // Without the retry after an ArgumentNullException: one of the first few dozen starts throws it. (Without the gate: StartGateTests.)
    [Fact]
    public async Task Three_hundred_starts_during_which_clients_connect_all_succeed()
    {
        var first = Serve();
        var port = first.Address.Port;
        await first.StopAsync();
        using var over = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var connecting = Enumerable.Range(0, 4).Select(_ => OwnThread.Run(() =>
        {
            while (!over.IsCancellationRequested)
            {
                using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    socket.Connect(IPAddress.Loopback, port);
                }
                catch (SocketException)
                {
                    // Between two servers the port is not open.
                }
                // With a reset, because otherwise the machine would run out of ports.
                socket.LingerState = new LingerOption(true, 0);
            }
            return true;
        })).ToArray();

        for (var start = 0; start < 300; start++)
        {
            var server = MakeServer(port, x => x, Options());
            if (start % 50 == 0)
                (await RawConnection.ExchangeAsync(port, RawRequest.Post($"{start}"))).Text.Should().Be($"{start}");
            await server.StopAsync();
        }

        over.Token.IsCancellationRequested.Should().BeFalse("the clients must connect until the end");
        await over.CancelAsync();
        await Task.WhenAll(connecting).WaitAsync(Patience);
        Failures().Should().BeEmpty();
    }

    // Without the check for dead requests: the handler runs, once for each.
    [Fact]
    public async Task A_POST_without_a_length_is_answered_once_with_411_and_reaches_no_handler()
    {
        var handled = 0;
        var server = Serve(async (exchange, token) =>
        {
            Interlocked.Increment(ref handled);
            await exchange.ReadBodyAsync(token);
            exchange.ResponseBody.Advance(0);
        });

        for (var i = 0; i < 20; i++)
        {
            using var connection = await RawConnection.OpenAsync(server.Address.Port);
            await connection.SendAsync($"POST / HTTP/1.1\r\nHost: {server.Address.Authority}\r\n\r\n");
            var all = await connection.ReceiveToEndAsync();
            all.Should().StartWith("HTTP/1.1 411 ");
            all.Split("HTTP/1.1 ").Should().HaveCount(2, "one reply is enough");
        }
        var next = await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("1"));

        next.Status.Should().Be(200);
        handled.Should().Be(1);
        Failures().Should().BeEmpty();
    }

    // Without the refusal of Transfer-Encoding: 400 for an empty body, which is misleading.
    [Fact]
    public async Task JsonContent_by_default_is_411_with_a_fix_that_works()
    {
        var server = Serve();
        using var client = new HttpClient();
        using var content = JsonContent.Create(new { hello = "wörld" });

        using var refused = await client.PostAsync(server.Address, content);
        using var again = JsonContent.Create(new { hello = "wörld" });
        await again.LoadIntoBufferAsync();
        using var answered = await client.PostAsync(server.Address, again);

        refused.StatusCode.Should().Be(HttpStatusCode.LengthRequired);
        (await refused.Content.ReadAsStringAsync()).Should().Contain("LoadIntoBufferAsync").And.Contain("Content-Length").And.StartWith("""{"error":{"code":-32000,""");
        answered.StatusCode.Should().Be(HttpStatusCode.OK);
        (await answered.Content.ReadAsStringAsync()).Should().Be("""{"hello":"wörld"}""");
    }

    // Without the refusal, and with the body read instead: HttpListener recurses for each chunk, and the whole test process crashes.
    [Theory]
    [InlineData(30_000, 0)]
    [InlineData(1, 160 * 1024)]
    public async Task A_body_of_very_many_chunks_or_a_huge_trailer_does_not_end_the_process(int chunks, int trailer)
    {
        var server = Serve();
        var request = new StringBuilder($"POST / HTTP/1.1\r\nHost: {server.Address.Authority}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n");
        for (var i = 1; i < chunks; i++)
            request.Append("1\r\n \r\n");
        request.Append("0\r\n").Append(trailer == 0 ? "" : $"X-Trailer: {new string('x', trailer)}\r\n").Append("\r\n");

        for (var i = 0; i < 3; i++)
        {
            using var connection = await RawConnection.OpenAsync(server.Address.Port);
            try
            {
                await connection.SendAsync(request.ToString());
            }
            catch (SocketException)
            {
                // The server need not read all of it.
            }
            // A reset may overtake the reply: the rest of the body arrived at a closed socket.
            (await connection.ReceiveToEndAsync()).Should().Match(reply => reply.Length == 0 || reply.StartsWith("HTTP/1.1 411 ", StringComparison.Ordinal));
        }

        (await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("1"))).Text.Should().Be("1");
        Failures().Should().BeEmpty();
    }

    // With connections kept open after refusals: none of the replies has Connection: close, and the last call waits while 200 threads of the pool wait for bodies.
    [Fact]
    public async Task Two_hundred_refused_bodies_block_no_other_call()
    {
        var server = Serve();
        var connections = new List<RawConnection>();
        try
        {
            for (var i = 0; i < 200; i++)
            {
                var connection = await RawConnection.OpenAsync(server.Address.Port);
                connections.Add(connection);
                await connection.SendAsync($"POST / HTTP/1.1\r\nHost: {server.Address.Authority}\r\nOrigin: http://evil.example\r\nContent-Length: 1000\r\n\r\n12345");
            }
            var next = await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("1"));
            foreach (var connection in connections)
            {
                var refusal = await connection.ReceiveAsync();
                (refusal!.Status, refusal.IsLast).Should().Be((403, true));
            }

            next.Text.Should().Be("1");
        }
        finally
        {
            connections.ForEach(c => c.Dispose());
        }
    }

    // Without the check of the status: replies that HttpListener does not close by itself (401, 403, 404, 405, 415) keep their connections open.
    [Theory]
    [InlineData(400, "POST / HTTP/1.1\r\nContent-Length: 1\r\n", "{")]
    [InlineData(401, "POST /nobody HTTP/1.1\r\nContent-Length: 0\r\n", "")]
    [InlineData(403, "GET / HTTP/1.1\r\nOrigin: http://evil.example\r\n", "")]
    [InlineData(404, "POST / HTTP/1.1\r\nContent-Length: 3\r\n", "404")]
    [InlineData(405, "GET / HTTP/1.1\r\n", "")]
    [InlineData(415, "POST / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n", "")]
    [InlineData(500, "POST / HTTP/1.1\r\nContent-Length: 3\r\n", "500")]
    public async Task Every_refusal_ends_its_connection_though_nothing_of_its_body_is_unread(int status, string head, string body)
    {
        var server = Keep(MakeServer(
            0,
            (JsonNode? command) => command!.GetValue<int>() == 404
                ? throw new JsonRpcException(JsonRpcErrorCodes.MethodNotFound, "") : throw new InvalidOperationException("meant"),
            new() { Authenticate = (exchange, _) => new(exchange.Path == "/nobody" ? null : new ClaimsPrincipal(new ClaimsIdentity("test"))), OnUnhandledException = _ => { } }));
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        await connection.SendAsync($"{head}Host: {server.Address.Authority}\r\n\r\n{body}");
        var reply = await connection.ReceiveAsync();

        (reply!.Status, reply.IsLast).Should().Be((status, true));
        (await connection.ReceiveToEndAsync()).Should().BeEmpty();
    }

    // A body that stalls or is too slow is 408: CallsInFlightTests. Without counting the received bytes of a body: this one is 408 as well.
    [Fact]
    public async Task A_body_that_comes_slowly_but_fast_enough_is_answered()
    {
        var clock = new ManualClock();
        var reading = new TaskCompletionSource<HttpExchange>(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = Serve(async (exchange, token) =>
        {
            reading.TrySetResult(exchange);
            await exchange.ReadBodyAsync(token);
            exchange.ResponseHeaders["X-Length"] = $"{exchange.RequestBody.Length}";
        }, o => o.TimeProvider = clock);
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        using var patience = new CancellationTokenSource(Patience);

        await connection.SendAsync($"POST / HTTP/1.1\r\nHost: {server.Address.Authority}\r\nContent-Length: 10000\r\n\r\n");
        var exchange = await reading.Task.WaitAsync(Patience);
        for (var sent = 500; sent <= 10_000; sent += 500)
        {
            await connection.SendAsync(new byte[500]);
            // The clock moves when the bytes have arrived: 2 seconds for every 500.
            while (exchange.BodyBytesRead < sent && sent < 10_000)
                await Task.Delay(1, patience.Token);
            if (sent < 10_000)
                clock.Advance(TimeSpan.FromSeconds(2));
        }
        var reply = await connection.ReceiveAsync();

        (reply!.Status, reply["X-Length"]).Should().Be((200, "10000"));
    }

    // Without a deadline, or with one for the whole reply: stopping waits for this reply until the end of the drain, an hour.
    [Fact]
    public async Task A_client_that_does_not_read_its_reply_is_disconnected()
    {
        const int large = 50_000_000;
        var clock = new ManualClock();
        var server = Serve(
            (exchange, _) =>
            {
                exchange.ResponseBody.GetSpan(large);
                exchange.ResponseBody.Advance(large);
                return default;
            },
            o => (o.TimeProvider, o.Limits.MaxResponseBodySize, o.DrainTimeout) = (clock, large, TimeSpan.FromHours(1)));
        using var peer = await RawConnection.OpenAsync(server.Address.Port);
        await peer.SendAsync($"POST / HTTP/1.1\r\nHost: {server.Address.Authority}\r\nContent-Length: 1\r\n\r\n1");
        var head = await peer.ReceiveUntilAsync("\r\n\r\n");

        var stopping = server.StopAsync();
        clock.AdvanceUntil(stopping);

        stopping.IsCompletedSuccessfully.Should().BeTrue();
        head.Should().StartWith("HTTP/1.1 200 ");
        (await peer.ReceiveCountAsync(large)).Should().BeLessThan(large);
    }

    // With the limits of request bodies, which are strict here, the reply is cut off in the middle.
    [Fact]
    public async Task A_reply_has_its_own_rate_and_grace_period()
    {
        const int large = 50_000_000;
        var clock = new ManualClock();
        var server = Serve(
            (exchange, _) =>
            {
                exchange.ResponseBody.GetSpan(large);
                exchange.ResponseBody.Advance(large);
                return default;
            },
            o =>
            {
                (o.TimeProvider, o.Limits.MaxResponseBodySize) = (clock, large);
                (o.Limits.RequestGracePeriod, o.Limits.MinRequestRate) = (TimeSpan.FromSeconds(1), large);
                (o.Limits.ResponseGracePeriod, o.Limits.MinResponseRate) = (TimeSpan.FromSeconds(1000), large);
            });
        using var peer = await RawConnection.OpenAsync(server.Address.Port);
        await peer.SendAsync($"POST / HTTP/1.1\r\nHost: {server.Address.Authority}\r\nContent-Length: 1\r\n\r\n1");
        await peer.ReceiveUntilAsync("\r\n\r\n");

        for (var second = 0; second < 900; second += 10)
            clock.Advance(TimeSpan.FromSeconds(10));

        (await peer.ReceiveCountAsync(large)).Should().Be(large);
    }

    // Without the catch around getting a context, or around sending a reply: failures are reported, or the valid call is not answered.
    [Theory]
    [InlineData("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "a TLS hello")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00", "the HTTP/2 preface")]
    [InlineData("\x00\xff\xfe\r\n\r\n\x01\x02", "bytes that mean nothing")]
    [InlineData("GET\r\n\r\n", "a request line of one word")]
    [InlineData("POST / HTTP/9.9\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", "a future version")]
    [InlineData("POST / HTTP/1.1\r\nHost localhost\r\n\r\n", "a field without a colon")]
    [InlineData("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n1", "no host")]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", "a negative length")]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n", "a length that is too large for a number")]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, chunked\r\n\r\nzz\r\n", "chunked twice")]
    [InlineData("POST http://[::1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1", "a target that is not an address")]
    [InlineData("POST /%zz%00 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1", "escapes that are none")]
    [InlineData("POST * HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1", "an asterisk")]
    [InlineData("CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n", "CONNECT")]
    public async Task No_input_prevents_the_answer_to_the_next_call(string sent, string because)
    {
        var server = Serve();
        sent = sent.Replace("Host: localhost", $"Host: {server.Address.Authority}", StringComparison.Ordinal);
        for (var i = 0; i < 3; i++)
        {
            using var closing = await RawConnection.OpenAsync(server.Address.Port);
            await closing.SendAsync(sent);
            closing.ShutdownSend();
            await closing.ReceiveToEndAsync();
            using var resetting = await RawConnection.OpenAsync(server.Address.Port);
            await resetting.SendAsync(sent);
            resetting.Reset();
        }

        (await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("1"))).Text.Should().Be("1", because);
        Failures().Should().BeEmpty();
    }

    // Without the catch around reading a body: a reset in its middle is reported as a failure of the server.
    [Fact]
    public async Task A_connection_may_be_cut_or_closed_after_any_byte()
    {
        var server = Serve();
        var request = $"POST / HTTP/1.1\r\nHost: {server.Address.Authority}\r\nContent-Length: 12\r\n\r\n\"0123456789\"";
        for (var length = 0; length <= request.Length; length++)
        {
            using var closing = await RawConnection.OpenAsync(server.Address.Port);
            await closing.SendAsync(request[..length]);
            closing.ShutdownSend();
            using var resetting = await RawConnection.OpenAsync(server.Address.Port);
            await resetting.SendAsync(request[..length]);
            resetting.Reset();
        }

        (await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("1"))).Text.Should().Be("1");
        Failures().Should().BeEmpty();
    }

    // Without the check for the exceptions that a disconnected client causes: each is reported as a failure of the server.
    [Fact]
    public async Task A_client_that_disconnects_before_its_reply_is_not_a_failure()
    {
        using var entered = new SemaphoreSlim(0);
        using var gone = new SemaphoreSlim(0);
        var server = Serve(async (exchange, token) =>
        {
            await exchange.ReadBodyAsync(token);
            if (exchange.RequestBody.Length != 1)
                return;
            entered.Release();
            await gone.WaitAsync(Patience, token);
            for (var i = 0; i < 64; i++)
                exchange.ResponseBody.Advance(exchange.ResponseBody.GetSpan(64 * 1024).Length);
        });
        for (var i = 0; i < 10; i++)
        {
            var connection = await RawConnection.OpenAsync(server.Address.Port);
            await connection.SendAsync(RawRequest.Post("1"));
            (await entered.WaitAsync(Patience)).Should().BeTrue();
            connection.Reset();
            gone.Release();
        }

        (await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("22"))).Status.Should().Be(200);
        await server.StopAsync().WaitAsync(Patience);
        Failures().Should().BeEmpty();
    }

    // Without the empty value: "Microsoft-NetCore/2.0".
    [Fact]
    public async Task No_reply_names_a_product()
    {
        var server = Serve();

        var replies = new[]
        {
            await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("1")),
            await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("{")),
            await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Get("/")),
            await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("1").With("Origin", "http://evil.example")),
        };

        replies.Select(r => r.Status).Should().Equal(200, 400, 405, 403);
        replies.Select(r => r["Server"] ?? "").Should().AllBe("");
    }

    // HttpListener closes with the hundredth reply. A client that ignored that would fail at the next call.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_does_not_notice_that_a_connection_ends_with_its_hundredth_reply(bool isSynchronous)
    {
        var peers = new ConcurrentDictionary<string, int>();
        var echo = MakeHandler((JsonNode? command) => command);
        var server = Serve((exchange, token) =>
        {
            peers.AddOrUpdate($"{exchange.RemoteEndPoint}", 1, (_, calls) => calls + 1);
            return echo(exchange, token);
        });
        using var client = MakeClient(server.Address);

        for (var i = 0; i < 250; i++)
        {
            var reply = isSynchronous ? client.Command(i) : await client.CommandAsync(i);
            reply!.GetValue<int>().Should().Be(i);
        }

        peers.Values.Sum().Should().Be(250, "nothing is sent twice");
        peers.Should().HaveCountGreaterThan(1).And.HaveCountLessThan(10);
    }

    private JsonRpcServer Serve() => Keep(MakeServer(0, x => x, Options()));

    private JsonRpcServer Serve(HttpExchangeHandler handler, Action<JsonRpcServerOptions>? configure = null)
    {
        var options = Options();
        configure?.Invoke(options);
        return Keep(MakeServer(0, handler, options));
    }

    private JsonRpcServer Keep(JsonRpcServer server)
    {
        _servers.Add(server);
        return server;
    }

    private JsonRpcServerOptions Options() => new() { OnUnhandledException = _failures.Enqueue };

    private string[] Failures() => [.. _failures.Select(f => f.ToString())];
}
