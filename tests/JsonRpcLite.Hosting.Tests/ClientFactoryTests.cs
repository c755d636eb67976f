using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;

namespace JsonRpcLite.Hosting.Tests;

/// <summary>Clients whose requests go through IHttpClientFactory.</summary>
public sealed class ClientFactoryTests : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _arrived = [];
    private readonly JsonRpcServer _server;

    /// <summary>The first requests are answered 503, as by a load balancer without a server.</summary>
    private int _failures;

    public ClientFactoryTests()
    {
        var methods = new JsonRpcMethods().Add("stock.count", (JsonRpcCall call, string item) => 12).Add("stock.set", () => true).Add("stock.take", () => 11)
            .Add("version", (JsonRpcCall call) =>
            $"{call.Exchange.RequestHeaders["X-Default"]} {call.Exchange.RequestHeaders["X-Handler"]} {call.Exchange.RequestHeaders["Cookie"]}");
        var options = new JsonRpcServerOptions().Use(next => async (exchange, token) =>
        {
            _arrived.Enqueue(exchange.RequestHeaders["X-Handler"] ?? "");
            if (Interlocked.Decrement(ref _failures) >= 0)
            {
                exchange.Reply(503, "text/plain", "no server");
                return;
            }
            if (exchange.Path == "/moved")
            {
                exchange.ResponseHeaders["Location"] = "/";
                exchange.Reply(307, "text/plain", "");
                return;
            }
            exchange.AddStandingHeader("Set-Cookie", "a=b");
            await next(exchange, token);
        });
        _server = JsonRpc.MakeServer(0, methods, options);
    }

    public async ValueTask DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task A_client_is_a_singleton_with_its_name_as_the_key()
    {
        await using var services = Build(s => s.AddJsonRpcClient("shop", _server.Address));

        var client = services.GetRequiredKeyedService<JsonRpcClient>("shop");

        (await client.CallAsync<int>("stock.count", new { item = "tea" })).Should().Be(12);
        services.GetRequiredKeyedService<JsonRpcClient>("shop").Should().BeSameAs(client);
        client.Address.Should().Be(_server.Address);
    }

    [Fact]
    public async Task A_contract_is_a_service_that_makes_calls()
    {
        await using var services = Build(s => s.AddJsonRpcClient<IStock>(_server.Address));

        (await services.GetRequiredService<IStock>().CountAsync("tea")).Should().Be(12);
        services.GetRequiredService<IStock>().Should().BeSameAs(services.GetRequiredService<IStock>());
    }

    [Fact]
    public async Task The_address_may_be_the_base_address_of_the_HttpClient()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Shop:Address", _server.Address.ToString())]).Build();
        await using var services = Build(s =>
        {
            s.AddJsonRpcClient<IStock>().ConfigureHttpClient(http => http.BaseAddress = new Uri(configuration["Shop:Address"]!));
            s.AddJsonRpcClient("none");
        });

        (await services.GetRequiredService<IStock>().CountAsync("tea")).Should().Be(12);
        services.Invoking(s => s.GetRequiredKeyedService<JsonRpcClient>("none")).Should().Throw<InvalidOperationException>()
            .WithMessage("The client 'none' has no address.*BaseAddress*");
    }

    [Fact]
    public async Task Handlers_are_renewed_while_the_client_stays()
    {
        var made = 0;
        await using var services = Build(s => s.AddJsonRpcClient("shop", _server.Address)
            .AddHttpMessageHandler(() => new Naming($"handler {++made}"))
            // The minimum that the factory allows.
            .SetHandlerLifetime(TimeSpan.FromSeconds(1)));
        var client = services.GetRequiredKeyedService<JsonRpcClient>("shop");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));

        await client.CallAsync("stock.set");
        await client.CallAsync("stock.set");
        _arrived.Should().Equal(["handler 1", "handler 1"], "a handler serves many calls");

        // The factory uses its own clock, and has no event for a renewed handler.
        while (made < 2)
            await client.CallAsync("stock.set", cancellationToken: patience.Token);
        _arrived.Last().Should().Be("handler 2");
    }

    [Fact]
    public async Task Settings_of_the_builder_apply_to_calls()
    {
        await using var services = Build(s => s.AddJsonRpcClient("shop", _server.Address)
            .ConfigureHttpClient(http => http.DefaultRequestHeaders.Add("X-Default", "every call"))
            .AddHttpMessageHandler(() => new Naming("a handler")));
        var client = services.GetRequiredKeyedService<JsonRpcClient>("shop");

        (await client.CallAsync<string>("version")).Should().Be("every call a handler ");
        (await client.CallAsync<string>("version")).Should().Be("every call a handler ", "cookies are not kept");
    }

    [Fact]
    public async Task Calls_use_the_HTTP_version_of_the_HttpClient()
    {
        var seen = new Seeing();
        await using var services = Build(s => s.AddJsonRpcClient("shop", _server.Address)
            .ConfigureHttpClient(http => (http.DefaultRequestVersion, http.DefaultVersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower))
            .AddHttpMessageHandler(() => seen));

        await services.GetRequiredKeyedService<JsonRpcClient>("shop").CallAsync("stock.set");

        (seen.Version, seen.Policy).Should().Be((HttpVersion.Version20, HttpVersionPolicy.RequestVersionOrLower));
    }

    [Fact]
    public async Task Redirects_are_not_followed()
    {
        await using var services = Build(s => s.AddJsonRpcClient("shop", new Uri(_server.Address, "moved")));

        var call = () => services.GetRequiredKeyedService<JsonRpcClient>("shop").CallAsync("stock.set");

        (await call.Should().ThrowAsync<HttpRequestException>()).Which.StatusCode.Should().Be(HttpStatusCode.TemporaryRedirect);
        _arrived.Should().ContainSingle();
    }

    [Fact]
    public async Task Only_the_clients_time_out_applies()
    {
        var seen = new Hanging();
        await using var services = Build(s => s
            .ConfigureHttpClientDefaults(http => http.ConfigureHttpClient(client => client.Timeout = TimeSpan.FromMilliseconds(1)))
            .AddJsonRpcClient("shop", _server.Address, (_, options) => options.Timeout = TimeSpan.FromMilliseconds(300))
            .AddHttpMessageHandler(() => seen));

        var call = () => services.GetRequiredKeyedService<JsonRpcClient>("shop").CallAsync("stock.set");

        (await call.Should().ThrowAsync<TaskCanceledException>()).WithInnerException<TimeoutException>().WithMessage("*0.3 s*");
    }

    [Fact]
    public async Task Options_are_made_with_services_and_have_no_transport()
    {
        await using var services = Build(s =>
        {
            s.AddSingleton(new Key("every call"));
            s.AddJsonRpcClient("shop", _server.Address, (provider, options) => options.Headers["X-Default"] = provider.GetRequiredService<Key>().Text);
            s.AddJsonRpcClient("wrong", _server.Address, (_, options) => options.Transport = new HttpClientTransport());
        });

        (await services.GetRequiredKeyedService<JsonRpcClient>("shop").CallAsync<string>("version")).Should().StartWith("every call");
        services.Invoking(s => s.GetRequiredKeyedService<JsonRpcClient>("wrong")).Should().Throw<InvalidOperationException>()
            .WithMessage("The client 'wrong' sends through IHttpClientFactory*MakeClient.");
    }

    [Fact]
    public async Task Synchronous_calls_are_refused_and_the_message_says_what_to_do()
    {
        await using var services = Build(s => s.AddJsonRpcClient("shop", _server.Address));

        services.GetRequiredKeyedService<JsonRpcClient>("shop").Invoking(c => c.Call("stock.set")).Should().Throw<NotSupportedException>().WithMessage("*Call the Async method*");
        _arrived.Should().BeEmpty();
    }

    [Fact]
    public void A_name_that_is_taken_is_an_error() =>
        FluentActions.Invoking(() => new ServiceCollection().AddJsonRpcClient("shop", _server.Address).Services.AddJsonRpcClient("shop", _server.Address))
            .Should().Throw<InvalidOperationException>().WithMessage("AddJsonRpcClient was called twice for 'shop'.*");

    [Theory]
    [InlineData(true, 1, 2, 2)]
    [InlineData(false, 2, 2, 2)]
    public async Task The_standard_resilience_handler_repeats_only_what_may_be_repeated(bool knowsCalls, int take, int set, int count)
    {
        await using var services = Build(s => s.AddJsonRpcClient<IStock>(_server.Address).AddStandardResilienceHandler(options =>
        {
            options.Retry.Delay = TimeSpan.Zero;
            if (knowsCalls)
                options.Retry.ShouldHandle = RetryIdempotent;
        }));
        var stock = services.GetRequiredService<IStock>();

        // By default the handler repeats every POST: that is what the predicate is for.
        (await CountArrivedAsync(() => stock.TakeAsync())).Should().Be(take);
        (await CountArrivedAsync(() => stock.SetAsync())).Should().Be(set);
        (await CountArrivedAsync(() => stock.CountAsync("tea"))).Should().Be(count);
    }

    [Fact]
    public async Task Retries_can_be_switched_off_for_all_calls()
    {
        await using var services = Build(s => s.AddJsonRpcClient<IStock>(_server.Address).AddStandardResilienceHandler(options => options.Retry.DisableFor(HttpMethod.Post)));

        (await CountArrivedAsync(() => services.GetRequiredService<IStock>().CountAsync("tea"))).Should().Be(1);
    }

    [Fact]
    public void Other_requests_have_no_idempotency()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _server.Address);

        HttpClientTransport.IdempotencyOf(request).Should().Be(JsonRpcIdempotency.None);
        HttpClientTransport.IdempotencyOf(null).Should().Be(JsonRpcIdempotency.None);
    }

    private static ValueTask<bool> RetryIdempotent(Polly.Retry.RetryPredicateArguments<HttpResponseMessage> args) => ValueTask.FromResult(
        HttpClientResiliencePredicates.IsTransient(args.Outcome) && HttpClientTransport.IdempotencyOf(args.Context.GetRequestMessage()) != JsonRpcIdempotency.None);

    /// <summary>The number of requests of a call whose first request is answered 503.</summary>
    private async Task<int> CountArrivedAsync(Func<Task> call)
    {
        _arrived.Clear();
        _failures = 1;
        try
        {
            await call();
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            // Not repeated.
        }
        return _arrived.Count;
    }

    private static ServiceProvider Build(Action<IServiceCollection> configure)
    {
        var services = new ServiceCollection();
        configure(services);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    private sealed record Key(string Text);

    private sealed class Naming(string name) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add("X-Handler", name);
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Seeing : DelegatingHandler
    {
        public Version? Version { get; private set; }

        public HttpVersionPolicy Policy { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            (Version, Policy) = (request.Version, request.VersionPolicy);
            return base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class Hanging : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException("The delay ends by its token alone.");
        }
    }
}

/// <summary>A contract whose methods declare whether they may be repeated.</summary>
[JsonRpcContract("stock.")]
internal partial interface IStock
{
    [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)]
    Task<int> CountAsync(string item);

    [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Idempotent)]
    Task<bool> SetAsync();

    Task<int> TakeAsync();
}
