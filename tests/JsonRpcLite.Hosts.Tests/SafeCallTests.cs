using System.Collections.Concurrent;
using JsonRpcLite.TestContracts;

namespace JsonRpcLite.Hosts.Tests;

public sealed class SafeCallsOnHttpListener() : SafeCallTests(new HttpListenerHost());

public sealed class SafeCallsInMemory() : SafeCallTests(new InMemoryHost());

public sealed class SafeCallsOnSockets() : SafeCallTests(new SocketHost());

public sealed class SafeCallsOnPortableSockets() : SafeCallTests(new PortableSocketHost());

public sealed class SafeCallsOnAspNetCore() : SafeCallTests(new AspNetCoreHost());

/// <summary>The HTTP method by which a client sends calls that are marked safe.</summary>
public abstract class SafeCallTests : HostTests
{
    private readonly ConcurrentQueue<string> _requests = [];
    private readonly Library _library = new();

    private protected SafeCallTests(Host host)
        : base(host)
    {
    }

    [Theory]
    [InlineData(JsonRpcSafeCalls.Post, "POST", "POST")]
    [InlineData(JsonRpcSafeCalls.Query, "QUERY", "QUERY")]
    [InlineData(JsonRpcSafeCalls.Get, "GET", "POST")]
    public async Task Safe_calls_go_by_the_chosen_method_and_others_by_POST(JsonRpcSafeCalls safeCalls, string call, string other)
    {
        using var client = ServeLibrary().MakeClient(new() { SafeCalls = safeCalls });
        var library = client.As<ILibrary>();

        for (var i = 0; i < 2; i++)
        {
            (await library.FindAsync("Émma & Co. 100% 😀")).Should().Be("Émma & Co. 100% 😀 is on shelf 7");
            (await library.FindAsync("")).Should().BeNull();
            library.Count().Should().Be(3);
        }
        await library.LookAsync("Emma");
        (await library.ListAsync().ToListAsync()).Should().Equal("Emma", "Ulysses");
        await library.PutAsync("Emma");
        (await library.LendAsync("Emma")).Should().Be(3);
        (await client.CallAsync<int>("count")).Should().Be(3, "its idempotency is not known");

        Methods().Should().Equal(call, call, call, call, call, call, other, other, "POST", "POST", "POST");
        _library.Done.Should().Equal("look Emma", "put Emma", "lend Emma");
    }

    [Fact]
    public async Task The_target_of_a_GET_is_the_method_and_then_the_parameters()
    {
        using var client = ServeLibrary().MakeClient(new() { SafeCalls = JsonRpcSafeCalls.Get });
        var library = client.As<ILibrary>();

        await library.FindAsync("a b");
        library.Count("x");

        _requests.Should().Equal(
            "GET /?method=find&params=%7B%22title%22%3A%22a%20b%22%7D ",
            "GET /?method=count&params=%7B%22shelf%22%3A%22x%22%7D ");
    }

    [Fact]
    public async Task An_address_may_have_a_path_and_a_query_of_its_own()
    {
        var server = ServeLibrary();
        using var client = JsonRpc.MakeClient(
            new Uri(server.Server.Address, "/rpc?tenant=7"),
            new() { SafeCalls = JsonRpcSafeCalls.Get, Transport = server.Host.MakeClientTransport(server.Transport) });

        await client.As<ILibrary>().FindAsync("a");

        _requests.Should().Equal("GET /rpc?tenant=7&method=find&params=%7B%22title%22%3A%22a%22%7D ");
    }

    [Theory]
    [InlineData(8130, "GET")]
    [InlineData(8131, "POST")]
    [InlineData(100_000, "POST")]
    public async Task A_call_that_is_too_long_for_a_target_goes_by_POST(int length, string method)
    {
        using var client = ServeLibrary().MakeClient(new() { SafeCalls = JsonRpcSafeCalls.Get });
        var title = new string('x', length);

        (await client.As<ILibrary>().FindAsync(title)).Should().StartWith(title);
        client.As<ILibrary>().Count(title[1..]).Should().Be(length - 1, "its name is one character longer");

        Methods().Should().Equal(method, method);
    }

