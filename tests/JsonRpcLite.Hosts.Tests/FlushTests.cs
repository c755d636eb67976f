using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class FlushOnHttpListener() : FlushTests(new HttpListenerHost());

public sealed class FlushInMemory() : FlushTests(new InMemoryHost());

public sealed class FlushOnSockets() : FlushTests(new SocketHost());

public sealed class FlushOnPortableSockets() : FlushTests(new PortableSocketHost());

public sealed class FlushOnAspNetCore() : FlushTests(new AspNetCoreHost());

/// <summary>A reply that its handler sends in pieces.</summary>
public abstract class FlushTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private protected FlushTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task A_piece_arrives_before_the_next_is_made()
    {
        var arrived = new SemaphoreSlim(0);
        var server = ServeRaw(async (exchange, _) =>
        {
            for (var i = 1; i <= 3; i++)
            {
                await WriteAsync(exchange, $"data: {i}\n\n");
                await EnterAsync(arrived);
            }
        });

        using var stream = await OpenAsync(server);

        for (var i = 1; i <= 3; i++)
        {
            (await stream.ReadAsync(9)).Should().Be($"data: {i}\n\n");
            arrived.Release();
        }
        (await stream.ReadToEndAsync()).Should().BeEmpty();
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task The_head_has_no_length_and_the_pieces_are_chunks()
    {
        if (!Can(Ability.HasWire))
            return;
        var server = ServeRaw(async (exchange, token) =>
        {
            exchange.StatusCode = 201;
            exchange.ResponseHeaders["X-A"] = "1";
            exchange.ResponseBody.Write("one"u8);
            await exchange.FlushAsync(token);
            exchange.ResponseBody.Write("and two"u8);
            await exchange.FlushAsync(token);
            await exchange.FlushAsync(token);
            exchange.ResponseBody.Write("rest"u8);
        });

        var text = await AllBytesAsync(server, "GET / HTTP/1.1\r\nHost: {0}\r\nConnection: close\r\n\r\n");

        var (head, body) = Split(text);
        head.Should().StartWith("HTTP/1.1 201 ").And.Contain("X-A: 1").And.ContainEquivalentOf("Transfer-Encoding: chunked").And.ContainEquivalentOf("Connection: close")
            .And.NotContainEquivalentOf("Content-Length");
        body.Should().Be("3\r\none\r\n7\r\nand two\r\n4\r\nrest\r\n0\r\n\r\n");
    }

    [Fact]
    public async Task A_flushed_reply_without_bytes_is_complete()
    {
        var server = ServeRaw(async (exchange, token) =>
        {
            exchange.ResponseHeaders["Content-Type"] = "text/event-stream";
            await exchange.FlushAsync(token);
        });

        using var stream = await OpenAsync(server);

        stream.Exchange.StatusCode.Should().Be(200);
        (await stream.ReadToEndAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task The_connection_serves_another_request_after_the_end()
    {
        if (!Can(Ability.HasWire) || !Can(Ability.KeepsStreamConnections))
            return;
        var server = ServeRaw(async (exchange, _) =>
        {
            await WriteAsync(exchange, exchange.Path);
            exchange.ResponseBody.Write("!"u8);
        });
        using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);

        await connection.SendAsync(
            $"GET /a HTTP/1.1\r\nHost: {server.Server.Address.Authority}\r\n\r\nGET /b HTTP/1.1\r\nHost: {server.Server.Address.Authority}\r\nConnection: close\r\n\r\n");
        var text = await connection.ReceiveToEndAsync();

        text.Should().Contain("2\r\n/a\r\n1\r\n!\r\n0\r\n\r\nHTTP/1.1 200").And.EndWith("2\r\n/b\r\n1\r\n!\r\n0\r\n\r\n");
    }

    [Fact]
    public async Task The_head_cannot_be_changed_after_it_was_sent()
    {
        var refused = new List<string>();
        var server = ServeRaw(async (exchange, _) =>
        {
            exchange.HasBegun.Should().BeFalse();
            await WriteAsync(exchange, "data: 1\n\n");
            exchange.HasBegun.Should().BeTrue();
            foreach (var change in new Action[]
            {
                () => exchange.StatusCode = 500,
                () => exchange.ResponseHeaders["X-Late"] = "1",
                () => exchange.ResponseHeaders.Remove("Content-Type"),
                () => exchange.AddStandingHeader("X-Late", "1"),
            })
            {
                refused.Add(change.Should().Throw<InvalidOperationException>().Which.Message);
            }
            exchange.ResponseBody.Write("not this"u8);
            exchange.ClearResponse();
            exchange.ResponseBody.Write("end"u8);
        });

        using var stream = await OpenAsync(server);

        (await stream.ReadToEndAsync()).Should().Be("data: 1\n\nend");
        refused.Should().HaveCount(4).And.AllSatisfy(message => message.Should().Contain("was sent"));
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task Standing_headers_and_those_of_an_allowed_page_are_in_the_head()
    {
        var server = ServeRaw(
            async (exchange, _) =>
            {
                exchange.AddStandingHeader("X-Request-Id", "7");
                await WriteAsync(exchange, "data: 1\n\n");
            },
            options => options.AllowedOrigins = ["https://page.example"]);

        using var stream = await OpenAsync(server, exchange => exchange.RequestHeaders["Origin"] = "https://page.example");

        (stream.Exchange.ResponseHeaders["X-Request-Id"], stream.Exchange.ResponseHeaders["Access-Control-Allow-Origin"]).Should().Be(("7", "https://page.example"));
    }

    [Fact]
    public async Task A_handler_that_fails_after_a_piece_leaves_the_reply_incomplete()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = ServeRaw(async (exchange, _) =>
        {
            await WriteAsync(exchange, "data: 1\n\n");
            await gate.Task;
            exchange.ResponseBody.Write("never sent"u8);
            throw new InvalidOperationException("broken");
        });

        using var stream = await OpenAsync(server);
        (await stream.ReadAsync(9)).Should().Be("data: 1\n\n");
        gate.SetResult();
        var reading = async () => await stream.ReadToEndAsync();

        (await reading.Should().ThrowAsync<Exception>()).Which.Should().Match(e => e is IOException || e is HttpRequestException);
        await EventuallyAsync(() => Failures.Count == 1);
        Failures.Single().Exception.Message.Should().Be("broken");
    }

    [Fact]
    public async Task HEAD_gets_the_head_and_ends_the_handler()
    {
        var ended = new TaskCompletionSource();
        var server = ServeRaw(async (exchange, token) =>
        {
            exchange.ResponseBody.Write("data: 1\n\n"u8);
            await exchange.FlushAsync(CancellationToken.None);
            token.IsCancellationRequested.Should().BeTrue();
            exchange.ResponseBody.Write("data: 2\n\n"u8);
            await exchange.FlushAsync(CancellationToken.None);
            ended.TrySetResult();
        });

        var reply = await server.ExchangeAsync(new RawRequest("HEAD", "/").With("Connection", "close"));

        (reply.Status, reply.Body.Length).Should().Be((200, 0));
        await ended.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task To_HTTP_1_0_the_body_ends_with_the_connection()
    {
        if (!Can(Ability.HasWire))
            return;
        var server = ServeRaw(async (exchange, _) =>
        {
            await WriteAsync(exchange, "one ");
            await WriteAsync(exchange, "two");
        });

        var (head, body) = Split(await AllBytesAsync(server, "GET / HTTP/1.0\r\nHost: {0}\r\n\r\n"));

        body.Should().Be("one two");
        head.Should().NotContainEquivalentOf("chunked");
        head.Contains("Content-Length: 7", StringComparison.OrdinalIgnoreCase).Should().Be(!Can(Ability.StreamsToHttp10), "what cannot be sent in pieces is sent whole");
    }

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    public async Task A_reply_without_a_body_cannot_be_flushed(int status)
    {
        var server = ServeRaw(async (exchange, token) =>
        {
            exchange.StatusCode = status;
            await exchange.FlushAsync(token);
        });

        (await server.ExchangeAsync(RawRequest.Get("/"))).Status.Should().Be(500);
        Failures.Single().Exception.Should().BeOfType<InvalidOperationException>();
    }

    [Fact]
    public async Task A_framing_header_is_refused_before_anything_is_sent()
    {
        var server = ServeRaw(async (exchange, token) =>
        {
            exchange.ResponseHeaders["Transfer-Encoding"] = "gzip";
            await exchange.FlushAsync(token);
        });

        (await server.ExchangeAsync(RawRequest.Get("/"))).Status.Should().Be(500);
        Failures.Single().Exception.Message.Should().Contain("Transfer-Encoding");
    }

    [Fact]
    public async Task One_stream_too_many_is_503_and_the_permit_is_free_again_after_a_stream_ends()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = ServeRaw(
            async (exchange, _) =>
            {
                await WriteAsync(exchange, "data: 1\n\n");
                await gate.Task;
            },
            options => options.Limits.MaxConcurrentStreams = 1);
        using var first = await OpenAsync(server);

        var refused = await server.ExchangeAsync(RawRequest.Get("/"));
        gate.SetResult();
        await first.ReadToEndAsync();

        (refused.Status, refused["Retry-After"], refused.Text).Should().Be((503, "1", "{\"error\":{\"code\":-32000,\"message\":\"Too many streams are open; try again.\"}}"));
        await EventuallyAsync(async () =>
        {
            using var next = await OpenAsync(server);
            return next.Exchange.StatusCode == 200;
        });
    }

    [Fact]
    public async Task A_stream_does_not_count_as_a_call()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = ServeRaw(
            async (exchange, _) =>
            {
                if (exchange.Path == "/call")
                    return;
                await WriteAsync(exchange, "data: 1\n\n");
                await gate.Task;
            },
            options => options.Limits.MaxConcurrentCalls = 1);
        using var first = await OpenAsync(server);
        using var second = await OpenAsync(server);

        (await server.ExchangeAsync(RawRequest.Get("/call"))).Status.Should().Be(200);
        gate.SetResult();
    }

    [Fact]
    public async Task A_stream_has_no_deadline()
    {
        var taken = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = ServeRaw(
            async (exchange, token) =>
            {
                await WriteAsync(exchange, "data: 1\n\n");
                taken.SetResult();
                await gate.Task;
                token.IsCancellationRequested.Should().BeFalse();
                exchange.ResponseBody.Write("data: 2\n\n"u8);
            },
            options => options.Limits.HandlerTimeout = TimeSpan.FromSeconds(10));
        using var stream = await OpenAsync(server, exchange => exchange.RequestHeaders[HeaderFields.TimeoutMs] = "5000");

        (await stream.ReadAsync(9)).Should().Be("data: 1\n\n");
        await taken.Task.WaitAsync(Patience);
        Clock.Advance(TimeSpan.FromHours(1));
        gate.SetResult();

        (await stream.ReadToEndAsync()).Should().Be("data: 2\n\n");
    }

    [Fact]
    public async Task A_flush_after_an_early_reply_is_cancelled()
    {
        var entered = new SemaphoreSlim(0);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var outcome = new TaskCompletionSource<Exception?>();
        var server = ServeRaw(
            async (exchange, _) =>
            {
                entered.Release();
                await gate.Task;
                exchange.ResponseBody.Write("late"u8);
                outcome.SetResult(await Record.ExceptionAsync(async () => await exchange.FlushAsync(CancellationToken.None)));
            },
            options => options.Limits.HandlerTimeout = TimeSpan.FromSeconds(10));

        var replying = server.ExchangeAsync(RawRequest.Get("/"));
        await EnterAsync(entered);
        Clock.Advance(TimeSpan.FromSeconds(13));
        (await replying.WaitAsync(Patience)).Status.Should().Be(504);
        gate.SetResult();

        (await outcome.Task.WaitAsync(Patience)).Should().BeAssignableTo<OperationCanceledException>();
    }

    [Fact]
    public async Task A_body_that_was_not_read_cannot_be_read_after_the_first_piece()
    {
        var outcome = new TaskCompletionSource<Exception?>();
        var server = ServeRaw(async (exchange, _) =>
        {
            await WriteAsync(exchange, "data: 1\n\n");
            outcome.SetResult(await Record.ExceptionAsync(async () => await exchange.ReadBodyAsync(CancellationToken.None)));
        });

        using var stream = await OpenAsync(server, exchange => (exchange.Method, exchange.RequestBody) = ("POST", "body"u8.ToArray()));
        await stream.ReadToEndAsync();

        (await outcome.Task.WaitAsync(Patience)).Should().BeOfType<InvalidOperationException>();
    }

    [Fact]
    public async Task A_client_that_leaves_ends_the_handler()
    {
        var ended = new TaskCompletionSource();
        var server = ServeRaw(async (exchange, token) =>
        {
            try
            {
                await WriteAsync(exchange, "data: 1\n\n");
                if (Can(Ability.NoticesLeaving))
                    await Task.Delay(Timeout.Infinite, token);
                for (var i = 0; i < 1000; i++)
                {
                    await WriteAsync(exchange, new string('x', 10_000));
                    await Task.Delay(1, CancellationToken.None);
                }
            }
            finally
            {
                if (token.IsCancellationRequested)
                    ended.TrySetResult();
            }
        });
        using (var stream = await OpenAsync(server))
            (await stream.ReadAsync(9)).Should().Be("data: 1\n\n");

        Clock.AdvanceUntil(ended.Task);

        ended.Task.IsCompletedSuccessfully.Should().BeTrue();
        await EventuallyAsync(async () => (await server.ExchangeAsync(new RawRequest("HEAD", "/").With("Connection", "close"))).Status == 200);
        Failures.Should().BeEmpty("a client that disconnects is not a failure");
    }

    [Fact]
    public async Task A_client_that_does_not_read_ends_the_handler()
    {
        if (!Can(Ability.HasWire) || Host is AspNetCoreHost)
            return;
        var ended = new TaskCompletionSource<Exception>();
        var server = ServeRaw(async (exchange, token) =>
        {
            try
            {
                while (true)
                    await WriteAsync(exchange, new string('x', 50_000));
            }
            catch (Exception e)
            {
                token.IsCancellationRequested.Should().BeTrue();
                ended.SetResult(e);
                throw;
            }
        });
        using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);
        await connection.SendAsync($"GET / HTTP/1.1\r\nHost: {server.Server.Address.Authority}\r\n\r\n");

        Clock.AdvanceUntil(ended.Task);

        (await ended.Task.WaitAsync(Patience)).Should().BeAssignableTo<IOException>();
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_shutdown_cancels_streams_at_once_and_lets_them_finish()
    {
        var server = ServeRaw(async (exchange, token) =>
        {
            await WriteAsync(exchange, "data: 1\n\n");
            await Record.ExceptionAsync(() => Task.Delay(Timeout.Infinite, token));
            exchange.ResponseBody.Write("data: bye\n\n"u8);
        });
        using var stream = await OpenAsync(server);

        // The clock does not move: the drain needs no time.
        var stopping = server.Server.StopAsync();

        (await stream.ReadToEndAsync()).Should().Be("data: 1\n\ndata: bye\n\n");
        await stopping.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_stream_that_outlasts_the_drain_is_cut_off()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var flushed = new TaskCompletionSource<Exception?>();
        var server = ServeRaw(async (exchange, _) =>
        {
            await WriteAsync(exchange, "data: 1\n\n");
            await gate.Task;
            exchange.ResponseBody.Write("data: 2\n\n"u8);
            flushed.SetResult(await Record.ExceptionAsync(async () => await exchange.FlushAsync(CancellationToken.None)));
        });
        using var stream = await OpenAsync(server);
        await stream.ReadAsync(9);

        var stopping = server.Server.StopAsync();
        Clock.AdvanceUntil(stopping);
        await stopping.WaitAsync(Patience);
        var reading = async () => await stream.ReadToEndAsync();
        await reading.Should().ThrowAsync<IOException>();
        gate.SetResult();

        (await flushed.Task.WaitAsync(Patience)).Should().BeAssignableTo<IOException>();
    }

    [Fact]
    public async Task Two_flushes_at_a_time_are_refused()
    {
        if (!Can(Ability.HasWire) || Host is AspNetCoreHost)
            return;
        var outcome = new TaskCompletionSource<Exception?>();
        var server = ServeRaw(async (exchange, _) =>
        {
            exchange.ResponseBody.Write(new byte[8 * 1024 * 1024]);
            var first = exchange.FlushAsync(CancellationToken.None);
            first.IsCompleted.Should().BeFalse("the client does not read");
            outcome.SetResult(await Record.ExceptionAsync(async () => await exchange.FlushAsync(CancellationToken.None)));
            await first;
        });
        using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);
        await connection.SendAsync($"GET / HTTP/1.1\r\nHost: {server.Server.Address.Authority}\r\nConnection: close\r\n\r\n");

        (await outcome.Task.WaitAsync(Patience)).Should().BeOfType<InvalidOperationException>();
        (await connection.ReceiveToEndAsync()).Length.Should().BeGreaterThan(8 * 1024 * 1024);
    }

    [Fact]
    public async Task A_flush_that_its_handler_leaves_behind_ends_the_connection_and_is_reported()
    {
        var server = ServeRaw((exchange, token) =>
        {
            if (exchange.Path == "/other")
                return default;
            exchange.ResponseHeaders["Content-Type"] = "text/event-stream";
            exchange.ResponseBody.Write(new byte[15 * 1024 * 1024]);
            _ = exchange.FlushAsync(CancellationToken.None).AsTask();
            return default;
        });

        var reading = async () =>
        {
            using var stream = await OpenAsync(server);
            await stream.ReadToEndAsync();
        };

        (await reading.Should().ThrowAsync<Exception>()).Which.Should().Match(e => e is IOException || e is HttpRequestException);
        Failures.Single().Exception.Message.Should().Contain("Await it");
        (await server.ExchangeAsync(RawRequest.Get("/other"))).Status.Should().Be(200);
    }

    [Fact]
    public async Task A_client_that_does_not_read_the_last_piece_does_not_delay_the_shutdown()
    {
        if (!Can(Ability.HasWire) || Host is AspNetCoreHost)
            return;
        var server = ServeRaw(async (exchange, token) =>
        {
            await WriteAsync(exchange, "data: 1\n\n");
            exchange.ResponseBody.Write(new byte[15 * 1024 * 1024]);
        });
        using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);
        await connection.SendAsync($"GET / HTTP/1.1\r\nHost: {server.Server.Address.Authority}\r\n\r\n");
        await connection.ReceiveUntilAsync("data: 1");

        var stopping = server.Server.StopAsync();
        Clock.AdvanceUntil(stopping);

        stopping.IsCompletedSuccessfully.Should().BeTrue();
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task The_traffic_log_shows_the_beginning_and_the_end_of_a_stream()
    {
        var log = new StringWriter();
        var server = ServeRaw(
            async (exchange, token) =>
            {
                await WriteAsync(exchange, "secret ");
                await WriteAsync(exchange, "words");
            },
            options => options.TrafficLog = TextWriter.Synchronized(log));

        using (var stream = await OpenAsync(server))
            await stream.ReadToEndAsync();
        await EventuallyAsync(() => log.ToString().Contains("ended", StringComparison.Ordinal));

        log.ToString().Should().Contain("< 200 after 0.0 ms (a stream begins)").And.Contain("(a stream of 2 pieces, 12 bytes, ended after 0.0 ms: whole)").And.NotContain("words");
    }

    private static async Task WriteAsync(HttpExchange exchange, string text)
    {
        if (!exchange.HasBegun)
            exchange.ResponseHeaders["Content-Type"] = "text/event-stream";
        exchange.ResponseBody.Write(Encoding.UTF8.GetBytes(text));
        await exchange.FlushAsync(CancellationToken.None);
    }

    private async Task<OpenedStream> OpenAsync(HostedServer server, Action<HttpExchange>? configure = null)
    {
        var client = Host.MakeClientTransport(server.Transport);
        var exchange = new HttpExchange { Address = server.Server.Address, Method = "GET" };
        configure?.Invoke(exchange);
        return await OpenedStream.OpenAsync(client, exchange);
    }

    private static async Task<string> AllBytesAsync(HostedServer server, string request)
    {
        using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);
        await connection.SendAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, request, server.Server.Address.Authority));
        return await connection.ReceiveToEndAsync();
    }

    private static (string Head, string Body) Split(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return (text[..(end + 2)], text[(end + 4)..]);
    }

    private static async Task EnterAsync(SemaphoreSlim semaphore) => (await semaphore.WaitAsync(Patience)).Should().BeTrue();
}
