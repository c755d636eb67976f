using System.Collections.Concurrent;
using System.Text;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class MiddlewareFaultsOnHttpListener() : MiddlewareFaultTests(new HttpListenerHost());

public sealed class MiddlewareFaultsInMemory() : MiddlewareFaultTests(new InMemoryHost());

public sealed class MiddlewareFaultsOnSockets() : MiddlewareFaultTests(new SocketHost());

public sealed class MiddlewareFaultsOnPortableSockets() : MiddlewareFaultTests(new PortableSocketHost());

public sealed class MiddlewareFaultsOnAspNetCore() : MiddlewareFaultTests(new AspNetCoreHost());

/// <summary>Wrong or unusual server middleware: the caller still gets one complete reply to its own call, and the next call succeeds.</summary>
public abstract class MiddlewareFaultTests : HostTests
{
    private const string Add = """{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}""";
    private const string Three = """{"jsonrpc":"2.0","result":3,"id":1}""";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _log = [];

    private protected MiddlewareFaultTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task An_exchange_may_be_passed_on_again_and_its_reply_starts_over()
    {
        // One permit: a second attempt that acquired another would exhaust the server's.
        var server = Serve(Methods(), o =>
        {
            o.Limits.MaxConcurrentCalls = 1;
            o.Use(next => async (exchange, token) =>
            {
                await next(exchange, token);
                exchange.ResponseHeaders["X-Of-The-First"] = "yes";
                exchange.StatusCode = 418;
                await next(exchange, token);
            });
        });

        for (var i = 0; i < 3; i++)
        {
            var reply = await server.ExchangeAsync(RawRequest.Post(Add));
            (reply.Status, reply.Text, reply["X-Of-The-First"]).Should().Be((200, Three, null));
        }
    }

    [Fact]
    public async Task A_plain_function_may_be_called_again_for_an_exchange_whether_it_failed_or_not()
    {
        var calls = 0;
        var server = Serve(command => Interlocked.Increment(ref calls) == 1 ? throw new TimeoutException() : command, o => o.Use(next => async (exchange, token) =>
        {
            try
            {
                await next(exchange, token);
            }
            catch (TimeoutException)
            {
                await next(exchange, token);
                await next(exchange, token);
            }
        }));

        (await server.ExchangeAsync(RawRequest.Post("1"))).Text.Should().Be("1");
        calls.Should().Be(3);
    }

