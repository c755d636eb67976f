using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class StreamsOnHttpListener() : StreamTests(new HttpListenerHost());

public sealed class StreamsInMemory() : StreamTests(new InMemoryHost());

public sealed class StreamsOnSockets() : StreamTests(new SocketHost());

public sealed class StreamsOnPortableSockets() : StreamTests(new PortableSocketHost());

public sealed class StreamsOnAspNetCore() : StreamTests(new AspNetCoreHost());

/// <summary>Methods with incremental results, on the server's side and on the client's.</summary>
public abstract class StreamTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private protected StreamTests(Host host)
        : base(host)
    {
    }

    private sealed record Row(int Number, string Name);

    [Fact]
    public async Task An_item_arrives_before_the_next_is_made()
    {
        var arrived = new SemaphoreSlim(0);
        using var client = Serve(new JsonRpcMethods().Add("count", (int to, CancellationToken token) => CountAsync(to, arrived, token))).MakeClient();

        var items = new List<int>();
        await foreach (var item in client.CallStreamAsync<int>("count", new { to = 4 }))
        {
            items.Add(item);
            arrived.Release();
        }

        items.Should().Equal(1, 2, 3, 4);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(40)]
    [InlineData(3000)]
    public async Task No_item_is_lost_or_repeated_where_the_method_yields_now_and_then(int meanRun)
    {
        const int count = 20_000;
        using var client = Serve(new JsonRpcMethods().Add("number", (int count, int meanRun) => NumberAsync(count, meanRun))).MakeClient();
        var next = 0;

        await foreach (var item in client.CallStreamAsync<int>("number", new { count, meanRun }))
            Assert.Equal(next++, item);

        next.Should().Be(count);
    }

    [Fact]
    public async Task A_stream_is_events_with_a_message_each_and_ends_with_the_response()
    {
        var server = Serve(new JsonRpcMethods().Add("count", (int to) => CountAsync(to)));

        using var stream = await OpenAsync(server, """{"jsonrpc":"2.0","method":"count","params":[2],"id":"a b"}""");
        var text = await stream.ReadToEndAsync();

        (stream.Exchange.StatusCode, stream["Content-Type"], stream["Cache-Control"], stream["X-Accel-Buffering"], stream["Content-Length"])
            .Should().Be((200, "text/event-stream", "no-store", "no", null));
        text.Should().Be("""
            data: {"jsonrpc":"2.0","method":"rpc.item","params":{"id":"a b","item":1}}

            data: {"jsonrpc":"2.0","method":"rpc.item","params":{"id":"a b","item":2}}

            data: {"jsonrpc":"2.0","result":null,"id":"a b"}


            """.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("*/*")]
    [InlineData("application/json, text/*")]
    [InlineData("text/event-stream;q=0")]
    [InlineData("text/event-stream; charset=utf-8; q=0.000, */*")]
    public async Task A_caller_that_accepts_no_stream_gets_the_list_in_one_response(string? accept)
    {
        var server = Serve(new JsonRpcMethods().Add("count", (int to) => CountAsync(to)));
        var request = RawRequest.Post("""{"jsonrpc":"2.0","method":"count","params":[3],"id":7}""");

        var reply = await server.ExchangeAsync(accept is null ? request : request.With("Accept", accept));

        (reply.Status, reply["Content-Type"], reply.Text).Should().Be((200, "application/json", """{"jsonrpc":"2.0","result":[1,2,3],"id":7}"""));
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("application/json, TEXT/Event-Stream ; q=0.1")]
    public async Task A_caller_that_names_event_streams_gets_one(string accept)
    {
        var server = Serve(new JsonRpcMethods().Add("count", (int to) => CountAsync(to)));

        using var stream = await OpenAsync(server, """{"jsonrpc":"2.0","method":"count","params":[1],"id":7}""", accept);

        stream["Content-Type"].Should().Be("text/event-stream");
    }

    [Fact]
    public async Task In_a_batch_it_is_a_list_and_a_notification_runs_to_its_end()
    {
        var ended = 0;
        var server = Serve(new JsonRpcMethods().Add("count", (int to) => CountThenAsync(to, () => Interlocked.Increment(ref ended))));

        using var batch = await OpenAsync(server, """[{"jsonrpc":"2.0","method":"count","params":[2],"id":1},{"jsonrpc":"2.0","method":"count","params":[1],"id":2}]""");
        using var notification = await OpenAsync(server, """{"jsonrpc":"2.0","method":"count","params":[2]}""");

        (await batch.ReadToEndAsync()).Should().Be("""[{"jsonrpc":"2.0","result":[1,2],"id":1},{"jsonrpc":"2.0","result":[1],"id":2}]""");
        notification.Exchange.StatusCode.Should().Be(204);
        ended.Should().Be(3);
    }

    [Fact]
    public async Task An_empty_sequence_is_a_stream_with_the_response_alone()
    {
        var server = Serve(new JsonRpcMethods().Add("count", (int to) => CountAsync(to)));

        using var stream = await OpenAsync(server, """{"jsonrpc":"2.0","method":"count","params":[0],"id":1}""");

        (stream["Content-Type"], await stream.ReadToEndAsync()).Should().Be(("text/event-stream", "data: {\"jsonrpc\":\"2.0\",\"result\":null,\"id\":1}\n\n"));
        using var client = server.MakeClient();
        (await client.CallStreamAsync<int>("count", new { to = 0 }).ToListAsync()).Should().BeEmpty();
    }

    [Fact]
    public async Task An_error_before_the_first_item_is_an_ordinary_reply()
    {
        var server = Serve(new JsonRpcMethods().Add("fail", (int after) => FailAsync(after)));

        using var stream = await OpenAsync(server, """{"jsonrpc":"2.0","method":"fail","params":[0],"id":1}""");

        (stream.Exchange.StatusCode, stream["Content-Type"], stream["Cache-Control"]).Should().Be((200, "application/json", null));
        (await stream.ReadToEndAsync()).Should().Be("""{"jsonrpc":"2.0","error":{"code":7,"message":"no more"},"id":1}""");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task An_error_comes_after_the_items_before_it(int after)
    {
        using var client = Serve(new JsonRpcMethods().Add("fail", (int after) => FailAsync(after))).MakeClient();
        var items = new List<int>();

        var streaming = async () =>
        {
            await foreach (var item in client.CallStreamAsync<int>("fail", new { after }))
                items.Add(item);
        };

        (await streaming.Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(7);
        items.Should().Equal(Enumerable.Range(1, after));
    }

    [Fact]
    public async Task Items_that_are_ready_at_once_all_come_before_an_error_and_each_has_the_whole_limit()
    {
        using var client = Serve(new JsonRpcMethods().Add("quick", (int count) => QuickAsync(count)), options => options.Limits.MaxResponseBodySize = 2000)
            .MakeClient(new() { MaxResponseBodySize = 2000 });
        var items = new List<string>();

        var streaming = async () =>
        {
            await foreach (var item in client.CallStreamAsync<string>("quick", new { count = 500 }))
                items.Add(item);
        };

        (await streaming.Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(9);
        items.Should().HaveCount(500).And.AllSatisfy(item => item.Length.Should().BeOneOf(3, 1800));
    }

    [Fact]
    public async Task An_unexpected_exception_is_reported_and_its_id_is_the_last_message()
    {
        using var client = Serve(new JsonRpcMethods().Add("fail", () => FailUnexpectedlyAsync())).MakeClient();
        var items = new List<int>();

        var streaming = async () =>
        {
            await foreach (var item in client.CallStreamAsync<int>("fail"))
                items.Add(item);
        };

        var error = (await streaming.Should().ThrowAsync<JsonRpcException>()).Which;
        error.Code.Should().Be(-32603);
        error.ErrorData!["id"]!.GetValue<string>().Should().Be(Failures.Single().Id);
        items.Should().Equal(1);
    }

    [Fact]
    public async Task A_sequence_whose_disposal_fails_ends_with_an_error()
    {
        using var client = Serve(new JsonRpcMethods().Add("fail", () => FailAtEndAsync())).MakeClient();

        var streaming = async () => await client.CallStreamAsync<int>("fail").ToListAsync();

        (await streaming.Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(8);
    }

    [Fact]
    public async Task An_item_over_the_limit_ends_the_stream_with_an_error()
    {
        using var client = Serve(new JsonRpcMethods().Add("grow", () => GrowAsync()), options => options.Limits.MaxResponseBodySize = 2000).MakeClient();
        var items = new List<string>();

        var streaming = async () =>
        {
            await foreach (var item in client.CallStreamAsync<string>("grow"))
                items.Add(item);
        };

        (await streaming.Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(-32011);
        items.Should().HaveCount(2);
    }

    [Fact]
    public async Task A_stream_may_be_much_larger_than_a_reply()
    {
        using var client = Serve(new JsonRpcMethods().Add("count", (int to) => CountAsync(to)), options => options.Limits.MaxResponseBodySize = 1024)
            .MakeClient(new() { MaxResponseBodySize = 1024 });

        (await client.CallStreamAsync<int>("count", new { to = 1000 }).ToListAsync()).Should().Equal(Enumerable.Range(1, 1000));
    }

    [Fact]
    public async Task Indented_options_leave_each_message_on_one_line()
    {
        var server = Serve(
            new JsonRpcMethods().Add("rows", () => RowsAsync()),
            options => options.SerializerOptions = Indented());

        using var stream = await OpenAsync(server, """{"jsonrpc":"2.0","method":"rows","id":1}""");
        var lines = (await stream.ReadToEndAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        using var client = server.MakeClient();

        lines.Should().HaveCount(3).And.AllSatisfy(line => line.Should().StartWith("data: ").And.NotContain("\n"));
        (await client.CallStreamAsync<Row>("rows").ToListAsync()).Should().Equal(new Row(1, "one"), new Row(2, "two\nlines"));
    }

    [Fact]
    public async Task Handlers_stream_and_have_the_call()
    {
        var methods = new JsonRpcMethods()
            .AddHandler<Row, int>("a", (row, token) => CountAsync(row.Number))
            .AddHandler<Row, int>("b", row => CountAsync(row.Number))
            .AddHandler<Row, string>("c", (row, call, token) => NamesAsync(call.Method, row.Number))
            .Add("d", (call, token) => call.WriteItemsAsync(
                CountAsync(2), (System.Text.Json.Serialization.Metadata.JsonTypeInfo<int>)JsonSerializerOptions.Default.GetTypeInfo(typeof(int)), token));
        using var client = Serve(methods).MakeClient();

        (await client.CallStreamAsync<int>("a", new Row(2, "")).ToListAsync()).Should().Equal(1, 2);
        (await client.CallStreamAsync<Row, int>("b", new Row(1, "")).ToListAsync()).Should().Equal(1);
        (await client.CallStreamAsync<string>("c", new Row(2, "")).ToListAsync()).Should().Equal("c1", "c2");
        (await client.CallStreamAsync<int>("d").ToListAsync()).Should().Equal(1, 2);
        (await client.CallAsync<int[]>("d")).Should().Equal(1, 2);
    }

    [Fact]
    public async Task Leaving_the_loop_ends_the_method()
    {
        var ended = new TaskCompletionSource();
        var server = Serve(new JsonRpcMethods().Add("forever", (CancellationToken token) => ForeverAsync(ended, token)), options => options.Limits.MaxConcurrentStreams = 1);
        using var client = server.MakeClient();

        await foreach (var item in client.CallStreamAsync<int>("forever"))
        {
            if (item == 3)
                break;
        }

        // On HttpListener a heartbeat notices it; otherwise the connection's own clock does.
        Clock.AdvanceUntil(ended.Task);
        ended.Task.IsCompletedSuccessfully.Should().BeTrue();
        await EventuallyAsync(async () =>
        {
            try
            {
                return await client.CallStreamAsync<int>("forever").FirstOrDefaultAsync() == 1;
            }
            catch (JsonRpcException e) when (e.Code == JsonRpcErrorCodes.Refused)
            {
                // The permit is not free yet.
                return false;
            }
        });
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task Cancelling_ends_the_enumeration_and_the_method()
    {
        var ended = new TaskCompletionSource();
        using var client = Serve(new JsonRpcMethods().Add("forever", (CancellationToken token) => ForeverAsync(ended, token))).MakeClient();
        using var source = new CancellationTokenSource();

        var streaming = async () =>
        {
            await foreach (var item in client.CallStreamAsync<int>("forever").WithCancellation(source.Token))
            {
                if (item == 3)
                    await source.CancelAsync();
            }
        };

        (await streaming.Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(source.Token);
        Clock.AdvanceUntil(ended.Task);
        ended.Task.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public async Task A_heartbeat_comes_after_silence_and_is_not_an_item()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = Serve(new JsonRpcMethods().Add("slow", () => AfterAsync(gate.Task)));
        var opening = OpenAsync(server, """{"jsonrpc":"2.0","method":"slow","id":1}""");

        Clock.AdvanceUntil(opening);
        using var stream = await opening;
        (await stream.ReadAsync(3)).Should().Be(":\n\n");
        gate.SetResult();

        (await stream.ReadToEndAsync()).Replace(":\n\n", "", StringComparison.Ordinal).Should().Be("""
            data: {"jsonrpc":"2.0","method":"rpc.item","params":{"id":1,"item":1}}

            data: {"jsonrpc":"2.0","result":null,"id":1}


            """.ReplaceLineEndings("\n"));
    }

    [Fact]
    public async Task A_method_that_is_late_with_its_first_item_is_ended_by_the_time_limit_also_after_a_heartbeat()
    {
        var began = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = Serve(
            new JsonRpcMethods().Add("slow", (CancellationToken token) =>
            {
                began.SetResult();
                return AfterAsync(CancelledAsync(token));
            }),
            options => (options.Limits.HandlerTimeout, options.Limits.ResponseGracePeriod, options.Protocol.StreamHeartbeat) =
                (TimeSpan.FromSeconds(40), TimeSpan.FromHours(1), TimeSpan.FromSeconds(15)));
        var opening = OpenAsync(server, """{"jsonrpc":"2.0","method":"slow","id":1}""");

        // Up to the first heartbeat, and never to the time limit: the head may take long to arrive.
        await began.Task.WaitAsync(Patience);
        Clock.AdvanceUntil(opening, limit: TimeSpan.FromSeconds(35));
        using var stream = await opening;
        var reading = stream.ReadToEndAsync();
        // Not far beyond the limit: the last message has some seconds of this clock.
        Clock.Advance(TimeSpan.FromSeconds(43) - TimeSpan.FromTicks(Clock.GetTimestamp()));
        await cancelled.Task.WaitAsync(Patience);

        (await reading).Should().EndWith("data: {\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32001,\"message\":\"The call was cancelled.\"},\"id\":1}\n\n").And.StartWith(":\n\n");

        async Task CancelledAsync(CancellationToken token)
        {
            try
            {
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                cancelled.SetResult();
            }
        }
    }

    [Fact]
    public async Task A_method_that_is_late_and_does_not_end_is_cut_off()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = Serve(
            new JsonRpcMethods().Add("slow", () => AfterAsync(gate.Task)),
            options => (options.Limits.HandlerTimeout, options.Protocol.StreamHeartbeat) = (TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(15)));
        using var client = server.MakeClient(new() { Timeout = Timeout.InfiniteTimeSpan });

        var streaming = client.CallStreamAsync<int>("slow").ToListAsync().AsTask();
        Clock.AdvanceUntil(Task.WhenAny(streaming));

        (await FluentActions.Awaiting(() => streaming).Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError.Should().Be(HttpRequestError.ResponseEnded);
        gate.SetResult();
    }

    [Fact]
    public async Task A_stream_that_ends_without_its_response_was_cut_off()
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.ResponseHeaders["Content-Type"] = "text/event-stream";
            exchange.ResponseBody.Write(Encoding.UTF8.GetBytes(
                "data: {\"jsonrpc\":\"2.0\",\"method\":\"rpc.item\",\"params\":{\"id\":1,\"item\":5}}\n\ndata: {\"jsonrpc\":\"2.0\",\"result\":null,\"id\":1}\n"));
            return default;
        });
        using var client = server.MakeClient();
        var items = new List<int>();

        var streaming = async () =>
        {
            await foreach (var item in client.CallStreamAsync<int>("m"))
                items.Add(item);
        };

        (await streaming.Should().ThrowAsync<HttpRequestException>().WithMessage("*cut off*")).Which.HttpRequestError.Should().Be(HttpRequestError.ResponseEnded);
        items.Should().Equal(5);
    }

    [Fact]
    public async Task A_server_that_dies_in_the_middle_is_an_exception()
    {
        var server = ServeRaw(async (exchange, token) =>
        {
            exchange.ResponseHeaders["Content-Type"] = "text/event-stream";
            exchange.ResponseBody.Write("data: {\"jsonrpc\":\"2.0\",\"method\":\"rpc.item\",\"params\":{\"id\":1,\"item\":5}}\n\n"u8);
            await exchange.FlushAsync(token);
            throw new IOException("gone");
        });
        using var client = server.MakeClient();

        var streaming = async () => await client.CallStreamAsync<int>("m").ToListAsync();

        (await streaming.Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError.Should().Be(HttpRequestError.ResponseEnded);
    }

    [Fact]
    public async Task Messages_of_other_calls_are_ignored_and_lines_are_read_as_in_browsers()
    {
        var server = ServeRaw(async (exchange, token) =>
        {
            exchange.ResponseHeaders["Content-Type"] = "text/event-stream; charset=utf-8";
            exchange.ResponseBody.Write(Encoding.UTF8.GetBytes(
                "\uFEFF: comment\r\nevent: x\r\nid: 9\r\nretry: 1\r\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"rpc.item\",\r\ndata:\"params\":{\"item\":\"a\",\"id\":1}}\r\n\r\n"
                + "data: {\"jsonrpc\":\"2.0\",\"method\":\"rpc.item\",\"params\":{\"id\":2,\"item\":\"other call\"}}\r\r"
                + "data: {\"jsonrpc\":\"2.0\",\"method\":\"rpc.unknown\",\"params\":{\"id\":1,\"item\":\"other method\"}}\n\n"
                + "data: {\"jsonrpc\":\"2.0\",\"result\":null,\"id\":2}\n\n\n\n"
                + "data: {\"jsonrpc\":\"2.0\",\"method\":\"rpc.item\",\"params\":{\"id\":1,\"item\":\"b\"}}\n\n"));
            await exchange.FlushAsync(token);
            exchange.ResponseBody.Write("data: {\"jsonrpc\":\"2.0\",\"result\":[\"ignored\"],\"id\":1}\n\n"u8);
        });
        using var client = server.MakeClient();

        (await client.CallStreamAsync<string>("m").ToListAsync()).Should().Equal("a", "b");
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","result":[1,2],"id":1}""", null)]
    [InlineData("""{"jsonrpc":"2.0","result":{"a":1},"id":1}""", "*the result is not a list*")]
    [InlineData("""{"jsonrpc":"2.0","result":[1,"two"],"id":1}""", "*an item of the result does not fit System.Int32*")]
    public async Task A_server_that_does_not_stream_gives_its_list(string body, string? fault)
    {
        using var client = ServeRaw((exchange, _) =>
        {
            exchange.Reply(200, "application/json", body);
            return default;
        }).MakeClient();

        var streaming = async () => await client.CallStreamAsync<int>("m").ToListAsync();

        if (fault is null)
            (await streaming()).Should().Equal(1, 2);
        else
            await streaming.Should().ThrowAsync<HttpRequestException>().WithMessage(fault);
    }

    [Theory]
    [InlineData("data: {\"jsonrpc\":\"2.0\",\"method\":\"rpc.item\",\"params\":{\"id\":1,\"item\":\"x\"}}\n\n", "*an item of the stream does not fit System.Int32*")]
    [InlineData("data: nonsense\n\n", "*nonsense*")]
    [InlineData("data: [1]\n\n", "*not an object*")]
    [InlineData("data: {\"jsonrpc\":\"2.0\",\"id\":1}\n\n", "*either a result or an error*")]
    public async Task A_message_that_is_malformed_is_an_exception_that_quotes_it(string body, string fault)
    {
        using var client = ServeRaw((exchange, _) =>
        {
            exchange.Reply(200, "text/event-stream", body);
            return default;
        }).MakeClient();

        var streaming = async () => await client.CallStreamAsync<int>("m").ToListAsync();

        await streaming.Should().ThrowAsync<HttpRequestException>().WithMessage(fault);
    }

    [Fact]
    public async Task A_message_over_the_clients_limit_ends_the_stream()
    {
        using var client = Serve(new JsonRpcMethods().Add("grow", () => GrowAsync())).MakeClient(new() { MaxResponseBodySize = 1500 });

        var streaming = async () => await client.CallStreamAsync<string>("grow").ToListAsync();

        (await streaming.Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError.Should().Be(HttpRequestError.ConfigurationLimitExceeded);
    }

    [Fact]
    public async Task Silence_beyond_the_clients_time_out_ends_the_stream_and_the_callers_own_pauses_do_not()
    {
        var clock = new ManualClock();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var client = Serve(new JsonRpcMethods().Add("slow", () => ThenAfterAsync(gate.Task))).MakeClient(new() { Timeout = TimeSpan.FromSeconds(20), TimeProvider = clock });
        await using var items = client.CallStreamAsync<int>("slow").GetAsyncEnumerator();
        (await items.MoveNextAsync()).Should().BeTrue();

        clock.Advance(TimeSpan.FromHours(1));
        var moving = items.MoveNextAsync().AsTask();
        clock.AdvanceUntil(Task.WhenAny(moving));

        var failure = (await FluentActions.Awaiting(() => moving).Should().ThrowAsync<TaskCanceledException>().WithMessage("*silent*20*")).Which;
        failure.InnerException.Should().BeOfType<TimeoutException>();
        gate.SetResult();
    }

    [Fact]
    public async Task A_shutdown_ends_streams_at_once_with_a_clear_last_message()
    {
        var ended = new TaskCompletionSource();
        var server = Serve(new JsonRpcMethods().Add("forever", (CancellationToken token) => ForeverAsync(ended, token)));
        using var client = server.MakeClient();
        await using var items = client.CallStreamAsync<int>("forever").GetAsyncEnumerator();
        for (var i = 0; i < 3; i++)
            (await items.MoveNextAsync()).Should().BeTrue();

        // The clock does not move.
        var stopping = server.Server.StopAsync();
        var moving = async () =>
        {
            while (await items.MoveNextAsync())
            {
            }
        };

        var error = (await moving.Should().ThrowAsync<JsonRpcException>()).Which;
        (error.Code, error.Message).Should().Be((-32001, "The server is stopping."));
        await stopping.WaitAsync(Patience);
    }

    [Fact]
    public async Task One_stream_more_than_allowed_is_refused_before_its_method_runs()
    {
        var ended = new TaskCompletionSource();
        var calls = 0;
        var server = Serve(
            new JsonRpcMethods().Add("forever", (CancellationToken token) =>
            {
                Interlocked.Increment(ref calls);
                return ForeverAsync(ended, token);
            }),
            options => options.Limits.MaxConcurrentStreams = 1);
        using var client = server.MakeClient();
        await using var items = client.CallStreamAsync<int>("forever").GetAsyncEnumerator();
        (await items.MoveNextAsync()).Should().BeTrue();

        using var refused = await OpenAsync(server, """{"jsonrpc":"2.0","method":"forever","id":5}""");

        (refused.Exchange.StatusCode, refused["Retry-After"]).Should().Be((503, "1"));
        (await refused.ReadToEndAsync()).Should().Be(
            """{"jsonrpc":"2.0","error":{"code":-32000,"message":"Too many streams are open; try again.","data":{"notRun":true}},"id":5}""");
        calls.Should().Be(1);
    }

    [Fact]
    public async Task A_method_that_only_streams_refuses_callers_that_accept_no_stream()
    {
        using var client = Serve(new JsonRpcMethods().Add("ticks", Ticks).AddHandler<int[], int>("handler", TicksOf)).MakeClient();

        foreach (var method in new[] { "ticks", "handler" })
        {
            (await client.CallStreamAsync<int>(method, Array.Empty<int>()).FirstOrDefaultAsync()).Should().Be(1);
            (await FluentActions.Awaiting(() => client.CallAsync(method, Array.Empty<int>())).Should().ThrowAsync<JsonRpcException>().WithMessage("*Accept: text/event-stream*"))
                .Which.Code.Should().Be(JsonRpcErrorCodes.StreamOnly);
        }

        [JsonRpcMethod(StreamOnly = true)]
        static IAsyncEnumerable<int> Ticks() => CountAsync(3);

        [JsonRpcMethod(StreamOnly = true)]
        static IAsyncEnumerable<int> TicksOf(int[] numbers) => CountAsync(3);
    }

    [Fact]
    public async Task Progress_arrives_while_the_method_runs_and_then_its_result()
    {
        var seen = new SemaphoreSlim(0);
        using var client = Serve(new JsonRpcMethods().Add("import", async (string file, IProgress<Row> progress) =>
        {
            for (var i = 1; i <= 3; i++)
            {
                progress.Report(new Row(i, file));
                await seen.WaitAsync(Patience);
            }
            return "done";
        })).MakeClient();
        var reports = new List<Row>();

        var result = await client.CallWithProgressAsync<string, Row>("import", new { file = "a.csv" }, new Direct<Row>(row =>
        {
            reports.Add(row);
            seen.Release();
        }));

        result.Should().Be("done");
        reports.Should().Equal(new Row(1, "a.csv"), new Row(2, "a.csv"), new Row(3, "a.csv"));
    }

    [Fact]
    public async Task A_function_that_blocks_reports_its_progress_too_and_others_get_the_result_alone()
    {
        var seen = new SemaphoreSlim(0);
        var server = Serve(new JsonRpcMethods().Add("work", (int count, IProgress<int> progress) =>
        {
            for (var i = 1; i <= count; i++)
            {
                progress.Report(i);
                seen.Wait(Patience);
            }
            return count;
        }));
        using var client = server.MakeClient();
        var reports = new List<int>();

        var result = await client.CallWithProgressAsync<int, int>("work", new { count = 2 }, new Direct<int>(i =>
        {
            reports.Add(i);
            seen.Release();
        }));
        seen.Release(2);

        (result, await client.CallAsync<int>("work", new { count = 2 })).Should().Be((2, 2));
        reports.Should().Equal(1, 2);
    }

    [Fact]
    public async Task A_failure_after_reports_is_the_last_message_and_one_without_is_an_ordinary_reply()
    {
        var server = Serve(new JsonRpcMethods().Add("work", async Task<int> (bool reports, IProgress<int> progress) =>
        {
            if (reports)
                progress.Report(1);
            await Task.Yield();
            throw new JsonRpcException(7, "no");
        }));

        using var after = await OpenAsync(server, """{"jsonrpc":"2.0","method":"work","params":[true],"id":1}""");
        using var without = await OpenAsync(server, """{"jsonrpc":"2.0","method":"work","params":[false],"id":1}""");

        (after["Content-Type"], await after.ReadToEndAsync()).Should().Be(("text/event-stream",
            "data: {\"jsonrpc\":\"2.0\",\"method\":\"rpc.progress\",\"params\":{\"id\":1,\"value\":1}}\n\ndata: {\"jsonrpc\":\"2.0\",\"error\":{\"code\":7,\"message\":\"no\"},\"id\":1}\n\n"));
        (without["Content-Type"], await without.ReadToEndAsync()).Should().Be(("application/json", """{"jsonrpc":"2.0","error":{"code":7,"message":"no"},"id":1}"""));
    }

    [Fact]
    public async Task Middleware_surrounds_the_whole_stream_and_cannot_repeat_it()
    {
        var events = new List<string>();
        var methods = new JsonRpcMethods()
            .Add("count", (int to) => CountThenAsync(to, () => events.Add("last item")))
            .Use(async (call, next, token) =>
            {
                events.Add($"begin {call.IsStreaming}");
                await next(call, token);
                events.Add($"end {call.IsStreaming} {call.WrittenResult.Length}");
                if (call.Parameters.Span.SequenceEqual("{\"to\":2}"u8))
                    await next(call, token);
            });
        using var client = Serve(methods).MakeClient();

        (await client.CallStreamAsync<int>("count", new { to = 1 }).ToListAsync()).Should().Equal(1);
        events.Should().Equal("begin False", "last item", "end True 0");
        var again = async () => await client.CallStreamAsync<int>("count", new { to = 2 }).ToListAsync();
        (await again.Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(-32603);
        Failures.Single().Exception.Message.Should().Contain("cannot be repeated");
    }

    [Fact]
    public async Task Client_middleware_sees_the_head_and_may_try_again()
    {
        var server = Serve(new JsonRpcMethods().Add("count", (int to) => CountAsync(to)), options => options.Authenticate = (exchange, _) =>
            ValueTask.FromResult(
                exchange.RequestHeaders["Authorization"] == "Bearer 2" ? new System.Security.Claims.ClaimsPrincipal(new System.Security.Claims.ClaimsIdentity("test")) : null));
        var statuses = new List<int>();
        var options = new JsonRpcClientOptions();
        options.Use(async (call, next, token) =>
        {
            for (var i = 1; i <= 2; i++)
            {
                call.Exchange.RequestHeaders["Authorization"] = $"Bearer {i}";
                await next(call, token);
                statuses.Add(call.Exchange.StatusCode);
                if (call.Exchange.StatusCode != 401)
                    return;
            }
        });
        using var client = server.MakeClient(options);

        (await client.CallStreamAsync<int>("count", new { to = 2 }).ToListAsync()).Should().Equal(1, 2);
        statuses.Should().Equal(401, 200);
    }

    [Fact]
    public async Task Items_are_not_the_result_of_a_call_with_progress()
    {
        using var client = Serve(new JsonRpcMethods().Add("count", (int to) => CountAsync(to))).MakeClient();

        var calling = () => client.CallWithProgressAsync<int[], int>("count", new { to = 2 }, new Direct<int>(_ => { }));

        await calling.Should().ThrowAsync<HttpRequestException>().WithMessage("*CallStreamAsync*");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_list_that_is_the_result_of_a_method_with_progress_comes_item_by_item(bool reports)
    {
        using var client = Serve(new JsonRpcMethods().Add("work", (bool reports, IProgress<int> progress) =>
        {
            if (reports)
                progress.Report(1);
            return new[] { 4, 5 };
        })).MakeClient();

        (await client.CallStreamAsync<int>("work", new { reports }).ToListAsync()).Should().Equal(4, 5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Middleware_may_answer_in_place_of_a_stream_that_fails(int after)
    {
        var methods = new JsonRpcMethods().Add("fail", (int after) => FailAsync(after)).Use(async (call, next, token) =>
        {
            try
            {
                await next(call, token);
            }
            catch (JsonRpcException)
            {
                call.Result.WriteStringValue("instead");
            }
        });
        var server = Serve(methods);

        using var stream = await OpenAsync(server, $$$"""{"jsonrpc":"2.0","method":"fail","params":[{{{after}}}],"id":1}""");

        const string response = """{"jsonrpc":"2.0","result":"instead","id":1}""";
        stream["Content-Type"].Should().Be(after == 0 ? "application/json" : "text/event-stream");
        (await stream.ReadToEndAsync()).Should().EndWith(after == 0 ? response : $"\n\ndata: {response}\n\n");
    }

    [Fact]
    public async Task A_method_that_swallows_the_failure_of_its_stream_ends_with_an_error()
    {
        var type = (System.Text.Json.Serialization.Metadata.JsonTypeInfo<int>)JsonSerializerOptions.Default.GetTypeInfo(typeof(int));
        using var client = Serve(new JsonRpcMethods().Add("fail", async (call, token) =>
        {
            await Record.ExceptionAsync(async () => await call.WriteItemsAsync(FailAsync(2), type, token));
            call.Result.WriteNumberValue(1);
        })).MakeClient();

        (await FluentActions.Awaiting(() => client.CallStreamAsync<int>("fail").ToListAsync().AsTask()).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(-32603);
        Failures.Single().Exception.Message.Should().Contain("unfinished");
    }

    [Fact]
    public async Task A_shutdown_cancels_at_once_a_stream_that_has_sent_nothing()
    {
        var entered = new TaskCompletionSource();
        var server = Serve(new JsonRpcMethods().Add("wait", (CancellationToken token) => EnterAsync(token)));
        using var client = server.MakeClient();
        var streaming = client.CallStreamAsync<int>("wait").ToListAsync().AsTask();
        await entered.Task.WaitAsync(Patience);

        // The clock does not move.
        await server.Server.StopAsync().WaitAsync(Patience);

        (await FluentActions.Awaiting(() => streaming).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(-32001);

        async IAsyncEnumerable<int> EnterAsync([EnumeratorCancellation] CancellationToken token)
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            yield return 1;
        }
    }

    [Fact]
    public async Task A_heartbeat_also_follows_a_report_that_came_together_with_a_tick()
    {
        var (more, reported, gate) = (new TaskCompletionSource(), new TaskCompletionSource(), new TaskCompletionSource());
        var server = Serve(new JsonRpcMethods().Add("work", async (IProgress<int> progress) =>
        {
            progress.Report(1);
            await more.Task;
            progress.Report(2);
            reported.SetResult();
            await gate.Task;
            return 0;
        }), options => options.Limits.ResponseGracePeriod = TimeSpan.FromHours(1));
        using var stream = await OpenAsync(server, """{"jsonrpc":"2.0","method":"work","id":1}""");

        // In memory, sending the first report takes until it is read: the tick and the second report come meanwhile.
        Clock.Advance(TimeSpan.FromSeconds(16));
        more.SetResult();
        await reported.Task.WaitAsync(Patience);
        var text = "";
        while (!text.Contains("\"value\":2}}\n\n", StringComparison.Ordinal))
            text += await stream.ReadAsync(1);
        var beat = stream.ReadAsync(3);
        Clock.AdvanceUntil(Task.WhenAny(beat));

        (await beat).Should().Be(":\n\n");
        gate.SetResult();
    }

    [Fact]
    public async Task A_refusal_that_middleware_has_caught_leaves_no_status_behind()
    {
        var ended = new TaskCompletionSource();
        var methods = new JsonRpcMethods().Add("forever", (CancellationToken token) => ForeverAsync(ended, token)).Use(async (call, next, token) =>
        {
            try
            {
                await next(call, token);
            }
            catch (JsonRpcException e) when (e.Code == JsonRpcErrorCodes.Refused)
            {
                call.Result.WriteStringValue("full");
            }
        });
        var server = Serve(methods, options => options.Limits.MaxConcurrentStreams = 1);
        using var client = server.MakeClient();
        await using var items = client.CallStreamAsync<int>("forever").GetAsyncEnumerator();
        (await items.MoveNextAsync()).Should().BeTrue();

        using var full = await OpenAsync(server, """{"jsonrpc":"2.0","method":"forever","id":5}""");

        (full.Exchange.StatusCode, full["Retry-After"], await full.ReadToEndAsync()).Should().Be((200, null, """{"jsonrpc":"2.0","result":"full","id":5}"""));
    }

    [Fact]
    public async Task The_socket_client_keeps_its_connection_after_a_stream()
    {
        if (Host is not SocketHost)
            return;
        using var client = Serve(new JsonRpcMethods().Add("who", (JsonRpcCall call) => NamesAsync($"{call.Exchange.RemoteEndPoint} ", 3))).MakeClient();

        var first = await client.CallStreamAsync<string>("who").ToListAsync();
        var second = await client.CallStreamAsync<string>("who").ToListAsync();

        second.Should().HaveCount(3).And.Equal(first);
    }

    [Fact]
    public async Task A_stream_that_comes_whole_is_read_past_a_response_to_another_call()
    {
        var padding = new string('x', 9000);
        using var client = ServeRaw((exchange, _) =>
        {
            exchange.Reply(200, "text/event-stream",
                "data: {\"jsonrpc\":\"2.0\",\"result\":null,\"id\":2}\n\n"
                + $"data: {{\"jsonrpc\":\"2.0\",\"method\":\"rpc.item\",\"params\":{{\"id\":1,\"item\":\"{padding}\"}}}}\n\ndata: {{\"jsonrpc\":\"2.0\",\"result\":null,\"id\":1}}\n\n");
            return default;
        }).MakeClient();

        (await client.CallStreamAsync<string>("m").ToListAsync()).Should().Equal(padding);
    }

    [Fact]
    public async Task Three_hundred_streams_block_no_call()
    {
        var ended = new TaskCompletionSource();
        var server = Serve(
            new JsonRpcMethods().Add("forever", (CancellationToken token) => ForeverAsync(ended, token)).Add("add", (int a, int b) => a + b),
            options => options.Limits.MaxConcurrentStreams = 2000);
        using var client = server.MakeClient(new() { Timeout = Timeout.InfiniteTimeSpan });
        var streams = new List<IAsyncEnumerator<int>>();
        for (var i = 0; i < 300; i++)
        {
            streams.Add(client.CallStreamAsync<int>("forever").GetAsyncEnumerator());
            (await streams[i].MoveNextAsync()).Should().BeTrue();
        }

        (await client.CallAsync<int>("add", new { a = 1, b = 2 })).Should().Be(3);
        foreach (var stream in streams)
            await stream.DisposeAsync();
    }

    [Fact]
    public async Task Many_concurrent_streams_get_their_own_items()
    {
        using var client = Serve(new JsonRpcMethods().Add("names", (string name, int count) => NamesAsync(name, count))).MakeClient();

        var all = await Task.WhenAll(
            Enumerable.Range(0, 40).Select(async i => (Name: $"s{i}.", Items: await client.CallStreamAsync<string>("names", new { name = $"s{i}.", count = 50 }).ToListAsync())));

        all.Should().AllSatisfy(stream => stream.Items.Should().Equal(Enumerable.Range(1, 50).Select(i => $"{stream.Name}{i}")));
    }

    private async Task<OpenedStream> OpenAsync(HostedServer server, string json, string accept = "text/event-stream")
    {
        var exchange = new HttpExchange { Address = server.Server.Address, RequestBody = Encoding.UTF8.GetBytes(json) };
        exchange.RequestHeaders["Content-Type"] = "application/json";
        exchange.RequestHeaders["Accept"] = accept;
        return await OpenedStream.OpenAsync(Host.MakeClientTransport(server.Transport), exchange);
    }

    private static JsonSerializerOptions Indented()
    {
        var options = JsonRpcDefaults.CreateSerializerOptions();
        options.WriteIndented = true;
        return options;
    }

    private static async IAsyncEnumerable<int> CountAsync(int to)
    {
        for (var i = 1; i <= to; i++)
        {
            if (i % 2 == 0)
                await Task.Yield();
            yield return i;
        }
    }

    /// <summary>The numbers from 0; it yields before one of <paramref name="meanRun"/>, at random positions that are the same each time.</summary>
    private static async IAsyncEnumerable<int> NumberAsync(int count, int meanRun)
    {
        var random = new Random(meanRun);
        for (var i = 0; i < count; i++)
        {
            if (random.Next(meanRun) == 0)
                await Task.Yield();
            yield return i;
        }
    }

    private static async IAsyncEnumerable<int> CountAsync(int to, SemaphoreSlim arrived, [EnumeratorCancellation] CancellationToken token)
    {
        for (var i = 1; i <= to; i++)
        {
            yield return i;
            (await arrived.WaitAsync(Patience, token)).Should().BeTrue("the item has arrived");
        }
    }

    private static async IAsyncEnumerable<int> CountThenAsync(int to, Action then)
    {
        await foreach (var i in CountAsync(to))
            yield return i;
        then();
    }

    private static async IAsyncEnumerable<int> FailAsync(int after)
    {
        await foreach (var i in CountAsync(after))
            yield return i;
        throw new JsonRpcException(7, "no more");
    }

    /// <summary>Never waits, and every tenth item is nearly as large as allowed.</summary>
    private static async IAsyncEnumerable<string> QuickAsync(int count)
    {
        for (var i = 1; i <= count; i++)
            yield return new string('x', i % 10 == 0 ? 1800 : 3);
        await Task.CompletedTask;
        throw new JsonRpcException(9, new string('y', 1500));
    }

    private static async IAsyncEnumerable<int> FailUnexpectedlyAsync()
    {
        yield return 1;
        await Task.Yield();
        throw new InvalidOperationException("secret");
    }

    private static async IAsyncEnumerable<int> FailAtEndAsync()
    {
        try
        {
            yield return 1;
            await Task.Yield();
        }
        finally
        {
            ThrowAtEnd();
        }

        static void ThrowAtEnd() => throw new JsonRpcException(8, "at the end");
    }

    private static async IAsyncEnumerable<string> GrowAsync()
    {
        for (var size = 500; size < 100_000; size *= 2)
        {
            await Task.Yield();
            yield return new string('x', size);
        }
    }

    private static async IAsyncEnumerable<Row> RowsAsync()
    {
        yield return new Row(1, "one");
        await Task.Yield();
        yield return new Row(2, "two\nlines");
    }

    private static async IAsyncEnumerable<string> NamesAsync(string name, int count)
    {
        await foreach (var i in CountAsync(count))
            yield return $"{name}{i}";
    }

    private static async IAsyncEnumerable<int> AfterAsync(Task gate)
    {
        await gate;
        yield return 1;
    }

    private static async IAsyncEnumerable<int> ThenAfterAsync(Task gate)
    {
        yield return 1;
        await gate;
        yield return 2;
    }

    /// <summary>Three items, and then silence until it is cancelled.</summary>
    private static async IAsyncEnumerable<int> ForeverAsync(TaskCompletionSource ended, [EnumeratorCancellation] CancellationToken token)
    {
        try
        {
            for (var i = 1; i <= 3; i++)
                yield return i;
            await Task.Delay(Timeout.Infinite, token);
        }
        finally
        {
            if (token.IsCancellationRequested)
                ended.TrySetResult();
        }
    }

    /// <summary>Unlike Progress of T, it reports on the calling thread.</summary>
    private sealed class Direct<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