    [Theory]
    [InlineData(JsonRpcSafeCalls.Query, "QUERY")]
    [InlineData(JsonRpcSafeCalls.Get, "POST")]
    public async Task A_batch_goes_by_QUERY_where_all_of_it_is_safe(JsonRpcSafeCalls safeCalls, string method)
    {
        using var client = ServeLibrary().MakeClient(new() { SafeCalls = safeCalls });

        var safe = client.CreateBatch();
        var (first, second) = (safe.As<ILibrary>().FindAsync("Emma"), safe.As<ILibrary>().FindAsync(""));
        await safe.As<ILibrary>().LookAsync("Emma");
        safe.Send();
        var mixed = client.CreateBatch();
        var (third, fourth) = (mixed.As<ILibrary>().FindAsync("Emma"), mixed.As<ILibrary>().LendAsync("Emma"));
        await mixed.SendAsync();
        var unknown = client.CreateBatch();
        var fifth = unknown.CallAsync<int>("count");
        await unknown.SendAsync();

        ((await first), (await second), (await third), (await fourth), (await fifth)).Should().Be(("Emma is on shelf 7", null, "Emma is on shelf 7", 2, 3));
        Methods().Should().Equal(method, "POST", "POST");
    }

    [Theory]
    [InlineData(JsonRpcSafeCalls.Query, 405, JsonRpcErrorCodes.Refused)]
    [InlineData(JsonRpcSafeCalls.Get, 404, JsonRpcErrorCodes.MethodNotFound)]
    public async Task A_server_refuses_a_method_that_it_does_not_mark_safe(JsonRpcSafeCalls safeCalls, int status, int code)
    {
        var server = Serve(new JsonRpcMethods().Add("find", (string title) => title).Add("count", (string shelf) => 1), Log);
        using var client = server.MakeClient(new() { SafeCalls = safeCalls });
        var library = client.As<ILibrary>();

        var refusals = new[]
        {
            (await library.Awaiting(l => l.FindAsync("Emma")).Should().ThrowAsync<JsonRpcException>()).Which,
            library.Invoking(l => l.Count()).Should().Throw<JsonRpcException>().Which,
        };

        refusals.Should().OnlyContain(no => no.Code == code && (int)no.StatusCode! == status);
    }

    [Fact]
    public async Task Errors_of_a_method_are_the_same_for_each_HTTP_method()
    {
        var methods = new JsonRpcMethods().Add("find", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] string (string title) => throw new JsonRpcException(17, title));
        var server = Serve(methods, Log);
        foreach (var safeCalls in Enum.GetValues<JsonRpcSafeCalls>())
        {
            using var client = server.MakeClient(new() { SafeCalls = safeCalls });

            var no = (await client.As<ILibrary>().Awaiting(l => l.FindAsync("Emma")).Should().ThrowAsync<JsonRpcException>()).Which;
            (no.Code, no.Message).Should().Be((17, "Emma"));
        }
        Methods().Should().Equal("POST", "QUERY", "GET");
    }

    [Fact]
    public async Task Middleware_may_send_a_GET_again_and_elsewhere()
    {
        var server = ServeLibrary();
        var (attempts, addresses) = (0, new List<string>());
        using var client = server.MakeClient(new JsonRpcClientOptions { SafeCalls = JsonRpcSafeCalls.Get }.Use(async (call, next, token) =>
        {
            addresses.Add(call.Exchange.Address!.PathAndQuery);
            await next(call, token);
            attempts = call.Attempt;
            call.Exchange.Address = new Uri(server.Server.Address, "/other");
            await next(call, token);
            addresses.Add(call.Exchange.Address!.PathAndQuery);
        }));

        (await client.As<ILibrary>().FindAsync("a")).Should().Be("a is on shelf 7");
        client.As<ILibrary>().Count("x").Should().Be(1);

        _requests.Should().Equal(
            "GET /?method=find&params=%7B%22title%22%3A%22a%22%7D ",
            "GET /other?method=find&params=%7B%22title%22%3A%22a%22%7D ",
            "GET /?method=count&params=%7B%22shelf%22%3A%22x%22%7D ",
            "GET /other?method=count&params=%7B%22shelf%22%3A%22x%22%7D ");
        addresses.Should().Equal(["/", "/other", "/", "/other"], "a message names the address without the call");
    }

    [Fact]
    public void The_setting_is_checked_and_copied()
    {
        var options = new JsonRpcClientOptions { SafeCalls = JsonRpcSafeCalls.Query };

        new JsonRpcClientOptions(options).SafeCalls.Should().Be(JsonRpcSafeCalls.Query);
        options.Invoking(o => o.SafeCalls = (JsonRpcSafeCalls)3).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("SafeCalls");
    }

    private HostedServer ServeLibrary() => Serve(new JsonRpcMethods().AddService<ILibrary>(_library), Log);

    private void Log(JsonRpcServerOptions options)
    {
        options.Protocol.AllowGet = true;
        options.Use(next => (exchange, token) =>
        {
            _requests.Enqueue($"{exchange.Method} {exchange.Target} {exchange.RequestHeaders["Content-Type"]}");
            return next(exchange, token);
        });
    }

    private IEnumerable<string> Methods() => _requests.Select(request => request.Split(' ')[0]);
}
