using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace JsonRpcLite.Hosting.Tests;

/// <summary>Methods of classes and contracts that are made by a container, with a scope for each call.</summary>
public class MethodSetTests
{
    [Fact]
    public async Task The_public_methods_of_a_class_are_methods_of_the_server()
    {
        await using var host = new InMemoryHost(services =>
        {
            services.AddSingleton<Prices>();
            services.AddJsonRpc().AddMethods<Orders>("order.");
        });

        var names = (await host.Client.CallAsync<JsonNode>("rpc.discover"))!["methods"]!.AsArray().Select(m => m!["name"]!.GetValue<string>());

        names.Should().BeEquivalentTo("order.place", "order.cancel!", "order.count", "order.inherited");
        (await host.Client.CallAsync<int>("order.place", new { amount = 3 })).Should().Be(30);
        (await host.Client.CallAsync<int>("order.count", new[] { 2 })).Should().Be(20);
    }

    [Fact]
    public async Task Parameters_of_the_types_of_services_are_filled_in()
    {
        await using var host = new InMemoryHost(services =>
        {
            services.AddSingleton<Prices>();
            services.AddKeyedSingleton("half", new Prices { Each = 5 });
            services.AddJsonRpc().AddMethods(methods => methods
                .Add("price", (Prices prices, int amount) => prices.Each * amount)
                .Add("half", ([FromKeyedServices("half")] Prices prices, int amount) => prices.Each * amount)
                .Add("none", ([FromKeyedServices("none")] Prices? prices) => prices is null)
                .Add("user", (ClaimsPrincipal user) => user.Identity!.IsAuthenticated)
                .Add("sum", (IEnumerable<int> numbers) => numbers.Sum()));
        });

        (await host.Client.CallAsync<int>("price", new { amount = 2 })).Should().Be(20);
        (await host.Client.CallAsync<int>("half", new { amount = 2 })).Should().Be(10);
        (await host.Client.CallAsync<bool>("none")).Should().BeTrue();
        (await host.Client.CallAsync<bool>("user")).Should().BeFalse();
        (await host.Client.CallAsync<int>("sum", new { numbers = new[] { 1, 2 } })).Should().Be(3, "any container says that it has any sequence");
        var refused = await host.Client.Invoking(c => c.CallAsync<int>("price", new { amount = 2, prices = new { each = 0 } })).Should().ThrowAsync<JsonRpcException>();
        refused.Which.Message.Should().Contain("there is no parameter 'prices'");
    }

    [Fact]
    public async Task Each_call_has_a_scope_of_its_own_and_so_has_each_entry_of_a_batch()
    {
        var scopes = new Scopes();
        await using var host = new InMemoryHost(services =>
        {
            services.AddSingleton(scopes);
            services.AddScoped<Scoped>();
            services.AddJsonRpc(options => options.Protocol.MaxBatchParallelism = 4).AddMethods<ScopedMethods>();
        });

        (await host.Client.CallAsync<bool>("isOne")).Should().BeTrue("within a call it is one object");
        var batch = host.Client.CreateBatch();
        var calls = Enumerable.Range(0, 40).Select(_ => batch.CallAsync<bool>("isOne")).ToList();
        await batch.SendAsync();

        (await Task.WhenAll(calls)).Should().OnlyContain(isOne => isOne);
        scopes.Made.Should().Be(41);
        scopes.Ended.Should().Be(41);
        scopes.Crossed.Should().Be(0, "no object is used by two calls at once");
    }

    [Fact]
    public async Task A_scope_is_made_when_a_call_asks_for_services_and_ends_also_when_the_call_fails()
    {
        var scopes = new Scopes();
        await using var host = new InMemoryHost(services =>
        {
            services.AddSingleton(scopes);
            services.AddScoped<Scoped>();
            services.AddJsonRpc(o => o.OnUnhandledException = _ => { }).AddMethods(methods => methods
                .Add("has", (JsonRpcCall call) => call.HasServices)
                .Add("throw", int (Scoped scoped) => throw new InvalidOperationException())
                .Add("forget", (JsonRpcCall call) =>
                {
                    var isThere = call.Services!.GetRequiredService<Scoped>() is not null;
                    call.Services = null;
                    return isThere;
                }));
        });

        (await host.Client.CallAsync<bool>("has")).Should().BeFalse();
        scopes.Made.Should().Be(0);
        await host.Client.Invoking(c => c.CallAsync<int>("throw")).Should().ThrowAsync<JsonRpcException>();
        (await host.Client.CallAsync<bool>("forget")).Should().BeTrue();
        (scopes.Made, scopes.Ended).Should().Be((2, 2));
    }

