using System.Security.Claims;
using JsonRpcLite.Tests;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace JsonRpcLite.Hosting.Tests;

/// <summary>Rate limits in the configuration, for sets of methods and for servers of the host.</summary>
public class HostedRateLimitTests
{
    private readonly ManualClock _clock = new();

    [Theory]
    [InlineData("Sockets")]
    [InlineData("HttpListener")]
    public async Task The_configuration_limits_each_callers_calls_of_each_method(string transport)
    {
        var isAsked = 0;
        await using var host = await HostOfServers.StartAsync(
            $$"""{ "JsonRpc": { "Port": 0, "Transport": "{{transport}}", "RateLimits": { "*": 3, "order.place": 2, "a:b": 1 }, "Server": { "TrustedProxies": "127.0.0.1" } } }""",
            services => services.AddJsonRpcServer(
                configure: options => options.Server.TimeProvider = _clock,
                methods: set => set.AddMethods(methods => methods.Add("order.place", () => 1).Add("other", () => 2).Add("a:b", () => 3).Use((call, next, token) =>
                {
                    isAsked++;
                    return next(call, token);
                }))));
        using var client = CallerAt("192.0.2.1");
        using var other = CallerAt("192.0.2.2");

        foreach (var caller in new[] { client, other })
            (await CountAsync(caller, "order.place"), await CountAsync(caller, "other"), await CountAsync(caller, "a:b")).Should().Be((2, 3, 1));
        isAsked.Should().Be(12, "the limit is in front of the set's own middleware");

        var refused = (await client.Invoking(c => c.CallAsync("order.place")).Should().ThrowAsync<JsonRpcException>()).Which;
        refused.ErrorData!.ToJsonString().Should().Be("""{"retryAfterMs":500,"notRun":true}""");
        _clock.Advance(TimeSpan.FromMilliseconds(500));
        (await CountAsync(client, "order.place")).Should().Be(1);

        JsonRpcClient CallerAt(string address) => JsonRpc.MakeClient(host.Server().Address, new() { Headers = { ["X-Forwarded-For"] = address } });
    }

    [Fact]
    public async Task A_user_is_limited_wherever_it_calls_from()
    {
        await using var host = await HostOfServers.StartAsync(
            """{ "JsonRpc": { "Port": 0 } }""",
            services => services.AddJsonRpcServer(
                configure: options =>
                {
                    options.RateLimits["*"] = 2;
                    (options.Server.TimeProvider, options.Server.TrustedProxies) = (_clock, [System.Net.IPNetwork.Parse("127.0.0.1/32")]);
                    options.Server.Authenticate = (exchange, _) =>
                        ValueTask.FromResult<ClaimsPrincipal?>(new(new ClaimsIdentity([new(ClaimTypes.Name, exchange.RequestHeaders["User"]!)], "test")));
                },
                methods: set => set.AddMethods(methods => methods.Add("one", () => 1))));
        var passed = new Dictionary<string, int>();

        foreach (var user in new[] { "alice", "bob" })
        {
            passed[user] = 0;
            for (var i = 0; i < 5; i++)
            {
                using var client = JsonRpc.MakeClient(host.Server().Address, new() { Headers = { ["X-Forwarded-For"] = $"192.0.2.{i}", ["User"] = user } });
                passed[user] += await CountAsync(client, "one", calls: 1);
            }
        }

        passed.Should().Equal(new Dictionary<string, int> { ["alice"] = 2, ["bob"] = 2 });
    }

    [Fact]
    public async Task A_limit_for_an_unknown_method_is_an_error_at_startup_that_names_its_key()
    {
        var start = () => HostOfServers.StartAsync(
            """{ "JsonRpc": { "Port": 0, "RateLimits": { "order.plce": 2 } } }""",
            services => services.AddJsonRpcServer(methods: set => set.AddMethods(methods => methods.Add("order.place", () => 1))));

        (await start.Should().ThrowAsync<InvalidOperationException>()).WithMessage("JsonRpc:RateLimits:order.plce: the server has no method of this name.");
    }

