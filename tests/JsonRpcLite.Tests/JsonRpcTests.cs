using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>
/// The shapes of the front door, each exactly as a user writes it, so that an overload that makes one of them ambiguous breaks the build here.
/// </summary>
public class JsonRpcTests
{
    private static JsonNode? Foo(JsonNode? command) => new JsonObject { ["echo"] = command };

    private static Task<JsonNode?> FooAsync(JsonNode? command) => Task.FromResult(Foo(command));

    private static Task<JsonNode?> FooWithTokenAsync(JsonNode? command, CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled ? FooAsync(command) : throw new InvalidOperationException("The token is a real one.");

    private static int Double(int number) => 2 * number;

    private static Receipt Place(Order order) => new(order.Item, order.Count * 2.5m);

    private static async Task<Receipt> PlaceAsync(Order order)
    {
        await Task.Yield();
        return Place(order);
    }

    private static Task<Receipt> PlaceWithTokenAsync(Order order, CancellationToken cancellationToken) => PlaceAsync(order);

    [Fact]
    public void A_method_group()
    {
        using var server = MakeServer(0, Foo);

        Call(server, 1).Should().Be("""{"echo":1}""");
    }

    [Fact]
    public void An_async_method_group()
    {
        using var server = MakeServer(0, FooAsync);

        Call(server, 1).Should().Be("""{"echo":1}""");
    }

    [Fact]
    public void A_method_group_with_a_token()
    {
        using var server = MakeServer(0, FooWithTokenAsync);

        Call(server, 1).Should().Be("""{"echo":1}""");
    }

    [Fact]
    public void Named_arguments_as_in_the_first_specification()
    {
        using var server = MakeServer(port: 0, func: Foo);

        Call(server, 1).Should().Be("""{"echo":1}""");
    }

    [Fact]
    public void A_lambda()
    {
        using var server = MakeServer(0, (JsonNode? command) => new JsonObject { ["echo"] = command });

        Call(server, "x").Should().Be("""{"echo":"x"}""");
    }

    [Fact]
    public void A_function_without_parameters()
    {
        using var now = MakeServer(0, () => 1);
        using var later = MakeServer(0, async () =>
        {
            await Task.Yield();
            return 2;
        });
        using var group = MakeServer(0, Nothing);
        using var inside = MakeServer(0, MakeHandler(() => new { a = 4 }));
        using var insideLater = MakeServer(0, MakeHandler(() => Task.FromResult(5)));

        Call(now, null).Should().Be("1");
        Call(later, new { ignored = true }).Should().Be("2");
        Call(group, 7).Should().Be("3");
        Call(inside, 7).Should().Be("""{"a":4}""");
        Call(insideLater, 7).Should().Be("5");

        static int Nothing() => 3;
    }

    [Fact]
    public void A_lambda_without_types()
    {
        using var server = MakeServer(0, command => command?["a"]);

        Call(server, new { a = 1 }).Should().Be("1");
    }

    [Fact]
    public void A_lambda_that_returns_null()
    {
        using var server = MakeServer(0, x => null);

        Call(server, 1).Should().BeNull();
    }

    [Fact]
    public void A_lambda_that_returns_its_argument()
    {
        using var server = MakeServer(0, x => x);

        Call(server, 1).Should().Be("1");
    }

    [Fact]
    public void A_typed_lambda_that_returns_null()
    {
        using var server = MakeServer(0, (JsonNode? c) => null);

        Call(server, 1).Should().BeNull();
    }

    [Fact]
    public void A_lambda_that_throws()
    {
        using var server = MakeServer(0, x => throw new JsonRpcException(1, "no"));

        FluentActions.Invoking(() => Call(server, 1)).Should().Throw<JsonRpcException>().WithMessage("no");
    }

    [Fact]
    public void An_async_lambda()
    {
        using var server = MakeServer(0, async (JsonNode? command) =>
        {
            await Task.Yield();
            return Foo(command);
        });

        Call(server, 1).Should().Be("""{"echo":1}""");
    }

    [Fact]
    public void An_async_lambda_with_a_token()
    {
        using var server = MakeServer(0, async (JsonNode? command, CancellationToken token) =>
        {
            await Task.Delay(1, token);
            return Foo(command);
        });

        Call(server, 1).Should().Be("""{"echo":1}""");
    }

    [Fact]
    public void A_typed_lambda()
    {
        using var server = MakeServer(0, (Order order) => new Receipt(order.Item, order.Count * 2.5m));
        using var client = MakeClient(server.Address);

        client.Command<Receipt>(new Order("tea", 4)).Should().Be(new Receipt("tea", 10.0m));
        client.Command<Order, Receipt>(new Order("tea", 4)).Should().Be(new Receipt("tea", 10.0m));
    }

    [Fact]
    public void A_typed_lambda_of_simple_values()
    {
        using var server = MakeServer(0, (int n) => n * 2);
        using var client = MakeClient(server.Address);

        client.Command<int>(21).Should().Be(42);
        client.Command<int, int>(21).Should().Be(42);
    }

    [Fact]
    public void A_typed_method_group()
    {
        using var server = MakeServer<int, int>(0, Double);
        using var orders = MakeServer<Order, Receipt>(0, Place);

        Call(server, 21).Should().Be("42");
        Call(orders, new Order("tea", 2)).Should().Be("""{"item":"tea","total":5.0}""");
    }

    [Fact]
    public void A_typed_async_lambda()
    {
        using var server = MakeServer(0, async (Order order) => await PlaceAsync(order));

        Call(server, new Order("tea", 2)).Should().Be("""{"item":"tea","total":5.0}""");
    }

    [Fact]
    public void A_typed_async_method_group()
    {
        using var server = MakeServer<Order, Receipt>(0, PlaceAsync);

        Call(server, new Order("tea", 2)).Should().Be("""{"item":"tea","total":5.0}""");
    }

    [Fact]
    public void A_typed_async_lambda_with_a_token()
    {
        using var server = MakeServer(0, async (Order order, CancellationToken token) => await PlaceWithTokenAsync(order, token));
        using var group = MakeServer<Order, Receipt>(0, PlaceWithTokenAsync);

        Call(server, new Order("tea", 2)).Should().Be("""{"item":"tea","total":5.0}""");
        Call(group, new Order("tea", 2)).Should().Be("""{"item":"tea","total":5.0}""");
    }

    [Fact]
    public void A_raw_handler()
    {
        using var server = MakeServer(0, (exchange, token) =>
        {
            exchange.ResponseBody.Write("\"raw\""u8);
            return default;
        });

        Call(server, 1).Should().Be("\"raw\"");
    }

    [Fact]
    public void An_async_raw_handler()
    {
        using var server = MakeServer(0, async (HttpExchange exchange, CancellationToken token) =>
        {
            var body = await exchange.ReadBodyAsync(token);
            exchange.ResponseBody.Write(body.Span);
        });

        Call(server, 1).Should().Be("1");
    }

    [Fact]
    public void A_function_inside_a_raw_handler()
    {
        var echo = MakeHandler(Foo);
        var twice = MakeHandler((int n) => n * 2);
        var place = MakeHandler<Order, Receipt>(PlaceAsync);
        using var server = MakeServer(0, (exchange, token) => exchange.Path switch
        {
            "/twice" => twice(exchange, token),
            "/place" => place(exchange, token),
            _ => echo(exchange, token),
        });
        using var client = MakeClient(new Uri(server.Address, "/twice"));

        client.Command<int>(4).Should().Be(8);
        Call(server, 1).Should().Be("""{"echo":1}""");
    }

    [Fact]
    public void Options_in_the_same_call()
    {
        using var server = MakeServer(0, Foo, new() { Limits = { MaxConcurrentCalls = 3 } });
        using var client = MakeClient(server.Address.Port, new() { Timeout = TimeSpan.FromSeconds(20), Headers = { ["X-Trace"] = "1" } });

        client.Command(1)!.ToJsonString().Should().Be("""{"echo":1}""");
    }

    [Fact]
    public async Task Every_shape_of_command_asynchronously()
    {
        await using var server = MakeServer(0, (Order order) => Place(order));
        using var client = MakeClient(server.Address);

        (await client.CommandAsync(new { item = "tea", count = 2 }))!["total"]!.ToJsonString().Should().Be("5.0");
        (await client.CommandAsync<Receipt>(new { item = "tea", count = 2 }, CancellationToken.None)).Total.Should().Be(5.0m);
        (await client.CommandAsync<Order, Receipt>(new Order("tea", 2))).Item.Should().Be("tea");
    }

    [Fact]
    public void A_result_that_is_a_task_is_refused_with_the_fix()
    {
        var task = () => MakeServer<int, Task>(0, n => Task.FromResult(n));
        var valueTask = () => MakeServer<int, ValueTask<int>>(0, n => new ValueTask<int>(n));
        var nested = () => MakeHandler<int, Task<Task<int>>>(n => Task.FromResult(Task.FromResult(n)));

        task.Should().Throw<ArgumentException>().WithMessage("*Task*both type arguments*");
        valueTask.Should().Throw<ArgumentException>().WithMessage("*ValueTask*both type arguments*");
        nested.Should().Throw<ArgumentException>();
    }

    [Fact]
    public void A_tuple_that_would_be_an_empty_object_is_refused()
    {
        var result = () => MakeServer(0, (int n) => (n, n));
        var argument = () => MakeServer(0, ((int A, int B) pair) => pair.A);

        result.Should().Throw<NotSupportedException>().WithMessage("*{}*record*");
        argument.Should().Throw<NotSupportedException>();
    }

    [Fact]
    public void A_tuple_inside_an_object_is_refused_and_not_sent_empty()
    {
        using var server = MakeServer(0, Foo);

        FluentActions.Invoking(() => Call(server, new { pair = (1, 2) })).Should().Throw<NotSupportedException>().WithMessage("*{}*");
    }

    [Fact]
    public void A_clients_transport_serves_one_client()
    {
        using var transport = new HttpClientTransport();
        using var client = MakeClient(1, new() { Transport = transport });

        FluentActions.Invoking(() => MakeClient(1, new() { Transport = transport })).Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void A_tuple_as_a_command_goes_by_position()
    {
        using var server = MakeServer(0, Foo);

        Call(server, (1, "two", new { three = 3 })).Should().Be("""{"echo":[1,"two",{"three":3}]}""");
    }

    [Fact]
    public void The_declared_type_keeps_the_discriminator_and_the_run_time_type_does_not()
    {
        using var server = MakeServer(0, x => x);
        using var client = MakeClient(server.Address);

        client.Command<Shape, JsonNode>(new Circle(1)).ToJsonString().Should().Be("""{"$type":"circle","radius":1}""");
        client.Command(new Circle(1))!.ToJsonString().Should().Be("""{"radius":1}""");
    }

    [Fact]
    public void An_invalid_function_address_or_port_is_refused_at_once()
    {
        FluentActions.Invoking(() => MakeServer(0, (Func<JsonNode?, JsonNode?>)null!)).Should().Throw<ArgumentNullException>().WithParameterName("func");
        FluentActions.Invoking(() => MakeServer(0, (HttpExchangeHandler)null!)).Should().Throw<ArgumentNullException>().WithParameterName("handler");
        FluentActions.Invoking(() => MakeServer(-1, Foo)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("port");
        FluentActions.Invoking(() => MakeServer(65536, Foo)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("port");
        FluentActions.Invoking(() => MakeClient(0)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("port");
        FluentActions.Invoking(() => MakeClient((Uri)null!)).Should().Throw<ArgumentNullException>().WithParameterName("address");
        FluentActions.Invoking(() => MakeClient(new Uri("ftp://localhost/"))).Should().Throw<ArgumentException>().WithMessage("*ftp://localhost/*");
        FluentActions.Invoking(() => MakeClient(new Uri("/relative", UriKind.Relative))).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Port_0_gives_each_server_a_port_of_its_own()
    {
        using var one = MakeServer(0, x => 1);
        using var two = MakeServer(0, x => 2);

        one.Address.Port.Should().NotBe(two.Address.Port).And.BePositive();
        Call(one, 0).Should().Be("1");
        Call(two, 0).Should().Be("2");
    }

    [Fact]
    public async Task A_handler_says_once_that_an_exchange_of_the_programs_own_is_not_guarded()
    {
        var original = Console.Error;
        var said = new StringWriter();
        Console.SetError(TextWriter.Synchronized(said));
        try
        {
            // An exchange that passes through a server, or that the program declares as guarded, causes no notice.
            var inside = MakeHandler((JsonNode? x) => x);
            using (var server = MakeServer(0, inside))
                Call(server, 1).Should().Be("1");
            await AskAsync(MakeHandler((JsonNode? x) => x, new() { IsGuarded = true }));
            said.ToString().Should().NotContain("MakeHandler");

            foreach (var handler in new[] { MakeHandler((JsonNode? x) => x), MakeHandler(new JsonRpcMethods().Add("m", () => 1)), inside })
            {
                said.GetStringBuilder().Clear();
                await AskAsync(handler);
                await AskAsync(handler);
                said.ToString().Trim().Should().StartWith("JsonRpcLite: a handler of MakeHandler").And.Contain("cross-site").And.Contain("Host")
                    .And.Contain("IsGuarded = true").And.NotContain("\n");
            }
        }
        finally
        {
            Console.SetError(original);
        }

        static async Task AskAsync(HttpExchangeHandler handler)
        {
            var exchange = new HttpExchange { Method = "POST", Target = "/", RequestBody = "1"u8.ToArray() };
            await handler(exchange, CancellationToken.None);
            exchange.StatusCode.Should().Be(200);
        }
    }

    [Fact]
    public void A_busy_port_is_an_IOException_that_names_it()
    {
        using var server = MakeServer(0, x => 1);
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        var foreignPort = ((IPEndPoint)other.LocalEndPoint!).Port;

        foreach (var port in new[] { server.Address.Port, foreignPort })
            FluentActions.Invoking(() => MakeServer(port, x => 2)).Should().Throw<IOException>().WithMessage($"Cannot listen on port {port}*").Which.Message.Should()
                .EndWith(". Another program, or another server in this one, is using it. Stop it, or choose another port.")
                .And.NotMatchRegex(@"\.\s*\.");
        Call(server, 0).Should().Be("1", "the first server is not disturbed");
    }

    [Fact]
    public void A_stopped_servers_port_is_free_again()
    {
        var port = 0;
        for (var round = 0; round < 5; round++)
        {
            using var server = MakeServer(port, x => round);
            port = server.Address.Port;
            Call(server, 0).Should().Be($"{round}");
        }
    }

    [Fact]
    public void A_transport_serves_one_server()
    {
        var transport = new InMemoryTransport();
        using var server = MakeServer(0, Foo, new() { Transport = transport });

        FluentActions.Invoking(() => MakeServer(0, Foo, new() { Transport = transport })).Should().Throw<InvalidOperationException>();
    }

    private static string? Call(JsonRpcServer server, object? command)
    {
        using var client = MakeClient(server.Address.Port);
        return client.Command(command)?.ToJsonString(new() { Encoder = Utf8TextEncoder.Instance });
    }

    private sealed record Order(string Item, int Count);

    private sealed record Receipt(string Item, decimal Total);

    [System.Text.Json.Serialization.JsonDerivedType(typeof(Circle), "circle")]
    private record Shape;

    private sealed record Circle(int Radius) : Shape;
}
