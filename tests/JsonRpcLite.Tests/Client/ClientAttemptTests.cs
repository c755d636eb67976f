using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Tests;

/// <summary>What a transport gets when client middleware sends a request more than once.</summary>
public sealed class ClientAttemptTests
{
    private readonly List<string> _sent = [];
    private readonly List<HttpExchange> _exchanges = [];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Changes_to_the_request_by_middleware_are_sent_with_the_second_attempt_too(bool firstFails)
    {
        using var client = Client((exchange, attempt) => AnswerOrFail(exchange, attempt == 1 && firstFails), Twice, (call, next, token) =>
        {
            var exchange = call.Exchange;
            exchange.Method = "PUT";
            exchange.Target = "/elsewhere";
            exchange.RequestHeaders["X-Attempt"] = $"{call.Attempt + 1}";
            exchange.RequestBody = Encoding.UTF8.GetBytes($"body {call.Attempt + 1}");
            return next(call, token);
        });

        await client.CommandAsync(1);
        client.Command(2);

        _sent.Should().Equal("PUT /elsewhere 1 body 1", "PUT /elsewhere 2 body 2", "PUT /elsewhere 1 body 1", "PUT /elsewhere 2 body 2");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Changes_by_middleware_stay_for_the_next_attempt(bool firstFails)
    {
        var changed = false;
        using var client = Client((exchange, attempt) => AnswerOrFail(exchange, attempt == 1 && firstFails), Twice, (call, next, token) =>
        {
            if (!changed)
                (call.Exchange.Method, call.Exchange.Target, call.Exchange.RequestBody) = ("PUT", "/elsewhere", "other"u8.ToArray());
            changed = true;
            return next(call, token);
        });

        await client.CommandAsync(1);

        _sent.Should().Equal("PUT /elsewhere  other", "PUT /elsewhere  other");
        _exchanges.Distinct().Should().HaveCount(firstFails ? 2 : 1);
    }

    [Fact]
    public async Task An_address_that_a_middleware_sets_is_where_the_attempt_goes_however_many_have_failed()
    {
        var addresses = new Queue<Uri>([new("http://a/1?x"), new("https://b/2"), new("http://c/3")]);
        using var client = Client((exchange, attempt) =>
        {
            _sent.Add($"{exchange.Scheme} {exchange.Address} {exchange.Target}");
            if (attempt < 3)
                throw new IOException("gone");
            Answer(exchange);
        }, async (call, next, token) =>
        {
            while (addresses.TryDequeue(out var address))
            {
                call.Exchange.Address = address;
                try
                {
                    await next(call, token);
                    return;
                }
                catch (HttpRequestException) when (addresses.Count > 0)
                {
                    // The next call.
                }
            }
        });

        (await client.CommandAsync(1))!.GetValue<int>().Should().Be(1);

        _sent.Where(line => line.StartsWith("http", StringComparison.Ordinal)).Should().Equal("http http://a/1?x /1?x", "https https://b/2 /2", "http http://c/3 /3");
    }

    [Fact]
    public async Task After_a_failure_the_exchange_is_replaced_at_once()
    {
        using var client = Client((exchange, attempt) =>
        {
            exchange.StatusCode = 503;
            if (attempt == 1)
                throw new IOException("cut off");
            Answer(exchange);
        }, async (call, next, token) =>
        {
            var first = call.Exchange;
            try
            {
                await next(call, token);
            }
            catch (HttpRequestException)
            {
                // A transport may still read the fields of the first exchange.
                call.Exchange.Should().NotBeSameAs(first);
                call.Exchange.StatusCode.Should().Be(200);
                call.Exchange.RequestHeaders["X-Attempt"] = "2";
                first.RequestHeaders.Contains("X-Attempt").Should().BeFalse();
                await next(call, token);
            }
        });

        (await client.CommandAsync(1))!.GetValue<int>().Should().Be(1);
        _sent.Should().Equal("POST /  1", "POST / 2 1");
    }

    [Fact]
    public void The_body_of_an_attempt_that_failed_is_not_written_to_by_the_next_call()
    {
        ReadOnlyMemory<byte> ofTheFirst = default;
        using var client = Client((exchange, attempt) =>
        {
            if (attempt == 1)
            {
                ofTheFirst = exchange.RequestBody;
                throw new IOException("gone");
            }
            Answer(exchange);
        }, async (call, next, token) =>
        {
            try
            {
                await next(call, token);
            }
            catch (HttpRequestException)
            {
                await next(call, token);
                throw new FormatException("of the middleware");
            }
        });

        client.Invoking(c => c.Command(11111)).Should().Throw<FormatException>();
        client.Command(22222);

        Encoding.UTF8.GetString(ofTheFirst.Span).Should().Be("11111", "the transport of a failed attempt may still be sending it");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failure_that_a_middleware_swallows_is_not_a_valid_answer(bool isSynchronous)
    {
        using var client = Client((exchange, _) =>
        {
            Answer(exchange);
            throw new IOException("cut off");
        }, async (call, next, token) =>
        {
            try
            {
                await next(call, token);
            }
            catch (HttpRequestException)
            {
                // Swallows the failure.
            }
        });

        await FluentActions.Awaiting(async () => isSynchronous ? client.Command(1) : await client.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>();
    }

    [Fact]
    public async Task A_client_that_is_disposed_ends_its_middleware_and_sends_nothing_more()
    {
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var client = Client((exchange, _) => Answer(exchange), async (call, next, token) =>
        {
            entered.SetResult();
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
            }
            catch (OperationCanceledException)
            {
                await next(call, token);
            }
        });

        var calling = client.CommandAsync(1);
        await entered.Task;
        client.Dispose();

        await FluentActions.Awaiting(() => calling.WaitAsync(TimeSpan.FromSeconds(30))).Should().ThrowAsync<TaskCanceledException>();
        _sent.Should().BeEmpty();
    }

    [Fact]
    public async Task Next_of_a_call_that_has_ended_is_refused()
    {
        Func<Task>? later = null;
        using var client = Client((exchange, _) => Answer(exchange), (call, next, token) =>
        {
            later = () => next(call, token).AsTask();
            call.Exchange.Reply(200, "application/json", "7");
            return default;
        });

        (await client.CommandAsync(1))!.GetValue<int>().Should().Be(7);

        (await later!.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*has ended*");
        _sent.Should().BeEmpty();
    }

    [Fact]
    public async Task Next_of_a_call_that_has_ended_is_refused_while_the_object_serves_another_call()
    {
        Func<Task>? later = null;
        var (entered, gate) = (new TaskCompletionSource(), new TaskCompletionSource());
        using var client = Client((exchange, _) => Answer(exchange), async (call, next, token) =>
        {
            if (later is null)
            {
                later = () => next(call, token).AsTask();
                call.Exchange.Reply(200, "application/json", "7");
                return;
            }
            entered.SetResult();
            await gate.Task;
            await next(call, token);
        });
        await client.CommandAsync(1);

        var calling = client.CommandAsync(2);
        await entered.Task;
        (await later!.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*has ended*");
        _sent.Should().BeEmpty();
        gate.SetResult();
        await calling;

        _sent.Should().ContainSingle();
    }

    private static async ValueTask Twice(JsonRpcClientCall call, JsonRpcClientHandler next, CancellationToken cancellationToken)
    {
        try
        {
            await next(call, cancellationToken);
        }
        catch (HttpRequestException)
        {
            // Once more, as after a success.
        }
        await next(call, cancellationToken);
    }

    private static void AnswerOrFail(HttpExchange exchange, bool fails)
    {
        if (fails)
            throw new IOException("gone");
        Answer(exchange);
    }

    private static void Answer(HttpExchange exchange) => exchange.Reply(200, "application/json", "1");

    private JsonRpcClient Client(Action<HttpExchange, int> send, params JsonRpcClientMiddleware[] middleware)
    {
        var options = new JsonRpcClientOptions { Transport = new Wire(this, send) };
        foreach (var step in middleware)
            options.Use(step);
        return JsonRpc.MakeClient("http://localhost/", options);
    }

    /// <summary>Records what it sends, and answers as the test decides: by the exchange, and by the number of attempts of this call.</summary>
    private sealed class Wire(ClientAttemptTests test, Action<HttpExchange, int> send) : ClientTransport
    {
        private int _attempt;

        public override void Send(HttpExchange exchange, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            test._sent.Add($"{exchange.Method} {exchange.Target} {exchange.RequestHeaders["X-Attempt"]} {Encoding.UTF8.GetString(exchange.RequestBody.Span)}");
            test._exchanges.Add(exchange);
            send(exchange, ++_attempt);
        }

        public override ValueTask SendAsync(HttpExchange exchange, CancellationToken cancellationToken)
        {
            try
            {
                Send(exchange, cancellationToken);
                return default;
            }
            catch (Exception e)
            {
                return ValueTask.FromException(e);
            }
        }
    }
}