    [Fact]
    public async Task The_scope_of_a_stream_ends_with_the_stream()
    {
        var scopes = new Scopes();
        await using var host = new InMemoryHost(services =>
        {
            services.AddSingleton(scopes);
            services.AddScoped<Scoped>();
            services.AddJsonRpc().AddMethods<ScopedMethods>();
        });

        var seen = new List<bool>();
        await foreach (var isAlive in host.Client.CallStreamAsync<bool>("stream"))
            seen.Add(isAlive);

        seen.Should().Equal(true, true, true);
        scopes.Ended.Should().Be(1);
    }

    [Fact]
    public async Task A_contract_is_served_by_a_class_with_services()
    {
        IReadOnlyList<object>? metadata = null;
        await using var host = new InMemoryHost(services =>
        {
            services.AddSingleton<Prices>();
            services.AddJsonRpc().AddService<IShop, Shop>().AddMethods(methods => methods.Use((info, next) =>
            {
                if (info.Name == "shop.price")
                    metadata = info.Metadata;
                return next;
            }));
        });

        (await host.Client.As<IShop>().PriceAsync(2)).Should().Be(20);
        metadata!.OfType<MarkAttribute>().Select(m => m.Name).Should().BeEquivalentTo("interface", "contract's method", "class", "method");
    }

    [Fact]
    public async Task Middleware_is_made_by_the_services_of_the_call()
    {
        var scopes = new Scopes();
        await using var host = new InMemoryHost(services =>
        {
            services.AddSingleton(scopes);
            services.AddScoped<Scoped>();
            services.AddJsonRpc().AddMiddleware<Remembering>().AddMethods<ScopedMethods>();
        });

        (await host.Client.CallAsync<int>("remembered")).Should().Be(7);
    }

    [Fact]
    public async Task Unexpected_exceptions_go_to_the_logs()
    {
        var log = new ListLogger();
        await using var host = new InMemoryHost(services =>
        {
            services.AddLogging(logging => logging.AddProvider(log));
            services.AddJsonRpc().AddMethods(methods => methods.Add("fail", int () => throw new InvalidOperationException("inside")));
        });

        var failed = await host.Client.Invoking(c => c.CallAsync<int>("fail")).Should().ThrowAsync<JsonRpcException>();

        var id = failed.Which.ErrorData!["id"]!.GetValue<string>();
        var entry = log.Entries.Should().ContainSingle(e => e.Level == LogLevel.Error).Which;
        entry.Text.Should().Contain(id).And.Contain("fail");
        entry.Exception!.Message.Should().Be("inside");
    }

    [Fact]
    public void A_set_that_was_not_added_is_an_error_that_names_the_call()
    {
        using var services = new ServiceCollection().AddJsonRpc("a").Services.BuildServiceProvider();

        var factory = services.GetRequiredService<JsonRpcServerFactory>();

        factory.Invoking(f => f.MakeMethods()).Should().Throw<InvalidOperationException>().WithMessage("*builder.Services.AddJsonRpc().");
        factory.Invoking(f => f.MakeOptions("b")).Should().Throw<InvalidOperationException>().WithMessage("*named 'b'*AddJsonRpc(\"b\").");
        factory.Invoking(f => f.MakeMethods("a")).Should().NotThrow();
    }

    [Fact]
    public void A_parameter_that_is_neither_a_value_nor_a_service_is_an_error_at_startup()
    {
        var start = () => new InMemoryHost(services => services.AddJsonRpc().AddMethods(methods => methods.Add("x", (Stream stream) => stream.Length)));

        start.Should().Throw<NotSupportedException>().WithMessage("*'x'*Stream*");
    }

