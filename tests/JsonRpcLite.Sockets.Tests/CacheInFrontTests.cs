namespace JsonRpcLite.Sockets.Tests;

/// <summary>nginx with a cache in front, configured as in docs/safe-methods.md: it answers from the cache what it may store, and nothing else.</summary>
public class CacheInFrontTests
{
    private const string Settings = "proxy_cache calls; proxy_cache_revalidate on; add_header X-Cache $upstream_cache_status always;";

    private readonly Dictionary<string, int> _runs = [];

    public static TheoryData<bool> IsOnSockets => [true, false];

    [NginxTheory]
    [MemberData(nameof(IsOnSockets))]
    public async Task A_result_for_all_callers_is_made_once(bool isOnSockets)
    {
        await using var server = Serve(isOnSockets);
        using var nginx = new Nginx(server.Address, Settings, "calls");
        using var http = new HttpClient { BaseAddress = nginx.Address };

        var first = await GetAsync(http, "?method=shared&params=%5B1%5D");
        var second = await GetAsync(http, "?method=shared&params=%5B1%5D");
        var other = await GetAsync(http, "?method=shared&params=%5B2%5D");

        (first, second, other).Should().Be((("MISS", 200, "10"), ("HIT", 200, "10"), ("MISS", 200, "20")));
        _runs["shared"].Should().Be(2);
    }

    [NginxTheory]
    [InlineData("private")]
    [InlineData("unmarked")]
    [InlineData("crash")]
    [InlineData("write")]
    public async Task Private_results_and_errors_are_never_cached(string method)
    {
        await using var server = Serve(isOnSockets: true);
        using var nginx = new Nginx(server.Address, Settings, "calls");
        using var http = new HttpClient { BaseAddress = nginx.Address };

        for (var i = 0; i < 3; i++)
            (await GetAsync(http, $"?method={method}&params=%5B1%5D")).Cache.Should().Be("MISS");

        _runs.GetValueOrDefault(method).Should().Be(method == "write" ? 0 : 3);
    }

    [NginxTheory]
    [InlineData("Authorization", "Bearer a")]
    [InlineData("Cookie", "session=a")]
    public async Task An_authenticated_caller_is_never_answered_from_the_cache(string field, string value)
    {
        await using var server = Serve(isOnSockets: true);
        using var nginx = new Nginx(server.Address, Settings, "calls");
        using var http = new HttpClient { BaseAddress = nginx.Address };

        var anyone = await GetAsync(http, "?method=shared&params=%5B1%5D");
        var known = await GetAsync(http, "?method=shared&params=%5B1%5D", field, value);
        var again = await GetAsync(http, "?method=shared&params=%5B1%5D", field, value);
        var anyoneElse = await GetAsync(http, "?method=shared&params=%5B1%5D");

        new[] { anyone.Cache, known.Cache, again.Cache, anyoneElse.Cache }.Should().Equal("MISS", "MISS", "MISS", "HIT");
        _runs["shared"].Should().Be(3);
    }

    [NginxTheory]
    [MemberData(nameof(IsOnSockets))]
    public async Task A_stale_result_is_revalidated_by_its_ETag(bool isOnSockets)
    {
        await using var server = Serve(isOnSockets);
        using var nginx = new Nginx(server.Address, Settings, "calls");
        using var http = new HttpClient { BaseAddress = nginx.Address };
        await GetAsync(http, "?method=brief&params=%5B1%5D");

        (string Cache, int Status, string Body) reply;
        var patience = DateTime.UtcNow.AddSeconds(30);
        do
        {
            reply = await GetAsync(http, "?method=brief&params=%5B1%5D");
        }
        while (reply.Cache == "HIT" && DateTime.UtcNow < patience);

        reply.Should().Be(("REVALIDATED", 200, "10"));
    }

    private JsonRpcServer Serve(bool isOnSockets)
    {
        int Run(string method, int n)
        {
            lock (_runs)
                _runs[method] = _runs.GetValueOrDefault(method) + 1;
            return 10 * n;
        }
        var methods = new JsonRpcMethods()
            .Add("shared", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe, MaxAge = 600, AllowSharedCache = true)] (int n) => Run("shared", n))
            .Add("brief", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe, MaxAge = 1, AllowSharedCache = true)] (int n) => Run("brief", n))
            .Add("private", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe, MaxAge = 600)] (int n) => Run("private", n))
            .Add("unmarked", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] (int n) => Run("unmarked", n))
            .Add("crash", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe, MaxAge = 600, AllowSharedCache = true)] (int n) =>
                Run("crash", n) > 0 ? throw new JsonRpcException(17, "No.") : n)
            .Add("write", (int n) => Run("write", n));
        return JsonRpc.MakeServer(0, methods, new() { Protocol = { AllowGet = true }, Transport = isOnSockets ? new SocketTransport() : new HttpListenerTransport() });
    }

    private static async Task<(string Cache, int Status, string Body)> GetAsync(HttpClient http, string target, string? field = null, string? value = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, target);
        if (field is not null)
            request.Headers.Add(field, value);
        using var reply = await http.SendAsync(request);
        return (string.Join(",", reply.Headers.GetValues("X-Cache")), (int)reply.StatusCode, await reply.Content.ReadAsStringAsync());
    }
}
