using System.Collections.Concurrent;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class LateNextOnHttpListener() : LateNextTests(new HttpListenerHost());

public sealed class LateNextInMemory() : LateNextTests(new InMemoryHost());

public sealed class LateNextOnSockets() : LateNextTests(new SocketHost());

public sealed class LateNextOnPortableSockets() : LateNextTests(new PortableSocketHost());

public sealed class LateNextOnAspNetCore() : LateNextTests(new AspNetCoreHost());

/// <summary>Middleware that passes its <c>next</c> to work that outlives it: by the time it is called, the object that it is called with may serve another call.</summary>
public abstract class LateNextTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<string> _log = [];
    private readonly ConcurrentQueue<Func<Task>> _later = [];
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private protected LateNextTests(Host host)
        : base(host)
    {
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_late_next_of_a_call_never_runs_in_the_next_call(int layers)
    {
        var methods = Methods();
        for (var i = 1; i < layers; i++)
            methods.Use((call, next, token) => next(call, token));
        var server = Serve(methods.Use(async (call, next, token) =>
        {
            if (_later.Count < 3)
            {
                _later.Enqueue(() => next(call, token).AsTask());
                call.Result.WriteStringValue("at once");
                return;
            }
            _entered.SetResult();
            await _gate.Task;
            await next(call, token);
        }));

        await CallLateAsync(server, "log", "log");

        _log.Should().Equal("log");
    }

    [Fact]
    public async Task A_late_next_that_was_called_before_never_runs_in_a_call_of_another_method()
    {
        var server = Serve(Methods().Use(async (call, next, token) =>
        {
            if (call.Method == "log")
            {
                await next(call, token);
                _later.Enqueue(() => next(call, token).AsTask());
                return;
            }
            _entered.SetResult();
            await _gate.Task;
            await next(call, token);
        }).Use((call, next, token) =>
        {
            // What an inner middleware writes would be the other call's result.
            call.Result.WriteStringValue("written late");
            call.ClearResult();
            _log.Enqueue($"around {call.Method}");
            return next(call, token);
        }));

        await CallLateAsync(server, "log", "other");

        _log.Should().Equal("around log", "log", "around log", "log", "around log", "log", "around other", "other");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_late_next_of_an_exchange_never_runs_in_the_next_exchange(int layers)
    {
        var server = Serve(Methods(), o =>
        {
            o.Use(next => async (exchange, token) =>
            {
                if (_later.Count < 3)
                {
                    _later.Enqueue(() => next(exchange, token).AsTask());
                    exchange.Reply(202, "text/plain", "later");
                    return;
                }
                _entered.SetResult();
                await _gate.Task;
                await next(exchange, token);
            });
            for (var i = 1; i < layers; i++)
            {
                o.Use(next => (exchange, token) =>
                {
                    _log.Enqueue("around");
                    return next(exchange, token);
                });
            }
        });

        await CallLateAsync(server, "log", "log");

        _log.Should().Equal([.. Enumerable.Repeat("around", layers - 1), "log"]);
    }

    /// <summary>Calls a first method three times, so that there are objects to reuse, and calls what these calls have left behind while a fourth call runs.</summary>
    private async Task CallLateAsync(HostedServer server, string first, string second)
    {
        for (var i = 0; i < 3; i++)
            await server.ExchangeAsync(RawRequest.Post(Call(first)));

        var calling = server.ExchangeAsync(RawRequest.Post(Call(second)));
        await _entered.Task.WaitAsync(Patience);
        _later.Should().HaveCount(3);
        foreach (var late in _later)
            (await late.Should().ThrowAsync<InvalidOperationException>()).WithMessage("*has ended*");
        _gate.SetResult();

        (await calling.WaitAsync(Patience)).Text.Should().Be($$"""{"jsonrpc":"2.0","result":"{{second}}","id":1}""");
        Failures.Should().BeEmpty();
    }

    private JsonRpcMethods Methods() => new JsonRpcMethods().Add("log", () => Log("log")).Add("other", () => Log("other"));

    private string Log(string what)
    {
        _log.Enqueue(what);
        return what;
    }

    private static string Call(string method) => $$"""{"jsonrpc":"2.0","method":"{{method}}","id":1}""";
}