    [Fact]
    public async Task The_reply_of_exchange_middleware_is_discarded_when_it_throws()
    {
        var server = Serve(Methods(), o => o.Use(next => async (exchange, token) =>
        {
            exchange.AddStandingHeader("X-Standing", "stays");
            await next(exchange, token);
            exchange.Reply(200, "text/plain", "half a truth");
            throw new FormatException("secret");
        }));

        var reply = await server.ExchangeAsync(RawRequest.Post(Add));

        (reply.Status, reply["X-Standing"]).Should().Be((500, "stays"));
        reply.Text.Should().NotContain("truth").And.NotContain("secret");
        Failures.Should().ContainSingle().Which.Exception.Should().BeOfType<FormatException>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_middleware_that_answers_by_itself_answers_once_however_often_it_is_called(bool isMadeForTheMethod)
    {
        var methods = Methods().Use(async (call, next, token) =>
        {
            await next(call, token);
            await next(call, token);
        });
        if (isMadeForTheMethod)
            methods.Use((_, _) => (call, _) => Answer(call));
        else
            methods.Use((call, _, _) => Answer(call));

        var reply = await Serve(methods).ExchangeAsync(RawRequest.Post(Add));

        reply.Text.Should().Be("""{"jsonrpc":"2.0","result":"cached","id":1}""");

        static ValueTask Answer(JsonRpcCall call)
        {
            call.Result.WriteStringValue("cached");
            return default;
        }
    }

    [Theory]
    [InlineData("half")]
    [InlineData("half later")]
    [InlineData("disposes")]
    [InlineData("too large")]
    public async Task A_middleware_that_catches_an_exception_may_write_another_result(string method)
    {
        var server = Serve(Methods(), o => o.Limits.MaxResponseBodySize = 2000, Fallback("instead"));

        var reply = await server.ExchangeAsync(RawRequest.Post(Call(method)));

        reply.Text.Should().Be("""{"jsonrpc":"2.0","result":"instead","id":1}""");
        Failures.Should().BeEmpty();
    }

    [Theory]
    [InlineData("half")]
    [InlineData("half later")]
    [InlineData("disposes")]
    [InlineData("too large")]
    public async Task A_middleware_that_swallows_an_exception_answers_null_and_never_what_was_written_before_it(string method)
    {
        var server = Serve(Methods(), o => o.Limits.MaxResponseBodySize = 2000, Fallback(null));

        var reply = await server.ExchangeAsync(RawRequest.Post(Call(method)));

        reply.Text.Should().Be("""{"jsonrpc":"2.0","result":null,"id":1}""");
    }

    [Theory]
    [InlineData("unfinished", "-32603")]
    [InlineData("unfinished later", "-32603")]
    [InlineData("disposes and ends", "-32603")]
    [InlineData("too large and unflushed", "-32011")]
    public async Task Middleware_sees_a_result_that_cannot_be_sent_as_the_error_that_its_caller_gets(string method, string code)
    {
        var methods = Methods()
            .Add("unfinished", (call, _) =>
            {
                call.Result.WriteStartObject();
                return default;
            })
            .Add("unfinished later", async (call, _) =>
            {
                await Task.Yield();
                call.Result.WriteStartObject();
            })
            .Add("disposes and ends", (call, _) =>
            {
                call.Result.WriteStringValue("all of it");
                call.Result.Dispose();
                return default;
            })
            .Add("too large and unflushed", (call, _) =>
            {
                call.Result.WriteStringValue(new string('x', 2100));
                return default;
            })
            .Use(async (call, next, token) =>
            {
                try
                {
                    await next(call, token);
                    _log.Enqueue("success");
                }
                catch (Exception e)
                {
                    _log.Enqueue(e.GetType().Name);
                    throw;
                }
            });
        var server = Serve(methods, o => o.Limits.MaxResponseBodySize = 2000);

        (await server.ExchangeAsync(RawRequest.Post(Call(method)))).Text.Should().Contain(code);
        _log.Should().Equal(code == "-32011" ? nameof(BodyTooLargeException) : nameof(InvalidOperationException));
    }

    [Fact]
    public async Task A_result_that_a_middleware_makes_too_large_is_minus_32011_and_the_next_call_succeeds()
    {
        var isLarge = true;
        var server = Serve(Methods().Use(async (call, next, token) =>
        {
            await next(call, token);
            if (!isLarge)
                return;
            call.ClearResult();
            call.Result.WriteStringValue(new string('x', 5000));
        }), o => o.Limits.MaxResponseBodySize = 2000);

        (await server.ExchangeAsync(RawRequest.Post(Add))).Text.Should().Contain("-32011");
        (await server.ExchangeAsync(RawRequest.Post($"[{Add}]"))).Text.Should().Contain("-32011");
        isLarge = false;
        (await server.ExchangeAsync(RawRequest.Post(Add))).Text.Should().Be(Three);
    }

    [Fact]
    public async Task Next_of_a_call_that_has_ended_is_refused()
    {
        Func<Task>? later = null;
        var server = Serve(Methods().Use((call, next, token) =>
        {
            later = () => next(call, token).AsTask();
            return default;
        }));

        await server.ExchangeAsync(RawRequest.Post(Call("log")));

        (await later!.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*has ended*");
        _log.Should().BeEmpty();
    }

    [Fact]
    public async Task Next_of_an_exchange_that_has_ended_is_refused()
    {
        Func<Task>? later = null;
        var server = Serve(Methods(), o => o.Use(next => (exchange, token) =>
        {
            later = () => next(exchange, token).AsTask();
            exchange.Reply(202, "text/plain", "later");
            return default;
        }));

        (await server.ExchangeAsync(RawRequest.Post(Call("log")))).Status.Should().Be(202);

        (await later!.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*has ended*");
        _log.Should().BeEmpty();
    }

    [Fact]
    public async Task Exchange_middleware_that_never_ends_times_out()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = Serve(Methods(), o =>
        {
            o.Limits.HandlerTimeout = TimeSpan.FromSeconds(5);
            o.Use(next => async (exchange, token) =>
            {
                exchange.AddStandingHeader("X-Standing", "stays");
                entered.TrySetResult();
                await gate.Task;
                await next(exchange, token);
            });
        });

        var calling = server.ExchangeAsync(RawRequest.Post(Call("log")));
        await entered.Task.WaitAsync(Patience);
        Clock.Advance(TimeSpan.FromSeconds(7));
        var reply = await calling;
        gate.SetResult();

        (reply.Status, reply["X-Standing"]).Should().Be((504, "stays"));
        reply.Text.Should().Contain("-32001");
        (await server.ExchangeAsync(RawRequest.Post(Add))).Text.Should().Be(Three);
    }

    [Fact]
    public async Task Exchange_middleware_sees_HEAD_and_its_reply_has_no_body()
    {
        var server = Serve(Echo, o => o.Use(next => async (exchange, token) =>
        {
            await next(exchange, token);
            _log.Enqueue($"{exchange.Method} {exchange.StatusCode}");
        }));

        await server.ExchangeAsync(new RawRequest("HEAD") { Fields = { ("Connection", "close") } });

        _log.Should().Equal("HEAD 405");
    }

    [Fact]
    public async Task Concurrent_calls_in_batches_keep_their_items_and_results_separate()
    {
        var server = Serve(new JsonRpcMethods()
            .Use(async (call, next, token) =>
            {
                call.Items["id"] = Encoding.UTF8.GetString(call.Id.Span);
                await next(call, token);
                var result = Encoding.UTF8.GetString(call.WrittenResult);
                if (result != (string)call.Items["id"]!)
                    _log.Enqueue($"{call.Items["id"]} got {result}");
            })
            .Use(async (call, next, token) =>
            {
                await Task.Yield();
                await next(call, token);
                await next(call, token);
            })
            .Add("same", async (int id) =>
            {
                await Task.Yield();
                return id;
            }), o => o.Protocol.MaxBatchParallelism = 4);

        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(batch => server.ExchangeAsync(RawRequest.Post(
            $"[{string.Join(',', Enumerable.Range(batch * 50, 50).Select(id => $$"""{"jsonrpc":"2.0","method":"same","params":[{{id}}],"id":{{id}}}"""))}]"))));

        replies.Select((reply, batch) => (reply.Text, batch)).Should().OnlyContain(r => r.Text ==
            $"[{string.Join(',', Enumerable.Range(r.batch * 50, 50).Select(id => $$"""{"jsonrpc":"2.0","result":{{id}},"id":{{id}}}"""))}]");
        _log.Should().BeEmpty();
    }

    [Fact]
    public async Task Methods_on_one_path_of_a_handler_have_their_middleware_too()
    {
        var methods = JsonRpc.MakeHandler(Methods().Use(async (call, next, token) =>
        {
            await next(call, token);
            _log.Enqueue($"{call.Method} of {call.Exchange.Path}");
        }));
        var server = ServeRaw((exchange, token) => exchange.Path == "/rpc" ? methods(exchange, token) : throw new HttpRefusalException(404, "Nothing here."));

        (await server.ExchangeAsync(RawRequest.Post(Add) with { Target = "/rpc" })).Text.Should().Be(Three);
        (await server.ExchangeAsync(RawRequest.Post(Add))).Status.Should().Be(404);

        _log.Should().Equal("add of /rpc");
    }

    private JsonRpcMethods Methods() => new JsonRpcMethods()
        .Add("add", (int a, int b) => a + b)
        .Add("log", () => _log.Enqueue("ran"))
        .Add("half", (call, _) =>
        {
            call.Result.WriteStartObject();
            call.Result.WriteString("half", "of it");
            throw new FormatException();
        })
        .Add("half later", async (call, _) =>
        {
            call.Result.WriteStartObject();
            call.Result.Flush();
            await Task.Yield();
            throw new FormatException();
        })
        .Add("disposes", (call, _) =>
        {
            call.Result.WriteStringValue("all of it");
            call.Result.Dispose();
            throw new FormatException();
        })
        .Add("too large", () => new string('x', 5000));

    private HostedServer Serve(JsonRpcMethods methods, Action<JsonRpcServerOptions> configure, JsonRpcMiddleware middleware) => Serve(methods.Use(middleware), configure);

    /// <summary>Writes a result if the method throws, or nothing.</summary>
    private static JsonRpcMiddleware Fallback(string? result) => async (call, next, token) =>
    {
        try
        {
            await next(call, token);
        }
        catch (Exception e) when (e is FormatException or BodyTooLargeException)
        {
            if (result is not null)
                call.Result.WriteStringValue(result);
        }
    };

    private static string Call(string method) => $$"""{"jsonrpc":"2.0","method":"{{method}}","id":1}""";
}
