using System.Reflection;
using System.Security.Claims;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Tests;

/// <summary>The features that hosts use: objects for each call, filled-in parameters, copies of a registry, and which methods a caller is shown.</summary>
public class HostRegistryTests
{
    [Fact]
    public async Task A_method_is_called_on_the_object_of_its_call()
    {
        var made = 0;
        var methods = new JsonRpcMethods()
            .AddMethod("add", Method(nameof(Counter.Add)), _ => new Counter(++made))
            .AddMethod("later", Method(nameof(Counter.LaterAsync)), _ => new Counter(++made))
            .AddMethod("items", Method(nameof(Counter.ItemsAsync)), _ => new Counter(++made));
        await using var server = new InMemoryServer(methods);

        (await server.Client.CallAsync<int>("add", new[] { 10 })).Should().Be(11);
        (await server.Client.CallAsync<int>("later", new { number = 10 })).Should().Be(12);
        (await server.Client.CallAsync<int[]>("items")).Should().Equal(3, 4);
        made.Should().Be(3);
    }

    [Fact]
    public async Task A_call_is_untouched_until_code_of_the_application_runs()
    {
        var seen = new List<(string, bool)>();
        JsonRpcMiddleware See(string place) => (call, next, token) =>
        {
            seen.Add((place, call.IsUntouched));
            return next(call, token);
        };
        var methods = new JsonRpcMethods().Add("one", () => 1)
            .UseGate(See("gate")).UseGate((_, next) => (call, token) => See("made")(call, next, token))
            .Use(See("first")).UseGate(See("behind")).UseOutermost(See("host"));
        await using (var server = new InMemoryServer(methods))
        {
            for (var i = 0; i < 2; i++)
            {
                await server.Client.CallAsync("one");
                seen.Should().Equal(("host", true), ("gate", true), ("made", true), ("first", false), ("behind", false));
                seen.Clear();
            }
        }

        await using var touched = new InMemoryServer(new JsonRpcMethods().Add("one", () => 1).UseGate(See("gate")), o => o.Use(next => (exchange, token) => next(exchange, token)));
        await touched.Client.CallAsync("one");
        seen.Should().Equal(("gate", false));
    }

    [Fact]
    public async Task Behind_a_custom_handler_no_call_is_untouched()
    {
        bool? isUntouched = null;
        var handler = JsonRpc.MakeHandler(new JsonRpcMethods().Add("one", () => 1).UseGate((call, next, token) =>
        {
            isUntouched = call.IsUntouched;
            return next(call, token);
        }));
        var transport = new InMemoryTransport();
        await using var server = JsonRpc.MakeServer(0, handler, new() { Transport = transport });
        using var client = JsonRpc.MakeClient(server.Address, new() { Transport = transport.CreateClient() });

        await client.CallAsync("one");

        isUntouched.Should().BeFalse();
    }

    [Fact]
    public void A_check_sees_all_methods_that_can_be_called_and_can_fail_the_start()
    {
        var seen = new List<string>();
        var methods = new JsonRpcMethods().CheckAtStart(all => seen.AddRange(all.Select(m => m.Name))).Add("one", () => 1).AddFallback((_, _) => default);
        using (var server = JsonRpc.MakeServer(0, new JsonRpcMethods(methods), new() { Transport = new InMemoryTransport() }))
            seen.Should().Equal("one", "rpc.discover", "rpc.typescript", "");

        methods.CheckAtStart(_ => throw new InvalidOperationException("No."));
        FluentActions.Invoking(() => JsonRpc.MakeServer(0, methods, new() { Transport = new InMemoryTransport() })).Should().Throw<InvalidOperationException>().WithMessage("No.");
    }

    [Fact]
    public async Task No_object_is_made_for_parameters_that_do_not_fit()
    {
        var made = 0;
        await using var server = new InMemoryServer(new JsonRpcMethods().AddMethod("add", Method(nameof(Counter.Add)), _ => new Counter(++made)));

        var failed = await server.Client.Invoking(c => c.CallAsync<int>("add", new[] { "x" })).Should().ThrowAsync<JsonRpcException>();

        failed.Which.Code.Should().Be(JsonRpcErrorCodes.InvalidParams);
        made.Should().Be(0);
    }

