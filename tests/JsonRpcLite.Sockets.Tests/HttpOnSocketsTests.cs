using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

public sealed class HttpOnSocketsOnEventLoops() : HttpOnSocketsTests(eventLoops: 2);

public sealed class HttpOnSocketsOnTheThreadPool() : HttpOnSocketsTests(eventLoops: 0);

/// <summary>The parts of HTTP/1.1 that only a real connection shows.</summary>
public abstract class HttpOnSocketsTests(int eventLoops) : SocketTests(eventLoops)
{
    [Fact]
    public async Task A_connection_stays_open_without_a_limit_on_requests()
    {
        var server = Serve();
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        for (var i = 0; i < 300; i++)
        {
            await connection.SendAsync(RawRequest.Post($"{i}"));
            var reply = (await connection.ReceiveAsync())!;
            (reply.Text, reply.IsLast).Should().Be(($"{{\"echo\":{i}}}", false));
        }
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_their_order()
    {
        var delays = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = ServeRaw(async (exchange, token) =>
        {
            if (exchange.Target == "/0")
                await delays.Task;
            exchange.ResponseBody.Write((await exchange.ReadBodyAsync(token)).Span);
        });
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        var requests = new StringBuilder();
        for (var i = 0; i < 50; i++)
            requests.Append(CultureInfo.InvariantCulture,
                $"POST /{i} HTTP/1.1\r\nHost: localhost\r\n{(i % 2 == 0 ? "Content-Length: 2\r\n\r\n" : "Transfer-Encoding: chunked\r\n\r\n2\r\n")}{i:00}{(i % 2 == 0 ? "" : "\r\n0\r\n\r\n")}");
        await connection.SendAsync(requests.ToString());
        delays.SetResult();

        for (var i = 0; i < 50; i++)
            (await connection.ReceiveAsync())!.Text.Should().Be($"{i:00}");
    }

    [Fact]
    public async Task Requests_read_the_same_a_byte_at_a_time()
    {
        var server = Serve();
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        const string requests =
            "\r\nPOST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n42POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1;a=b\r\n4\r\n1\r\n3\r\n0\r\nX: y\r\n\r\n";
        foreach (var character in requests)
            await connection.SendAsync(character.ToString());

        (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":42}");
        (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":43}");
    }

    /// <summary>The system ends a read at urgent data, so that a short read is not the end of the available bytes. The urgent byte itself is not part of the stream.</summary>
    [Theory]
    [InlineData("PO", "ST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n42")]
    [InlineData("POST / HTTP/1.1\r\nHost: loc", "alhost\r\nContent-Length: 2\r\n\r\n42")]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n4", "2")]
    [InlineData("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n4\r", "\n1\r\n2\r\n0\r\n\r\n")]
    [InlineData("", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n42")]
    public async Task Urgent_data_in_the_middle_of_a_request_does_not_stall_it(string before, string behind)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = ServeRaw(async (exchange, token) =>
        {
            if (exchange.Target == "/first")
                await gate.Task;
            exchange.ResponseBody.Write((await exchange.ReadBodyAsync(token)).Span);
        });
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        // Nothing is read while the first one is handled, so that the whole second one waits in the system.
        await connection.SendAsync("POST /first HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1");
        await connection.SendAsync(before);
        connection.SendUrgent();
        await connection.SendAsync(behind);
        gate.SetResult();

        (await connection.ReceiveAsync())!.Text.Should().Be("1");
        (await connection.ReceiveAsync())!.Text.Should().Be("42");
    }

    [Fact]
    public async Task Urgent_data_within_requests_disturbs_none_of_them()
    {
        var server = Serve();
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        for (var i = 0; i < 50; i++)
        {
            await connection.SendAsync("POST / HTTP/1.1\r\nHost: loc");
            connection.SendUrgent();
            await connection.SendAsync("alhost\r\nContent-Length: 1\r\n\r\n7");
            (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":7}");
        }
    }

    /// <summary>RFC 9112 3.2.2: the target of a proxy's request; the proxy may have left the field unchanged.</summary>
    [Fact]
    public async Task A_target_that_names_the_server_takes_precedence_over_the_Host_header()
    {
        var server = Serve();
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        await connection.SendAsync("POST http://localhost/ HTTP/1.1\r\nHost: old.example\r\nContent-Length: 2\r\n\r\n42");

        (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":42}");
    }

    [Fact]
    public async Task A_client_that_waits_for_100_gets_it_when_its_body_is_read()
    {
        var server = Serve();
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        await connection.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
        (await connection.ReceiveUntilAsync("\r\n\r\n")).Should().Be("HTTP/1.1 100 Continue\r\n\r\n");
        await connection.SendAsync("42");

        var reply = (await connection.ReceiveAsync())!;
        (reply.Text, reply.IsLast).Should().Be(("{\"echo\":42}", false));
    }

    [Fact]
    public async Task A_client_that_waits_for_100_can_be_refused_without_it()
    {
        var server = Serve(configure: o => o.Limits.MaxRequestBodySize = 1);
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        await connection.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");

        (await connection.ReceiveToEndAsync()).Should().StartWith("HTTP/1.1 413 ");
    }

    [Fact]
    public async Task HEAD_gets_the_length_of_the_reply_to_GET()
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.ResponseBody.Write("12345"u8);
            return default;
        });
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        for (var i = 0; i < 2; i++)
        {
            await connection.SendAsync(new RawRequest("HEAD"));
            (await connection.ReceiveAsync(isBodiless: true))!["Content-Length"].Should().Be("5");
            await connection.SendAsync(RawRequest.Get("/"));
            (await connection.ReceiveAsync())!.Text.Should().Be("12345");
        }
    }

    [Fact]
    public async Task A_client_that_has_shut_down_its_sending_side_gets_its_answer()
    {
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = ServeRaw(async (exchange, token) =>
        {
            called.SetResult();
            await answer.Task.WaitAsync(token);
            exchange.ResponseBody.Write("done"u8);
        });
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        await connection.SendAsync(RawRequest.Get("/"));
        connection.ShutdownSend();
        await called.Task;
        Clock.Advance(TimeSpan.FromSeconds(10));
        answer.SetResult();

        (await connection.ReceiveAsync())!.Text.Should().Be("done");
        (await connection.ReceiveAsync()).Should().BeNull();
    }

    [Fact]
    public async Task A_connection_that_is_reset_cancels_its_call_and_no_other()
    {
        var called = new SemaphoreSlim(0);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = ServeRaw(async (exchange, token) =>
        {
            called.Release();
            if (exchange.Target == "/reset")
                await Task.Delay(Timeout.Infinite, token).ContinueWith(_ => cancelled.SetResult(), TaskScheduler.Default);
            else
                await answer.Task.WaitAsync(token);
        });
        using var other = await RawConnection.OpenAsync(server.Address.Port);
        await other.SendAsync(RawRequest.Get("/other"));
        await called.WaitAsync();

        var connection = await RawConnection.OpenAsync(server.Address.Port);
        await connection.SendAsync(RawRequest.Get("/reset"));
        await called.WaitAsync();
        connection.Reset();
        Clock.Advance(TimeSpan.FromSeconds(2));

        await cancelled.Task;
        answer.SetResult();
        (await other.ReceiveAsync())!.Status.Should().Be(200);
        Failures.Should().BeEmpty();
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_Unix_domain_socket_that_is_closed_cancels_its_call_and_one_that_only_ends_sending_does_not(bool isClosed)
    {
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var endPoint = new UnixDomainSocketEndPoint($"\0{Path.GetRandomFileName()}");
        ServeRaw(
            async (_, token) =>
            {
                using var registration = token.Register(() => cancelled.TrySetResult());
                called.SetResult();
                await answer.Task;
            },
            new SocketTransport { EndPoint = endPoint });
        using var connection = await RawConnection.OpenAsync(endPoint);
        await connection.SendAsync(RawRequest.Get("/"));
        await called.Task;

        if (isClosed)
            connection.Dispose();
        else
            connection.ShutdownSend();
        Clock.Advance(TimeSpan.FromSeconds(2));

        if (isClosed)
            await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(60));
        answer.SetResult();
        if (!isClosed)
            (await connection.ReceiveAsync())!.Status.Should().Be(200);
        cancelled.Task.IsCompleted.Should().Be(isClosed);
    }

    [Fact]
    public async Task HTTP_1_0_is_answered_and_closed()
    {
        var server = Serve();
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        await connection.SendAsync("POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\n7");

        var reply = (await connection.ReceiveAsync())!;
        (reply.Text, reply.IsLast).Should().Be(("{\"echo\":7}", true));
        (await connection.ReceiveAsync()).Should().BeNull();
    }

    [Fact]
    public async Task A_reply_has_a_date_unless_the_handler_gave_one()
    {
        var server = ServeRaw((exchange, _) =>
        {
            if (exchange.Target == "/own")
                exchange.ResponseHeaders["date"] = "Thu, 01 Jan 1970 00:00:00 GMT";
            return default;
        });

        var ours = await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Get("/"));
        Clock.Advance(TimeSpan.FromSeconds(3));
        var later = await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Get("/"));
        var own = await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Get("/own"));

        ours["Date"].Should().Be("Fri, 02 Jan 2026 03:04:05 GMT");
        later["Date"].Should().Be("Fri, 02 Jan 2026 03:04:08 GMT");
        own.Fields.Where(f => f.Name.Equals("Date", StringComparison.OrdinalIgnoreCase)).Should().Equal(("date", "Thu, 01 Jan 1970 00:00:00 GMT"));
    }

    [Fact]
    public async Task Fields_of_any_length_and_any_byte_above_127_arrive_both_ways()
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.ResponseHeaders["X-Long"] = exchange.RequestHeaders["X-Long"];
            exchange.ResponseHeaders["X-Bytes"] = exchange.RequestHeaders["X-Bytes"];
            exchange.ResponseHeaders["X-Spaces"] = " \t inner space \t ";
            exchange.ResponseBody.Write("body"u8);
            return default;
        });
        var text = new string('x', 20_000);
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        for (var i = 0; i < 3; i++)
        {
            await connection.SendAsync(RawRequest.Get("/").With("X-Long", text).With("X-Bytes", "\x80\xe9\xff"));
            var reply = (await connection.ReceiveAsync())!;

            reply["X-Long"].Should().Be(text);
            reply["X-Bytes"].Should().Be("\x80\xe9\xff");
            reply["X-Spaces"].Should().Be("inner space");
            reply.Text.Should().Be("body");
        }
    }

    [Fact]
    public async Task The_fields_of_one_request_are_not_seen_by_the_next()
    {
        var server = ServeRaw((exchange, _) =>
        {
            var fields = string.Join("|", exchange.RequestHeaders.Select(f => $"{f.Key}={f.Value}"));
            exchange.ResponseBody.Write(Encoding.UTF8.GetBytes($"{exchange.Method} {exchange.Target} {fields}"));
            return default;
        });
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        await connection.SendAsync(
            "PUT /a HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\nX-B: 2\r\n\r\nGET /b HTTP/1.1\r\nhost: localhost\r\nX-A: 10\r\n\r\nPOST /ab HTTP/1.1\r\nHost: localhost\r\n\r\n");

        (await connection.ReceiveAsync())!.Text.Should().Be("PUT /a Host=localhost|X-A=1|X-B=2");
        (await connection.ReceiveAsync())!.Text.Should().Be("GET /b host=localhost|X-A=10");
        (await connection.ReceiveAsync())!.Text.Should().Be("POST /ab Host=localhost");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Megabytes_go_both_ways(bool isChunked)
    {
        var server = Serve();
        var text = string.Concat(Enumerable.Range(0, 400_000).Select(i => (char)('a' + i % 26)));
        var json = new JsonArray([.. Enumerable.Repeat(text, 5)]).ToJsonString();
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        for (var i = 0; i < 2; i++)
        {
            var sending = connection.SendAsync(isChunked ? Chunked(json) : RawRequest.Post(json));
            var reply = (await connection.ReceiveAsync())!;
            await sending;
            reply.Text.Should().Be($"{{\"echo\":{json}}}");
        }

        static RawRequest Chunked(string json)
        {
            var body = new StringBuilder();
            foreach (var chunk in json.Chunk(30_011))
                body.Append(CultureInfo.InvariantCulture, $"{chunk.Length:x}\r\n").Append(chunk).Append("\r\n");
            return RawRequest.Post(body.Append("0\r\n\r\n").ToString()).With("Transfer-Encoding", "chunked");
        }
    }

    [Fact]
    public async Task A_reply_sent_without_reading_the_body_ends_the_connection_and_is_not_lost()
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.ResponseBody.Write("not read"u8);
            return default;
        });
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        await connection.SendAsync(RawRequest.Post(new byte[3_000_000]));

        var reply = (await connection.ReceiveAsync())!;
        (reply.Text, reply.IsLast).Should().Be(("not read", true));
        (await connection.ReceiveAsync()).Should().BeNull();
    }

    [Fact]
    public async Task The_next_call_does_not_see_the_execution_context_of_the_previous_one()
    {
        var local = new AsyncLocal<string?>();
        var server = ServeRaw((exchange, _) =>
        {
            exchange.ResponseBody.Write(Encoding.UTF8.GetBytes(local.Value ?? "nothing"));
            local.Value = "secret";
            return default;
        });
        using var connection = await RawConnection.OpenAsync(server.Address.Port);

        await connection.SendAsync("GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET / HTTP/1.1\r\nHost: localhost\r\n\r\n");

        (await connection.ReceiveAsync())!.Text.Should().Be("nothing");
        (await connection.ReceiveAsync())!.Text.Should().Be("nothing");
    }

    [Fact]
    public async Task An_idle_connection_holds_no_buffer()
    {
        var transport = new SocketTransport();
        var server = Serve(transport);
        var connections = new List<RawConnection>();

        for (var i = 0; i < 20; i++)
        {
            connections.Add(await RawConnection.OpenAsync(server.Address.Port));
            await connections[^1].SendAsync(RawRequest.Post("7"));
            (await connections[^1].ReceiveAsync())!.Status.Should().Be(200);
        }

        // The reply may arrive before its connection has returned its buffer.
        SpinWait.SpinUntil(() => transport.ExchangesInUse == 0, TimeSpan.FromSeconds(30)).Should().BeTrue();
        transport.OpenConnections.Should().Be(20);
        connections.ForEach(c => c.Dispose());
    }

    /// <summary>A read that fills its buffer may have left more bytes; here the wait for them finds none.</summary>
    [Fact]
    public async Task A_request_that_fills_its_first_buffer_exactly_does_not_break_its_connection()
    {
        const int room = 4096;
        var transport = new SocketTransport();
        var server = Serve(transport);
        using var connection = await RawConnection.OpenAsync(server.Address.Port);
        const string head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ????\r\n\r\n";
        var text = $"\"{new string('x', room - head.Length - 2)}\"";

        for (var i = 0; i < 3; i++)
        {
            await connection.SendAsync(head.Replace("????", $"{text.Length}", StringComparison.Ordinal) + text);
            (await connection.ReceiveAsync())!.Text.Should().Be($"{{\"echo\":{text}}}");
            SpinWait.SpinUntil(() => transport.ExchangesInUse == 0, TimeSpan.FromSeconds(30)).Should().BeTrue("it holds no buffer while it waits");
        }
        // And it waits for a request, not for the rest of a head.
        Clock.Advance(transport.RequestHeadTimeout + TimeSpan.FromSeconds(5));
        await connection.SendAsync(RawRequest.Post("7"));

        (await connection.ReceiveAsync())!.Text.Should().Be("{\"echo\":7}");
    }

    [Fact]
    public async Task A_reply_arrives_although_its_handler_left_a_body_read_pending()
    {
        var server = ServeRaw(async (exchange, token) =>
        {
            _ = exchange.ReadBodyAsync(token).AsTask();
            await Task.Yield();
            exchange.Reply(403, "text/plain", "no");
        });
        for (var i = 0; i < 20; i++)
        {
            using var connection = await RawConnection.OpenAsync(server.Address.Port);
            await connection.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nab");
            for (var piece = 0; piece < 5; piece++)
                await connection.SendAsync(new byte[50_000]);

            (await connection.ReceiveAsync())!.Text.Should().Be("no");
        }
    }
}