    [Fact]
    public void Overloads_are_an_error()
    {
        var start = () => new InMemoryHost(services => services.AddJsonRpc().AddMethods<Overloaded>());

        start.Should().Throw<ArgumentException>().WithMessage("There is already a method 'say'.*");
    }

    [Fact]
    public async Task A_constructor_that_fails_is_an_internal_error()
    {
        await using var host = new InMemoryHost(services => services.AddJsonRpc(o => o.OnUnhandledException = _ => { }).AddMethods<Broken>());

        var failed = await host.Client.Invoking(c => c.CallAsync<int>("number")).Should().ThrowAsync<JsonRpcException>();

        failed.Which.Code.Should().Be(JsonRpcErrorCodes.InternalError);
        failed.Which.Message.Should().NotContain("inside");
    }

    internal sealed class Prices
    {
        public int Each { get; init; } = 10;
    }

    internal abstract class OrdersBase
    {
        public int Inherited() => 1;
    }

    internal sealed class Orders(Prices prices) : OrdersBase, IDisposable
    {
        public string Currency { get; set; } = "EUR";

        public static int Helper() => 0;

        public Task<int> PlaceAsync(int amount) => Task.FromResult(amount * prices.Each);

        [JsonRpcName("cancel!")]
        public bool Cancel(int id) => id > 0;

        public int Count(Prices other, int amount) => amount * other.Each;

        [JsonRpcIgnore]
        public int Secret() => 42;

        public void Dispose()
        {
        }
    }

    internal sealed class Scopes
    {
        private int _made, _ended, _crossed;

        public int Made => _made;

        public int Ended => _ended;

        public int Crossed => _crossed;

        public void OnMade() => Interlocked.Increment(ref _made);

        public void OnEnded() => Interlocked.Increment(ref _ended);

        public void OnCrossed() => Interlocked.Increment(ref _crossed);
    }

    internal sealed class Scoped : IDisposable
    {
        private readonly Scopes _scopes;
        private int _users;

        public Scoped(Scopes scopes)
        {
            _scopes = scopes;
            scopes.OnMade();
        }

        public int Remembered { get; set; }

        public bool IsDisposed { get; private set; }

        public async Task UseAsync()
        {
            if (Interlocked.Increment(ref _users) != 1)
                _scopes.OnCrossed();
            await Task.Yield();
            Interlocked.Decrement(ref _users);
        }

        public void Dispose()
        {
            IsDisposed = true;
            _scopes.OnEnded();
        }
    }

    internal sealed class ScopedMethods(Scoped scoped)
    {
        public async Task<bool> IsOneAsync(Scoped other, JsonRpcCall call)
        {
            await scoped.UseAsync();
            return scoped == other && call.Services!.GetRequiredService<Scoped>() == other;
        }

        public int Remembered() => scoped.Remembered;

        public async IAsyncEnumerable<bool> StreamAsync()
        {
            for (var i = 0; i < 3; i++)
            {
                await Task.Yield();
                yield return !scoped.IsDisposed;
            }
        }
    }

    internal sealed class Remembering(Scoped scoped) : IJsonRpcMiddleware
    {
        public ValueTask InvokeAsync(JsonRpcCall call, JsonRpcMethod next, CancellationToken cancellationToken)
        {
            scoped.Remembered = 7;
            return next(call, cancellationToken);
        }
    }

    [Mark("class")]
    internal sealed class Shop(Prices prices) : IShop
    {
        [Mark("method")]
        public Task<int> PriceAsync(int amount) => Task.FromResult(amount * prices.Each);
    }

    internal sealed class Overloaded
    {
        public int Say() => 1;

        public int Say(int number) => number;
    }

    internal sealed class Broken
    {
        public Broken() => throw new InvalidOperationException("inside");

        public int Number() => 1;
    }
}

/// <summary>A contract for the tests.</summary>
[Mark("interface")]
[JsonRpcContract("shop.")]
internal partial interface IShop
{
    [Mark("contract's method")]
    Task<int> PriceAsync(int amount);
}

[AttributeUsage(AttributeTargets.All)]
internal sealed class MarkAttribute(string name) : Attribute
{
    public string Name => name;
}