    [Fact]
    public async Task An_object_that_is_missing_is_an_internal_error()
    {
        var failures = new List<JsonRpcFailure>();
        await using var server = new InMemoryServer(new JsonRpcMethods().AddMethod("add", Method(nameof(Counter.Add)), _ => null!), o => o.OnUnhandledException = failures.Add);

        (await server.Client.Invoking(c => c.CallAsync<int>("add", new[] { 1 })).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(JsonRpcErrorCodes.InternalError);
        failures.Should().ContainSingle().Which.Exception.Message.Should().Contain("There is no object to call the method 'add' on");
    }

    [Theory]
    [InlineData(nameof(Counter.Fixed), "*is static*")]
    [InlineData(nameof(Counter.Any), "*has type parameters*")]
    [InlineData(nameof(Counter.Forget), "*async void*")]
    public void A_method_that_cannot_be_called_is_refused(string name, string reason) =>
        new JsonRpcMethods().Invoking(m => m.AddMethod("x", Method(name), _ => new Counter(0))).Should().Throw<ArgumentException>().WithMessage(reason);

    [Fact]
    public async Task The_attributes_of_a_method_and_of_its_class_are_its_metadata()
    {
        var seen = new List<object>();
        var methods = new JsonRpcMethods().AddMethod("add", Method(nameof(Counter.Add)), _ => new Counter(0)).Use((info, next) =>
        {
            if (info.Name == "add")
                seen.AddRange(info.Metadata);
            return next;
        });
        await using var server = new InMemoryServer(methods);

        seen.OfType<MarkAttribute>().Select(m => m.Name).Should().BeEquivalentTo("method", "class");
    }

    [Fact]
    public async Task A_filled_parameter_cannot_be_set_by_the_caller_and_is_not_shown()
    {
        var methods = new JsonRpcMethods().Add("greet", (Clock clock, string name, Clock? second = null) => $"{name} at {clock.Time}, {second?.Time}")
            .FillParameters(parameter => parameter.ParameterType == typeof(Clock) ? call => new Clock($"{call.Method}/{parameter.Name}") : null);
        await using var server = new InMemoryServer(methods);

        (await server.Client.CallAsync<string>("greet", new[] { "Ada" })).Should().Be("Ada at greet/clock, greet/second");
        (await server.Client.CallAsync<string>("greet", new { name = "Ada" })).Should().Be("Ada at greet/clock, greet/second");
        (await server.Client.Invoking(c => c.CallAsync<string>("greet", new { name = "Ada", clock = new { time = "now" } })).Should().ThrowAsync<JsonRpcException>())
            .Which.Message.Should().Contain("there is no parameter 'clock'");
        (await server.Client.Invoking(c => c.CallAsync<string>("greet", new[] { "Ada", "Bob" })).Should().ThrowAsync<JsonRpcException>()).Which.Code
            .Should().Be(JsonRpcErrorCodes.InvalidParams);
        var shown = (await server.Client.CallAsync<JsonNode>("rpc.discover"))!["methods"]![0]!["params"]!.AsArray();
        shown.Select(p => p!["name"]!.GetValue<string>()).Should().Equal("name");
    }

    [Fact]
    public async Task Nothing_is_filled_in_before_the_callers_own_parameters_are_read()
    {
        var filled = 0;
        var methods = new JsonRpcMethods().Add("greet", (Clock clock, string name) => clock.Time + name)
            .FillParameters(p => p.ParameterType == typeof(Clock) ? _ => new Clock($"{++filled}") : null);
        await using var server = new InMemoryServer(methods);

        await server.Client.Invoking(c => c.CallAsync<string>("greet")).Should().ThrowAsync<JsonRpcException>();

        filled.Should().Be(0);
    }

    [Fact]
    public async Task A_copy_can_be_changed_when_a_server_has_started_with_the_original()
    {
        var original = new JsonRpcMethods().Add("one", () => 1);
        await using var first = new InMemoryServer(original);
        original.Invoking(m => m.Add("two", () => 2)).Should().Throw<InvalidOperationException>();

        await using var second = new InMemoryServer(new JsonRpcMethods(original).Add("two", () => 2));

        (await second.Client.CallAsync<int>("one")).Should().Be(1);
        (await second.Client.CallAsync<int>("two")).Should().Be(2);
        (await first.Client.Invoking(c => c.CallAsync<int>("two")).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(JsonRpcErrorCodes.MethodNotFound);
    }

    [Fact]
    public async Task Outermost_middleware_runs_before_middleware_that_was_added_earlier()
    {
        var order = new List<string>();
        var methods = new JsonRpcMethods().Add("one", () => 1).Use(Log("added")).UseOutermost(Log("outermost"));
        await using var server = new InMemoryServer(methods);

        await server.Client.CallAsync<int>("one");

        order.Should().Equal("outermost", "added");

        JsonRpcMiddleware Log(string name) => (call, next, token) =>
        {
            order.Add(name);
            return next(call, token);
        };
    }

    [Fact]
    public async Task A_caller_is_shown_what_it_may_call()
    {
        var methods = new JsonRpcMethods().Add("open", () => 1).Add("secret", (Order order) => order).Add("admin", () => 3).Add("last", (Order order) => order)
            .RequireUser("secret").RequireUser("admin", user => user.IsInRole("admin"));
        await using var server = new InMemoryServer(methods, o => o.Middleware.Add(next => (exchange, token) =>
        {
            exchange.User = exchange.RequestHeaders["Role"] is { } role ? new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Role, role)], "test")) : null;
            return next(exchange, token);
        }));

        (await ShownAsync(null)).Should().Equal("open", "last");
        (await ShownAsync("guest")).Should().Equal("open", "secret", "last");
        (await ShownAsync("admin")).Should().Equal("open", "secret", "admin", "last");
        (await ShownAsync(null)).Should().Equal("open", "last");

        async Task<string[]> ShownAsync(string? role)
        {
            using var client = server.MakeClient(role is null ? null : o => o.Headers["Role"] = role);
            var document = (await client.CallAsync<JsonNode>("rpc.discover"))!;
            var typeScript = (await client.CallAsync<string>("rpc.typescript"))!;
            var names = document["methods"]!.AsArray().Select(m => m!["name"]!.GetValue<string>()).ToArray();
            typeScript.Contains("admin", StringComparison.Ordinal).Should().Be(names.Contains("admin"));
            // The schemas that references point to move when methods are left out.
            var last = Array.IndexOf(names, "last");
            document["methods"]![last]!["params"]![0]!["schema"]!.ToJsonString().Should().NotContain($"#/methods/{last + 1}/");
            return names;
        }
    }

    [Fact]
    public async Task A_filter_hides_methods_but_refuses_no_call()
    {
        var methods = new JsonRpcMethods().Add("one", () => 1).Add("two", () => 2)
            .FilterDiscovery((info, call) => ValueTask.FromResult(info.Name != "two" && call.Method == "rpc.discover"));
        await using var server = new InMemoryServer(methods);

        var document = (await server.Client.CallAsync<JsonNode>("rpc.discover"))!;

        document["methods"]!.AsArray().Select(m => m!["name"]!.GetValue<string>()).Should().Equal("one");
        (await server.Client.CallAsync<int>("two")).Should().Be(2);
    }

    private static MethodInfo Method(string name) => typeof(Counter).GetMethod(name)!;

    [AttributeUsage(AttributeTargets.All)]
    private sealed class MarkAttribute(string name) : Attribute
    {
        public string Name => name;
    }

    private sealed record Clock(string Time);

    private sealed record Order(string Name, Order? Next);

    [Mark("class")]
    private sealed class Counter(int start)
    {
        public static int Fixed() => 0;

        [Mark("method")]
        public int Add(int number) => start + number;

        public async Task<int> LaterAsync(int number)
        {
            await Task.Yield();
            return start + number;
        }

        public async IAsyncEnumerable<int> ItemsAsync()
        {
            await Task.Yield();
            yield return start;
            yield return start + 1;
        }

        public T Any<T>(T value) => value;

        public async void Forget() => await Task.Yield();
    }

    /// <summary>A server in memory, and a client for it.</summary>
    private sealed class InMemoryServer : IAsyncDisposable
    {
        private readonly InMemoryTransport _transport = new();
        private readonly JsonRpcServer _server;

        public InMemoryServer(JsonRpcMethods methods, Action<JsonRpcServerOptions>? configure = null)
        {
            var options = new JsonRpcServerOptions { Transport = _transport };
            configure?.Invoke(options);
            _server = JsonRpc.MakeServer(0, methods, options);
            Client = MakeClient();
        }

        public JsonRpcClient Client { get; }

        public JsonRpcClient MakeClient(Action<JsonRpcClientOptions>? configure = null)
        {
            var options = new JsonRpcClientOptions { Transport = _transport.CreateClient() };
            configure?.Invoke(options);
            return JsonRpc.MakeClient(_server.Address, options);
        }

        public async ValueTask DisposeAsync()
        {
            Client.Dispose();
            await _server.DisposeAsync();
        }
    }
}
