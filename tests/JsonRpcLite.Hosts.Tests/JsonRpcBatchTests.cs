using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class JsonRpcBatchesOnHttpListener() : JsonRpcBatchTests(new HttpListenerHost());

public sealed class JsonRpcBatchesInMemory() : JsonRpcBatchTests(new InMemoryHost());

public sealed class JsonRpcBatchesOnSockets() : JsonRpcBatchTests(new SocketHost());

public sealed class JsonRpcBatchesOnPortableSockets() : JsonRpcBatchTests(new PortableSocketHost());

public sealed class JsonRpcBatchesOnAspNetCore() : JsonRpcBatchTests(new AspNetCoreHost());

/// <summary>Batches (JSON-RPC 2.0, 6): one answer for each request that needs one, in the order of the requests.</summary>
public abstract class JsonRpcBatchTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private protected JsonRpcBatchTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task Each_request_is_answered_once_and_in_order_duplicate_ids_too()
    {
        var server = Serve(Methods(), o => o.Protocol.MaxBatchParallelism = 4);

        var reply = await server.ExchangeAsync(RawRequest.Post("""
            [{"jsonrpc":"2.0","method":"echo","params":["a"],"id":1},
             {"jsonrpc":"2.0","method":"echo","params":["unanswered"]},
             {"jsonrpc":"2.0","method":"echo","params":["b"],"id":1},
             [],
             {"jsonrpc":"2.0","method":"boom","id":"c"},
             {"jsonrpc":"2.0","method":"nan","id":null},
             {"jsonrpc":"2.0","method":"echo","params":["d"],"id":1.0}]
            """));

        reply.Status.Should().Be(200);
        reply.Text.Should().Be("[" + string.Join(",",
            """{"jsonrpc":"2.0","result":"a","id":1}""",
            """{"jsonrpc":"2.0","result":"b","id":1}""",
            InvalidRequest("the request is not an object"),
            Internal("boom", "\"c\""),
            Internal("nan", "null"),
            """{"jsonrpc":"2.0","result":"d","id":1.0}""") + "]");

        string Internal(string method, string id) =>
            "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32603,\"message\":\"Internal error\",\"data\":{\"id\":\""
                + Failures.Single(f => f.Method == method).Id + "\"}},\"id\":" + id + "}";
    }

    [Fact]
    public async Task An_empty_batch_is_an_invalid_request_that_says_so()
    {
        var server = Serve(Methods());

        var reply = await server.ExchangeAsync(RawRequest.Post(" [ ] "));

        reply.Text.Should().Be(InvalidRequest("the batch has no requests"));
    }

    [Fact]
    public async Task The_calls_of_a_batch_run_concurrently_up_to_the_limit()
    {
        // Each waits for two others: with fewer at a time they would wait for ever.
        var (running, most) = (0, 0);
        using var barrier = new Barrier(3);
        var methods = new JsonRpcMethods().Add("meet", () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            var met = barrier.SignalAndWait(Patience);
            Interlocked.Decrement(ref running);
            return met;
        });
        var server = Serve(methods, o => o.Protocol.MaxBatchParallelism = 3);

        var reply = await server.ExchangeAsync(RawRequest.Post($"[{string.Join(',', Enumerable.Range(0, 9).Select(n => $$"""{"jsonrpc":"2.0","method":"meet","id":{{n}}}"""))}]"));

        JsonNode.Parse(reply.Body)!.AsArray().Select(r => r!["result"]!.GetValue<bool>()).Should().Equal(Enumerable.Repeat(true, 9));
        most.Should().Be(3);
    }

    [Fact]
    public async Task A_batch_of_calls_that_were_short_before_runs_on_one_thread()
    {
        var threads = new ConcurrentBag<int>();
        var server = Serve(new JsonRpcMethods().Add("note", () => threads.Add(Environment.CurrentManagedThreadId)), o => o.Protocol.MaxBatchParallelism = 4);
        await server.ExchangeAsync(Batch("note", 2));

        for (var round = 0; round < 20; round++)
        {
            threads.Clear();
            await server.ExchangeAsync(Batch("note", 50));
            threads.Should().HaveCount(50);
            threads.Distinct().Should().ContainSingle();
        }
    }

    [Fact]
    public async Task Very_many_short_calls_run_on_one_thread_too()
    {
        var threads = new ConcurrentBag<int>();
        var methods = new JsonRpcMethods().Add("note", () =>
        {
            Clock.Advance(TimeSpan.FromMicroseconds(1));
            threads.Add(Environment.CurrentManagedThreadId);
        });
        var server = Serve(methods, o => o.Protocol.MaxBatchParallelism = 4);
        await server.ExchangeAsync(Batch("note", 1));
        threads.Clear();

        await server.ExchangeAsync(Batch("note", 500));

        threads.Should().HaveCount(500);
        threads.Distinct().Should().ContainSingle();
    }

    [Fact]
    public async Task A_batch_of_calls_that_took_long_before_runs_concurrently_from_its_beginning()
    {
        using var barrier = new Barrier(2);
        var isFirst = true;
        var methods = new JsonRpcMethods().Add("step", () =>
        {
            if (!isFirst)
                return barrier.SignalAndWait(Patience);
            Clock.Advance(TimeSpan.FromMilliseconds(1));
            return true;
        });
        var server = Serve(methods, o => o.Protocol.MaxBatchParallelism = 2);
        await server.ExchangeAsync(Batch("step", 1));
        isFirst = false;

        var reply = await server.ExchangeAsync(Batch("step", 2));

        reply.Text.Should().Be("""[{"jsonrpc":"2.0","result":true,"id":0},{"jsonrpc":"2.0","result":true,"id":1}]""");
    }

    [Fact]
    public async Task A_refused_call_does_not_count_as_a_short_call_of_its_method()
    {
        using var barrier = new Barrier(2);
        var server = Serve(new JsonRpcMethods().Add("meet", (int n) => barrier.SignalAndWait(Patience)), o => o.Protocol.MaxBatchParallelism = 2);
        (await server.ExchangeAsync(Batch("meet", 1))).Text.Should().Contain("-32602");

        var reply = await server.ExchangeAsync(
            RawRequest.Post("""[{"jsonrpc":"2.0","method":"meet","params":[1],"id":1},{"jsonrpc":"2.0","method":"meet","params":[2],"id":2}]"""));

        reply.Text.Should().NotContain("false").And.NotContain("error");
    }

    [Fact]
    public async Task A_batch_that_takes_longer_than_its_methods_did_before_continues_concurrently()
    {
        using var barrier = new Barrier(2);
        var (isFirst, calls) = (true, 0);
        var methods = new JsonRpcMethods().Add("step", () =>
        {
            if (isFirst)
                return true;
            if (Interlocked.Increment(ref calls) > 1)
                return barrier.SignalAndWait(Patience);
            Clock.Advance(TimeSpan.FromMilliseconds(1));
            return true;
        });
        var server = Serve(methods, o => o.Protocol.MaxBatchParallelism = 2);
        await server.ExchangeAsync(Batch("step", 2));
        isFirst = false;

        var reply = await server.ExchangeAsync(Batch("step", 3));

        JsonNode.Parse(reply.Body)!.AsArray().Select(r => r!["result"]!.GetValue<bool>()).Should().Equal(true, true, true);
    }

    [Fact]
    public async Task A_call_that_waits_lets_the_others_of_its_batch_run_however_short_they_were()
    {
        var (isFirst, calls) = (true, 0);
        var second = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var methods = new JsonRpcMethods().Add("step", async () =>
        {
            if (isFirst)
                return;
            if (Interlocked.Increment(ref calls) == 2)
                second.SetResult();
            await second.Task.WaitAsync(Patience);
        });
        var server = Serve(methods, o => o.Protocol.MaxBatchParallelism = 2);
        await server.ExchangeAsync(Batch("step", 2));
        isFirst = false;

        var reply = await server.ExchangeAsync(Batch("step", 2));

        reply.Text.Should().NotContain("error");
    }

    [Fact]
    public async Task With_a_parallelism_of_1_calls_run_one_after_the_other_in_order()
    {
        var (running, order) = (0, new List<int>());
        var server = Serve(new JsonRpcMethods().Add("step", async (int n) =>
        {
            Interlocked.Increment(ref running).Should().Be(1);
            await Task.Yield();
            order.Add(n);
            Interlocked.Decrement(ref running);
        }), o => o.Protocol.MaxBatchParallelism = 1);

        await server.ExchangeAsync(
            RawRequest.Post($"[{string.Join(',', Enumerable.Range(0, 50).Select(n => $$"""{"jsonrpc":"2.0","method":"step","params":[{{n}}],"id":{{n}}}"""))}]"));

        order.Should().Equal(Enumerable.Range(0, 50));
    }

    [Fact]
    public async Task Values_that_a_call_sets_in_its_context_do_not_reach_the_next()
    {
        var local = new AsyncLocal<bool>();
        var methods = new JsonRpcMethods().Add("taint", () =>
        {
            var isTainted = local.Value || SynchronizationContext.Current is LeftBehind;
            local.Value = true;
            SynchronizationContext.SetSynchronizationContext(new LeftBehind());
            return isTainted;
        });
        var server = Serve(methods, o => o.Protocol.MaxBatchParallelism = 1);

        var reply = await server.ExchangeAsync(
            RawRequest.Post("""[{"jsonrpc":"2.0","method":"taint","id":1},{"jsonrpc":"2.0","method":"taint","id":2},{"jsonrpc":"2.0","method":"taint","id":3}]"""));

        reply.Text.Should().Contain("\"result\":false").And.NotContain("true");
    }

    private static RawRequest Batch(string method, int calls) =>
        RawRequest.Post($"[{string.Join(',', Enumerable.Range(0, calls).Select(n => $$"""{"jsonrpc":"2.0","method":"{{method}}","id":{{n}}}"""))}]");

    private sealed class LeftBehind : SynchronizationContext;

    [Fact]
    public async Task A_batch_that_finds_no_free_permits_runs_its_calls_one_after_the_other()
    {
        var (running, most) = (0, 0);
        var server = Serve(new JsonRpcMethods().Add("step", async () =>
        {
            var now = Interlocked.Increment(ref running);
            most = Math.Max(most, now);
            await Task.Delay(1);
            Interlocked.Decrement(ref running);
        }), o => (o.Protocol.MaxBatchParallelism, o.Limits.MaxConcurrentCalls) = (8, 1));

        var reply = await server.ExchangeAsync(RawRequest.Post($"[{string.Join(',', Enumerable.Range(0, 20).Select(n => $$"""{"jsonrpc":"2.0","method":"step","id":{{n}}}"""))}]"));
        var next = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"step","id":1}"""));

        JsonNode.Parse(reply.Body)!.AsArray().Should().HaveCount(20);
        most.Should().Be(1);
        next.Status.Should().Be(200);
    }

    [Fact]
    public async Task A_batch_returns_its_permits()
    {
        var server = Serve(Methods(), o => (o.Protocol.MaxBatchParallelism, o.Limits.MaxConcurrentCalls) = (4, 4));
        for (var round = 0; round < 20; round++)
        {
            var reply = await server.ExchangeAsync(
                RawRequest.Post($"[{string.Join(',', Enumerable.Range(0, 8).Select(n => $$"""{"jsonrpc":"2.0","method":"echo","params":[{{n}}],"id":{{n}}}"""))}]"));
            JsonNode.Parse(reply.Body)!.AsArray().Select(r => r!["result"]!.GetValue<int>()).Should().Equal(Enumerable.Range(0, 8));
        }

        var gate = new TaskCompletionSource();
        var entered = new SemaphoreSlim(0);
        var four = Serve(new JsonRpcMethods().Add("wait", async () =>
        {
            entered.Release();
            await gate.Task;
        }), o => (o.Protocol.MaxBatchParallelism, o.Limits.MaxConcurrentCalls) = (4, 4));
        var batch = four.ExchangeAsync(RawRequest.Post($"[{string.Join(',', Enumerable.Range(0, 8).Select(n => $$"""{"jsonrpc":"2.0","method":"wait","id":{{n}}}"""))}]"));
        for (var i = 0; i < 4; i++)
            (await entered.WaitAsync(Patience)).Should().BeTrue();

        (await four.ExchangeAsync(RawRequest.Post("1"))).Status.Should().Be(503, "the batch holds all four permits");
        gate.SetResult();
        (await batch).Status.Should().Be(200);
        (await four.ExchangeAsync(RawRequest.Post("1"))).Status.Should().Be(200);
    }

    [Fact]
    public async Task As_many_calls_as_allowed_pass_and_one_more_is_one_error()
    {
        var runs = 0;
        var server = Serve(new JsonRpcMethods().Add("count", () => Interlocked.Increment(ref runs)), o => o.Protocol.MaxBatchCalls = 3);
        string Batch(int calls) => $"[{string.Join(',', Enumerable.Repeat("""{"jsonrpc":"2.0","method":"count","id":1}""", calls))}]";

        var passed = await server.ExchangeAsync(RawRequest.Post(Batch(3)));
        var refused = await server.ExchangeAsync(RawRequest.Post(Batch(4)));
        var noJson = await server.ExchangeAsync(RawRequest.Post(Batch(4)[..^1]));

        JsonNode.Parse(passed.Body)!.AsArray().Should().HaveCount(3);
        refused.Status.Should().Be(200);
        refused.Text.Should().Be("""{"jsonrpc":"2.0","error":{"code":-32010,"message":"The batch has 4 calls; 3 are allowed."},"id":null}""");
        noJson.Text.Should().Contain("-32700");
        runs.Should().Be(3);
    }

    [Fact]
    public async Task Answers_over_the_limit_together_are_one_error_and_the_connection_stays_open()
    {
        var server = Serve(Methods(), o => o.Limits.MaxResponseBodySize = 2000);
        string Batch(int length) =>
            $"[{string.Join(',', Enumerable.Range(0, 4).Select(n => $$"""{"jsonrpc":"2.0","method":"text","params":[{{length}}],"id":{{n}}}"""))}]";
        var around = """{"jsonrpc":"2.0","result":"","id":0}""".Length;
        // 2001 bytes are the brackets, three commas, and four equal answers, with a remainder.
        var fits = (2001 - "[]".Length - 3 * ",".Length) / 4 - around;
        (4 * (fits + around) + 5).Should().Be(2001);
        server.Server.Dispose();
        server = Serve(Methods(), o => o.Limits.MaxResponseBodySize = 2001);

        var passed = await server.ExchangeAsync(RawRequest.Post(Batch(fits)));
        var tight = Serve(Methods(), o => o.Limits.MaxResponseBodySize = 2000);
        var refused = await tight.ExchangeAsync(RawRequest.Post(Batch(fits)));

        JsonNode.Parse(passed.Body)!.AsArray().Should().HaveCount(4);
        passed.Body.Length.Should().Be(2001);
        refused.Status.Should().Be(200);
        refused.Text
            .Should().Be("""{"jsonrpc":"2.0","error":{"code":-32011,"message":"The answers are larger than the limit of 2000 bytes (JsonRpcServerOptions.Limits.MaxResponseBodySize of the server)."},"id":null}""");
        refused.IsLast.Should().BeFalse();
    }

    [Fact]
    public async Task One_answer_over_the_limit_alone_is_that_calls_error()
    {
        var server = Serve(Methods(), o => o.Limits.MaxResponseBodySize = 2000);

        var reply = await server.ExchangeAsync(
            RawRequest.Post("""[{"jsonrpc":"2.0","method":"text","params":[5000],"id":1},{"jsonrpc":"2.0","method":"echo","params":[2],"id":2}]"""));

        reply.Text.Should().StartWith("""[{"jsonrpc":"2.0","error":{"code":-32011,""").And.EndWith("""{"jsonrpc":"2.0","result":2,"id":2}]""");
    }

    [Fact]
    public async Task No_more_calls_run_concurrently_than_allowed()
    {
        var (running, most) = (0, 0);
        var three = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = Serve(new JsonRpcMethods().Add("step", async () =>
        {
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            if (now == 3)
                three.TrySetResult();
            await three.Task.WaitAsync(Patience);
            await Task.Yield();
            Interlocked.Decrement(ref running);
        }), o => o.Protocol.MaxBatchParallelism = 3);

        await server.ExchangeAsync(RawRequest.Post($"[{string.Join(',', Enumerable.Range(0, 40).Select(n => $$"""{"jsonrpc":"2.0","method":"step","id":{{n}}}"""))}]"));

        most.Should().Be(3);

        static void InterlockedMax(ref int target, int value)
        {
            for (var seen = Volatile.Read(ref target); seen < value; seen = Volatile.Read(ref target))
                Interlocked.CompareExchange(ref target, value, seen);
        }
    }

    [Fact]
    public async Task A_permit_is_free_again_as_soon_as_its_worker_is_idle()
    {
        var gate = new TaskCompletionSource();
        var entered = new SemaphoreSlim(0);
        var server = Serve(Methods().Add("wait", async () =>
        {
            entered.Release();
            await gate.Task;
        }), o => (o.Protocol.MaxBatchParallelism, o.Limits.MaxConcurrentCalls) = (2, 2));

        var batch = server.ExchangeAsync(RawRequest.Post("""[{"jsonrpc":"2.0","method":"wait","id":1},{"jsonrpc":"2.0","method":"echo","params":[2],"id":2}]"""));
        (await entered.WaitAsync(Patience)).Should().BeTrue();
        RawReply other;
        var waiting = Stopwatch.StartNew();
        do
            other = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"echo","params":[3],"id":3}"""));
        while (other.Status == 503 && waiting.Elapsed < Patience);
        gate.SetResult();
        await batch;

        other.Status.Should().Be(200);
    }

    [Fact]
    public async Task A_batch_past_its_deadline_begins_no_more_calls()
    {
        var gate = new TaskCompletionSource();
        var entered = new SemaphoreSlim(0);
        var begun = 0;
        var server = Serve(new JsonRpcMethods().Add("step", async () =>
        {
            Interlocked.Increment(ref begun);
            entered.Release();
            await gate.Task;
        }), o => (o.Protocol.MaxBatchParallelism, o.Limits.HandlerTimeout) = (2, TimeSpan.FromSeconds(2)));

        var calling = server.ExchangeAsync(RawRequest.Post($"[{string.Join(',', Enumerable.Range(0, 20).Select(n => $$"""{"jsonrpc":"2.0","method":"step","id":{{n}}}"""))}]"));
        for (var i = 0; i < 2; i++)
            (await entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(3));
        var reply = await calling;
        gate.SetResult();
        await server.Server.StopAsync().WaitAsync(Patience);

        JsonNode.Parse(reply.Body)!.AsArray().Select(r => r!["error"]!["code"]!.GetValue<int>()).Should().HaveCount(20).And.OnlyContain(code => code == JsonRpcErrorCodes.TimedOut);
        begun.Should().Be(2);
    }

    [Theory]
    [InlineData(1024, "-32011")]
    [InlineData(100_000, "\"id\":2")]
    public async Task An_early_reply_loses_no_answer_and_keeps_to_the_limit(int limit, string expected)
    {
        var gate = new TaskCompletionSource();
        var entered = new SemaphoreSlim(0);
        var server = Serve(Methods().Add("wait", async () =>
        {
            entered.Release();
            await gate.Task;
        }), o => (o.Protocol.MaxBatchParallelism, o.Limits.HandlerTimeout, o.Limits.MaxResponseBodySize) = (1, TimeSpan.FromSeconds(2), limit));

        var calling = server.ExchangeAsync(RawRequest.Post(
            """[{"jsonrpc":"2.0","method":"text","params":[600],"id":1},{"jsonrpc":"2.0","method":"text","params":[600],"id":2},{"jsonrpc":"2.0","method":"wait","id":3}]"""));
        (await entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(3));
        var reply = await calling;
        gate.SetResult();

        reply.Text.Should().Contain(expected);
        reply.Body.Length.Should().BeLessThanOrEqualTo(limit);
    }

    [Fact]
    public async Task A_batch_of_notifications_past_its_deadline_is_not_answered()
    {
        var gate = new TaskCompletionSource();
        var entered = new SemaphoreSlim(0);
        var server = Serve(new JsonRpcMethods().Add("wait", async () =>
        {
            entered.Release();
            await gate.Task;
        }), o => (o.Limits.HandlerTimeout, o.Protocol.NotificationStatusCode) = (TimeSpan.FromSeconds(2), 202));

        var calling = server.ExchangeAsync(RawRequest.Post("""[{"jsonrpc":"2.0","method":"wait"}]"""));
        (await entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(3));
        var reply = await calling;
        gate.SetResult();

        (reply.Status, reply.Body.Length).Should().Be((202, 0));
    }

    [Fact]
    public async Task Errors_count_towards_the_limit()
    {
        var server = Serve(Methods(), o => o.Limits.MaxResponseBodySize = 2000);

        var reply = await server.ExchangeAsync(RawRequest.Post($"[{string.Join(',', Enumerable.Repeat("1", 100))}]"));

        reply.Text.Should().Contain("-32011");
    }

    [Fact]
    public async Task A_batch_past_its_deadline_answers_completed_calls_and_reports_the_others()
    {
        var gate = new TaskCompletionSource();
        var entered = new SemaphoreSlim(0);
        var server = Serve(Methods().Add("wait", async () =>
        {
            entered.Release();
            await gate.Task;
        }), o => (o.Limits.HandlerTimeout, o.Protocol.MaxBatchParallelism) = (TimeSpan.FromSeconds(2), 1));

        var calling = server.ExchangeAsync(RawRequest.Post("""
            [{"jsonrpc":"2.0","method":"echo","params":[1],"id":1},{"jsonrpc":"2.0","method":"wait","id":2},
             {"jsonrpc":"2.0","method":"echo","params":[3]},{"jsonrpc":"2.0","method":"echo","params":[4],"id":4},7]
            """));
        (await entered.WaitAsync(Patience)).Should().BeTrue();
        Clock.Advance(TimeSpan.FromSeconds(3));
        var reply = await calling;
        gate.SetResult();

        const string Late = "\"error\":{\"code\":-32001,\"message\":\"The call took longer than 2 s.\"}";
        reply.Status.Should().Be(200);
        reply.Text
            .Should().Be($"[{{\"jsonrpc\":\"2.0\",\"result\":1,\"id\":1}},{{\"jsonrpc\":\"2.0\",{Late},\"id\":2}},{{\"jsonrpc\":\"2.0\",{Late},\"id\":4}},{{\"jsonrpc\":\"2.0\",{Late},\"id\":null}}]");
    }

    [Fact]
    public async Task A_client_batch_gives_each_call_its_own_outcome()
    {
        var server = Serve(Methods());
        using var client = server.MakeClient();
        var batch = client.CreateBatch();

        var text = batch.CallAsync<string>("echo", new[] { "a" });
        var boom = batch.CallAsync("boom");
        batch.Notify("echo", new[] { "b" });
        var number = batch.CallAsync<int[], int>("echo", [3]);
        var misfit = batch.CallAsync<int>("echo", new[] { "no number" });
        await batch.SendAsync();

        (await text).Should().Be("a");
        (await number).Should().Be(3);
        (await FluentActions.Awaiting(() => boom).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(JsonRpcErrorCodes.InternalError);
        await FluentActions.Awaiting(() => misfit).Should().ThrowAsync<HttpRequestException>();
    }

    [Fact]
    public async Task A_client_batch_that_is_refused_whole_fails_every_call()
    {
        var server = Serve(Methods(), o => o.Protocol.MaxBatchCalls = 1);
        using var client = server.MakeClient();
        var batch = client.CreateBatch();
        var one = batch.CallAsync("echo", new[] { 1 });
        var two = batch.CallAsync("echo", new[] { 2 });

        var sending = () => batch.Send();

        sending.Should().Throw<JsonRpcException>().Which.Code.Should().Be(JsonRpcErrorCodes.BatchTooLong);
        foreach (var call in new[] { one, two })
            (await FluentActions.Awaiting(() => call).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(JsonRpcErrorCodes.BatchTooLong);
    }

    [Fact]
    public async Task A_call_that_is_awaited_before_its_batch_is_sent_fails_with_an_explanation()
    {
        var server = Serve(Methods());
        using var client = server.MakeClient(new() { TimeProvider = Clock, Timeout = TimeSpan.FromSeconds(10) });
        var batch = client.CreateBatch();
        var first = batch.CallAsync("echo", new[] { 1 });
        Clock.Advance(TimeSpan.FromSeconds(9));
        var last = batch.CallAsync<int>("echo", new[] { 2 });

        Clock.Advance(TimeSpan.FromSeconds(9));
        var early = first.IsCompleted;
        Clock.Advance(TimeSpan.FromSeconds(2));

        early.Should().BeFalse("each call that is added gives the batch its time again");
        foreach (var call in new Task[] { first, last })
            (await FluentActions.Awaiting(() => call.WaitAsync(Patience)).Should().ThrowAsync<InvalidOperationException>()).WithMessage("*not sent within 10 s*SendAsync*await*");
        await batch.Invoking(b => b.SendAsync()).Should().ThrowAsync<InvalidOperationException>().WithMessage("*not sent within 10 s*");
        batch.Invoking(b => b.Notify("echo")).Should().Throw<InvalidOperationException>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_batch_that_is_disposed_unsent_fails_its_calls(bool isClientDisposed)
    {
        var server = Serve(Methods());
        using var client = server.MakeClient();
        var batch = client.CreateBatch();
        var call = batch.CallAsync("echo", new[] { 1 });

        ((IDisposable)(isClientDisposed ? client : batch)).Dispose();

        await FluentActions.Awaiting(() => call.WaitAsync(Patience)).Should().ThrowAsync<ObjectDisposedException>()
            .WithMessage(isClientDisposed ? "*before the batch was sent*" : "*before it was sent*");
        batch.Invoking(b => b.Send()).Should().Throw<ObjectDisposedException>();
        batch.Invoking(b => b.Notify("echo")).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task A_batch_that_was_sent_keeps_its_results_however_it_ends()
    {
        var server = Serve(Methods());
        using var client = server.MakeClient(new() { TimeProvider = Clock, Timeout = TimeSpan.FromSeconds(10) });
        using var batch = client.CreateBatch();
        var call = batch.CallAsync<int>("echo", new[] { 1 });
        await batch.SendAsync();

        batch.Dispose();
        Clock.Advance(TimeSpan.FromSeconds(20));

        (await call).Should().Be(1);
        batch.Invoking(b => b.Send()).Should().Throw<InvalidOperationException>().WithMessage("*already sent*");
    }

    private static JsonRpcMethods Methods() => new JsonRpcMethods()
        .Add("echo", (JsonNode? value) => value)
        .Add("text", (int length) => new string('x', length))
        .Add("nan", () => double.NaN)
        .Add("boom", object? () => throw new InvalidOperationException("boom"));
}