    [Fact]
    public async Task A_limit_that_code_sets_below_one_is_an_error_at_startup()
    {
        var start = () => HostOfServers.StartAsync(
            """{ "JsonRpc": { "Port": 0 } }""", services => services.AddJsonRpcServer(configure: o => o.RateLimits["*"] = 0, methods: set => { }));

        (await start.Should().ThrowAsync<OptionsValidationException>()).WithMessage("JsonRpc:RateLimits:* must be at least 1; it is 0.");
    }

    [Fact]
    public async Task A_set_has_limits_of_its_own_with_the_clock_of_the_application()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["RateLimits:one"] = "2" }).Build();
        await using var host = new InMemoryHost(services =>
        {
            services.AddSingleton<TimeProvider>(_clock);
            services.AddJsonRpc().AddMethods(methods => methods.Add("one", () => 1).Add("two", () => 2))
                .UseRateLimits(configuration.GetSection("RateLimits")).UseRateLimits(new Dictionary<string, JsonRpcRate> { ["two"] = 1 });
        });

        (await CountAsync(host.Client, "one"), await CountAsync(host.Client, "two")).Should().Be((2, 1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        (await CountAsync(host.Client, "one"), await CountAsync(host.Client, "two")).Should().Be((2, 1));
    }

    [Theory]
    [InlineData("5", 5, 0.2)]
    [InlineData("10/s", 10, 0.1)]
    [InlineData(" 5 / min ", 5, 12)]
    [InlineData("100/h", 100, 36)]
    [InlineData("0.5", 1, 2)]
    [InlineData("0.0833", 1, 12.0048)]
    [InlineData("2.5", 2, 0.4)]
    [InlineData("0.5/min", 1, 120)]
    [InlineData("1/h", 1, 3600)]
    public async Task A_limit_is_a_number_per_second_or_has_a_unit(string limit, int atOnce, double secondsForOne)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["RateLimits:one"] = limit }).Build();
        await using var host = new InMemoryHost(services =>
        {
            services.AddSingleton<TimeProvider>(_clock);
            services.AddJsonRpc().AddMethods(methods => methods.Add("one", () => 1)).UseRateLimits(configuration.GetSection("RateLimits"));
        });

        (await CountAsync(host.Client, "one", calls: atOnce + 3)).Should().Be(atOnce);
        var refused = (await host.Client.Invoking(c => c.CallAsync("one")).Should().ThrowAsync<JsonRpcException>()).Which;
        ((double)refused.ErrorData!["retryAfterMs"]!).Should().BeApproximately(secondsForOne * 1000, 1.5);

        _clock.Advance(TimeSpan.FromSeconds(secondsForOne * 0.99));
        (await CountAsync(host.Client, "one")).Should().Be(0);
        _clock.Advance(TimeSpan.FromSeconds(secondsForOne * 0.02));
        (await CountAsync(host.Client, "one")).Should().Be(1);
    }

    [Fact]
    public void A_section_with_an_invalid_limit_is_an_error_that_names_its_key()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Limits:one"] = "many" }).Build();
        var set = new ServiceCollection().AddJsonRpc();

        set.Invoking(s => s.UseRateLimits(configuration.GetSection("Limits")))
            .Should().Throw<OptionsValidationException>().WithMessage("Limits:one must be a number of calls per second, or a rate such as 10/s, 5/min or 100/h; it is 'many'.");
        set.Invoking(s => s.UseRateLimits(new Dictionary<string, JsonRpcRate> { ["one"] = -1 })).Should().Throw<ArgumentOutOfRangeException>();
        set.Invoking(s => s.UseRateLimits(configuration.GetSection("Missing"))).Should().NotThrow();
    }

    private static async Task<int> CountAsync(JsonRpcClient client, string method, int calls = 6)
    {
        var passed = 0;
        for (var i = 0; i < calls; i++)
        {
            try
            {
                await client.CallAsync(method);
                passed++;
            }
            catch (JsonRpcException e) when (e.Code == JsonRpcErrorCodes.TooManyCalls)
            {
            }
        }
        return passed;
    }
}
