using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using JsonRpcLite.TestContracts;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class ContractsOnHttpListener() : ContractTests(new HttpListenerHost());

public sealed class ContractsInMemory() : ContractTests(new InMemoryHost());

public sealed class ContractsOnSockets() : ContractTests(new SocketHost());

public sealed class ContractsOnPortableSockets() : ContractTests(new PortableSocketHost());

public sealed class ContractsOnAspNetCore() : ContractTests(new AspNetCoreHost());

/// <summary>Contracts from the server's side and from the client's; the interfaces are in an assembly of their own.</summary>
public abstract class ContractTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Shop _shop = new();

    private protected ContractTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task Each_kind_of_method_makes_the_round_trip()
    {
        using var client = ServeShop().MakeClient();
        var shop = client.As<IShop>();

        (await shop.SubtractAsync(5, 2)).Should().Be(3);
        (await shop.SubtractAsync(5)).Should().Be(4, "the default is part of the contract");
        (await shop.PlaceAsync(new Order("tea", 2))).Should().Be(new Receipt("tea", 5.0m));
        shop.Greet("Ann").Should().Be("Hello, Ann");
        shop.Greet("Ann", "Dr.").Should().Be("Hello, Dr. Ann");
#pragma warning disable CS0618 // It is described as deprecated, and still works.
        shop.Hello().Should().BeNull();
#pragma warning restore CS0618
        await shop.PingAsync();
        shop.Forget();
        await shop.CloseAsync("door", default);
        (await shop.EchoAsync(new JsonObject { ["a"] = 1.0 }))!.ToJsonString().Should().Be("""{"a":1}""");
        (await shop.EchoAsync(null)).Should().BeNull();
        (await shop.DayAfterAsync(new DateOnly(2026, 2, 28))).Should().Be(new DateOnly(2026, 3, 1));
        (await shop.DayAfterAsync(null)).Should().BeNull();
        (await shop.DayAfterAsync(new DateOnly(2026, 2, 28), TimeSpan.FromDays(1))).Should().Be(new DateOnly(2026, 3, 2));
        (await shop.NextAsync()).Should().Be(1, "it comes from the contract that this one derives from");
        (await shop.DecrementAsync(1)).Should().Be(0, "a helper calls what is part of the contract");
        _shop.Lines.Should().Equal("forget", "close door");
    }

    [Fact]
    public async Task A_notification_is_sent_without_an_id()
    {
        var ids = new List<bool>();
        var methods = new JsonRpcMethods().AddService<IShop>(_shop).Use(async (call, next, token) =>
        {
            await next(call, token);
            lock (ids)
                ids.Add(call.IsNotification);
        });
        using var client = Serve(methods).MakeClient();
        var shop = client.As<IShop>();

        await shop.LogAsync("a line", Level.Warning);
        shop.Note("a note");

        ids.Should().Equal(true, true);
        _shop.Lines.Should().Equal("Warning: a line", "a note");
    }

    [Fact]
    public async Task Parameters_go_by_name_or_by_position_as_the_contract_says()
    {
        var seen = new List<string>();
        var methods = new JsonRpcMethods().AddService<IShop>(_shop).AddService<IByPosition>(new ByPosition()).Use((call, next, token) =>
        {
            lock (seen)
                seen.Add(System.Text.Encoding.UTF8.GetString(call.Parameters.Span));
            return next(call, token);
        });
        using var client = Serve(methods).MakeClient();

        await client.As<IShop>().SubtractAsync(5);
        await client.As<IShop>().CloseAsync("now", default);
        (await client.As<IByPosition>().JoinAsync("a", third: false)).Should().Be("a 2 False");
        await client.As<IByPosition>().NothingAsync();
        await client.As<IShop>().PingAsync();

        seen.Should().Equal("""{"minuend":5,"subtrahend":1}""", """{"class":"now"}""", """["a",2,false]""", "", "");
    }

    [Theory]
    [InlineData("shop.subtract", "[5,2]", "3")]
    [InlineData("shop.subtract", "[5]", "4")]
    [InlineData("shop.subtract", """{"subtrahend":2,"minuend":5}""", "3")]
    [InlineData("shop.subtract", """{ "subtrahend" : 2 , "minuend" : 5 }""", "3")]
    [InlineData("shop.greet", """{"title":"Dr. {}","name":"Ann"}""", "\"Hello, Dr. {} Ann\"")]
    [InlineData("shop.place", """{"order":{"level":"warning","count":2,"item":"tea"}}""", """{"item":"tea","total":5.0}""")]
    [InlineData("shop.greet", """{"name":"Ann","title":null}""", "\"Hello, Ann\"")]
    [InlineData("shop.greet", """["Ann"]""", "\"Hello, Ann\"")]
    [InlineData("shop.say.hello", null, "null")]
    [InlineData("shop.ping", "[]", "null")]
    [InlineData("shop.place", """{"order":{"item":"tea","count":2,"level":"info"}}""", """{"item":"tea","total":5.0}""")]
    [InlineData("count.next", null, "1")]
    public void A_server_takes_parameters_by_name_and_by_position(string method, string? parameters, string result)
    {
        using var client = ServeShop().MakeClient();

        var answer = client.Call(method, parameters is null ? null : JsonNode.Parse(parameters));

        (answer?.ToJsonString() ?? "null").Should().Be(result);
    }

    /// <summary>Compared with the same functions registered by Add.</summary>
    [Theory]
    [InlineData("subtract", """{"subtrahend":2}""")]
    [InlineData("subtract", """{"minuend":"5"}""")]
    [InlineData("subtract", """{"minuend":null}""")]
    [InlineData("subtract", """{"minuend":5,"subtrahend":null}""")]
    [InlineData("subtract", """{"minuend":5,"other":1}""")]
    [InlineData("subtract", """{"minuend":5,"Minuend":1}""")]
    [InlineData("subtract", """{"minuend":5,"minuend":6}""")]
    [InlineData("subtract", """[1,2,3]""")]
    [InlineData("subtract", """{"subtrahend":2,"minuend":"5"}""")]
    [InlineData("subtract", """{"subtrahend":"2","minuend":5}""")]
    [InlineData("subtract", """{"subtrahend":2,"minuend":5,"other":1}""")]
    [InlineData("subtract", """{"other":1}""")]
    [InlineData("ping", """{"other":1}""")]
    [InlineData("subtract", """[9999999999]""")]
    [InlineData("subtract", """[1.5]""")]
    [InlineData("subtract", null)]
    [InlineData("greet", """{"name":null}""")]
    [InlineData("greet", """[null]""")]
    [InlineData("place", """{"order":{"item":"tea"}}""")]
    [InlineData("place", """{"order":{"item":"tea","count":"2"}}""")]
    [InlineData("place", """{"order":{"item":"tea","count":2,"count":3}}""")]
    [InlineData("place", """{"order":null}""")]
    [InlineData("place", """{"item":"tea","count":2}""")]
    [InlineData("half", """[1e400]""")]
    [InlineData("half", """["NaN"]""")]
    [InlineData("close", """{"@class":"x"}""")]
    [InlineData("ping", """[1]""")]
    public async Task Invalid_parameters_get_the_same_error_as_with_Add(string method, string? parameters)
    {
        var methods = new JsonRpcMethods().AddService<IShop>(_shop)
            .Add("subtract", (int minuend, int subtrahend = 1) => minuend - subtrahend)
            .Add("greet", (string name, string? title = null) => name + title)
            .Add("place", (Order order) => order.Item)
            .Add("half", (double value) => value / 2)
            .Add("close", ([JsonRpcName("class")] string @class) => @class)
            .Add("ping", () => { });
        var server = Serve(methods);
        var body = parameters is null ? "" : $",\"params\":{parameters}";

        var answers = new List<string>();
        foreach (var name in new[] { method, "shop." + method })
            answers.Add(await PostAsync(server, $$"""{"jsonrpc":"2.0","method":"{{name}}"{{body}},"id":1}"""));

        answers[0].Should().Contain("\"error\":{\"code\":-32602");
        answers[1].Should().Be(answers[0]);
    }

    [Fact]
    public async Task A_proxy_throws_what_a_call_throws()
    {
        var server = ServeShop();
        using var client = server.MakeClient();
        using var other = Serve(new JsonRpcMethods()).MakeClient();

        var soldOut = await Assert.ThrowsAsync<JsonRpcException>(() => client.As<IShop>().PlaceAsync(new Order("tea", 0)).AsTask());
        var missing = await Assert.ThrowsAsync<JsonRpcException>(() => other.As<IShop>().SubtractAsync(1));

        (soldOut.Code, soldOut.Message).Should().Be((-100, "Sold out"));
        missing.Code.Should().Be(JsonRpcErrorCodes.MethodNotFound);
    }

    [Fact]
    public async Task A_cancelled_token_cancels_the_call()
    {
        using var client = ServeShop().MakeClient();
        using var cancellation = new CancellationTokenSource();

        var calling = client.As<IShop>().CloseAsync("forever", cancellation.Token);
        await EventuallyAsync(() => _shop.Lines.Contains("close forever"));
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => calling);
    }

    [Fact]
    public async Task A_sequence_streams_and_leaving_it_ends_the_method()
    {
        using var client = ServeShop().MakeClient();
        var shop = client.As<IShop>();

        var orders = new List<Order>();
        await foreach (var order in shop.OrdersAsync(3))
            orders.Add(order);
        orders.Should().Equal(new Order("item 1", 1, Level.Warning), new Order("item 2", 2, Level.Warning), new Order("item 3", 3, Level.Warning));

        await foreach (var tick in shop.TicksAsync())
        {
            if (tick == 1)
                break;
        }
        for (var i = 0; i < 60 && !_shop.TicksEnded.Task.IsCompleted; i++)
        {
            // HttpListener notices by its heartbeats.
            Clock.Advance(TimeSpan.FromSeconds(15));
            await Task.WhenAny(_shop.TicksEnded.Task, Task.Delay(100));
        }
        await _shop.TicksEnded.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_sequence_is_a_list_for_clients_without_streams_unless_it_only_streams()
    {
        var server = ServeShop();

        (await PostAsync(server, """{"jsonrpc":"2.0","method":"shop.orders","params":[1],"id":1}"""))
            .Should().Be("""{"jsonrpc":"2.0","result":[{"item":"item 1","count":1,"level":"warning"}],"id":1}""");
        (await PostAsync(server, """{"jsonrpc":"2.0","method":"shop.ticks","id":1}""")).Should().Contain("-32004");
    }

    [Fact]
    public async Task Progress_is_reported_before_the_result()
    {
        using var client = ServeShop().MakeClient();
        var reports = new List<Progress>();

        var result = await client.As<IShop>().ImportAsync(["a", "bc"], new Direct<Progress>(reports.Add));
        var alone = await client.As<IShop>().ImportAsync(["a", "bc"], null!);

        (result, alone).Should().Be((3, 3));
        reports.Should().NotBeEmpty().And.EndWith(new Progress(2, 2));
    }

    [Fact]
    public async Task Calls_of_a_batch_wait_until_it_is_sent()
    {
        using var client = ServeShop().MakeClient();
        using var batch = client.CreateBatch();
        var shop = batch.As<IShop>();

        var difference = shop.SubtractAsync(5, 2);
        var receipt = shop.PlaceAsync(new Order("tea", 0)).AsTask();
        var next = shop.NextAsync();
        await shop.LogAsync("in a batch");
        batch.Count.Should().Be(4);
        difference.IsCompleted.Should().BeFalse();
        await batch.SendAsync();

        (await difference, await next).Should().Be((3, 1));
        (await Assert.ThrowsAsync<JsonRpcException>(() => receipt)).Code.Should().Be(-100);
        _shop.Lines.Should().Equal("Info: in a batch");
    }

    [Fact]
    public async Task A_call_that_a_batch_cannot_make_is_refused_and_leaves_the_batch_intact()
    {
        using var client = ServeShop().MakeClient();
        using var batch = client.CreateBatch();
        var shop = batch.As<IShop>();
        using var cancelled = new CancellationTokenSource();

        shop.Invoking(s => s.Greet("Ann")).Should().Throw<NotSupportedException>().WithMessage("*'shop.greet'*");
        shop.Invoking(s => s.OrdersAsync(1)).Should().Throw<NotSupportedException>().WithMessage("*stream*");
        await shop.Awaiting(s => s.ImportAsync([], new Direct<Progress>(_ => { }))).Should().ThrowAsync<NotSupportedException>().WithMessage("*progress*");
        var givenUp = shop.SubtractAsync(1, 1, cancelled.Token);
        await cancelled.CancelAsync();
        var kept = shop.SubtractAsync(2, 1, CancellationToken.None);
        var never = shop.SubtractAsync(2, 1, cancelled.Token);
        await batch.SendAsync();

        batch.Count.Should().Be(2);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givenUp);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => never);
        (await kept).Should().Be(1);
    }

    [Fact]
    public async Task A_service_can_be_asked_for_with_each_call()
    {
        var made = new List<string>();
        var methods = new JsonRpcMethods().AddService<ICounter>(call =>
        {
            lock (made)
                made.Add(call.Method);
            return new Shop();
        });
        using var client = Serve(methods).MakeClient();

        (await client.As<ICounter>().NextAsync(), await client.As<ICounter>().NextAsync()).Should().Be((1, 1));

        made.Should().Equal("count.next", "count.next");
    }

    [Fact]
    public async Task Middleware_sees_the_attributes_of_the_contract()
    {
        var server = new List<(string, JsonRpcIdempotency, int)>();
        var client = new List<(string?, JsonRpcIdempotency)>();
        var methods = new JsonRpcMethods().AddService<IShop>(_shop).Use((info, next) =>
        {
            if (info.Name is "shop.subtract" or "shop.greet")
                server.Add((info.Name, info.Idempotency, info.Metadata.Count));
            return next;
        });
        var options = new JsonRpcClientOptions();
        options.Use((call, next, token) =>
        {
            client.Add((call.Method, call.Idempotency));
            return next(call, token);
        });
        using var caller = Serve(methods).MakeClient(options);

        await caller.As<IShop>().SubtractAsync(1);
        caller.As<IShop>().Greet("Ann");

        server.Should().Equal(("shop.subtract", JsonRpcIdempotency.Safe, 1), ("shop.greet", JsonRpcIdempotency.None, 0));
        client.Should().Equal(("shop.subtract", JsonRpcIdempotency.Safe), ("shop.greet", JsonRpcIdempotency.None));
    }

    [Fact]
    public void Discovery_describes_a_contract_like_the_same_functions()
    {
        var contract = new JsonRpcMethods().AddService<IShop>(_shop);
        var functions = new JsonRpcMethods()
            .Add("count.next", _shop.NextAsync)
            .Add("shop.subtract", (int minuend, [System.ComponentModel.DataAnnotations.Range(0, 100)] int subtrahend = 1, CancellationToken token = default) =>
                _shop.SubtractAsync(minuend, subtrahend, token))
            .Describe("shop.subtract", new()
            {
                Summary = "Takes one number from another.",
                Parameters = { ["minuend"] = "What to take from.", ["subtrahend"] = "What to take." },
                Result = "What is left.",
                Idempotency = JsonRpcIdempotency.Safe,
            })
            .Add("shop.place", [JsonRpcError(-100, "Sold out")] (Order order) => _shop.PlaceAsync(order))
            .Describe("shop.place", new() { Summary = "Sells what is ordered." })
            .Add("shop.greet", Greet)
            .Add("shop.say.hello", Hello)
            .Describe("shop.say.hello", new() { Summary = "Greets the world.", Result = "Always the same.", IsDeprecated = true })
            .Add("shop.close", ([JsonRpcName("class")] string @class, CancellationToken token) => _shop.CloseAsync(@class, token))
            .Add("shop.ping", _shop.PingAsync)
            .Add("shop.forget", _shop.Forget)
            .Add("shop.log", (string line, Level level = Level.Info) => _shop.LogAsync(line, level))
            .Add("shop.note", _shop.Note)
            .Add("shop.echo", (JsonNode? value) => _shop.EchoAsync(value))
            .Add("shop.half", _shop.HalfAsync)
            .Add("shop.dayAfter", DayAfterAsync)
            .Add("shop.ticks", (CancellationToken token) => _shop.TicksAsync(token))
            .Describe("shop.ticks", new() { Summary = "Never ends." })
            .Add("shop.orders", (int count, CancellationToken token) => _shop.OrdersAsync(count, token))
            .Add("shop.import", (string[] lines, IProgress<Progress> progress, CancellationToken token) => _shop.ImportAsync(lines, progress, token));

        var (said, expected) = (MethodsOf(contract), MethodsOf(functions));
        said.Should().HaveSameCount(expected);
        foreach (var (method, other) in said.Zip(expected))
            method.Should().Be(other);

        static string? Hello() => null;
        string Greet(string name, string? title = null) => _shop.Greet(name, title);
        Task<DateOnly?> DayAfterAsync(DateOnly? day, TimeSpan? more = null) => _shop.DayAfterAsync(day, more);
    }

    [Fact]
    public void Describe_takes_precedence_over_the_comments_of_the_contract()
    {
        var methods = new JsonRpcMethods().AddService<IShop>(_shop)
            .Describe("shop.subtract", new() { Summary = "Minus.", Parameters = { ["minuend"] = "From." }, Errors = { [7] = "Odd" } });
        using var client = Serve(methods).MakeClient();

        var method = client.Call("rpc.discover")!["methods"]!.AsArray().Single(m => m!["name"]!.GetValue<string>() == "shop.subtract")!;

        method["summary"]!.GetValue<string>().Should().Be("Minus.");
        method["params"]![0]!["description"]!.GetValue<string>().Should().Be("From.");
        method["params"]![1]!["description"]!.GetValue<string>().Should().Be("What to take.");
        method["result"]!["description"]!.GetValue<string>().Should().Be("What is left.");
        method["errors"]!.ToJsonString().Should().Be("""[{"code":7,"message":"Odd"}]""");
    }

    [Fact]
    public void Two_methods_of_one_name_are_refused_when_they_are_registered()
    {
        var methods = new JsonRpcMethods().Add("shop.greet", () => 1);

        methods.Invoking(m => m.AddService<IShop>(new Shop())).Should().Throw<ArgumentException>().WithMessage("*'shop.greet'*");
        methods.Invoking(m => m.AddService<ICounter>(new Shop())).Should().NotThrow("nothing of the first was registered");
    }

    [Fact]
    public async Task A_dynamic_proxy_implements_a_contract_as_any_interface()
    {
        var mock = DispatchProxy.Create<ICounter, Always>();
        using var client = Serve(new JsonRpcMethods().AddService(_ => mock)).MakeClient();

        (await client.As<ICounter>().NextAsync()).Should().Be(42);
    }

    [Fact]
    public async Task Names_in_results_follow_the_options_of_server_and_client()
    {
        var snake = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseUpper };
        var server = ServeShop(options => options.SerializerOptions = snake);
        using var client = server.MakeClient(new JsonRpcClientOptions { SerializerOptions = snake });

        (await PostAsync(server, """{"jsonrpc":"2.0","method":"shop.place","params":{"order":{"ITEM":"tea","COUNT":2,"LEVEL":0}},"id":1}"""))
            .Should().Be("""{"jsonrpc":"2.0","result":{"ITEM":"tea","TOTAL":5.0},"id":1}""");
        (await client.As<IShop>().PlaceAsync(new Order("tea", 2))).Should().Be(new Receipt("tea", 5.0m));
    }

    private HostedServer ServeShop(Action<JsonRpcServerOptions>? configure = null) => Serve(new JsonRpcMethods().AddService<IShop>(_shop), configure);

    private static async Task<string> PostAsync(HostedServer server, string body) => System.Text.Encoding.UTF8.GetString((await server.ExchangeAsync(RawRequest.Post(body))).Body);

    private List<string> MethodsOf(JsonRpcMethods methods)
    {
        using var client = Serve(methods).MakeClient();
        return [.. client.Call("rpc.discover")!["methods"]!.AsArray().Select(m => m!.ToJsonString())];
    }

    /// <summary>A proxy as mock libraries make it at run time, with the framework's own class.</summary>
    public class Always : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => Task.FromResult(42);
    }

    /// <summary>Unlike Progress of T, it reports on the calling thread.</summary>
    private sealed class Direct<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
