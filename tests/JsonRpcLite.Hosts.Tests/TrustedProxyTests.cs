using System.Net;
using System.Security.Claims;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class TrustedProxiesOnHttpListener() : TrustedProxyTests(new HttpListenerHost());

public sealed class TrustedProxiesInMemory() : TrustedProxyTests(new InMemoryHost());

public sealed class TrustedProxiesOnSockets() : TrustedProxyTests(new SocketHost());

public sealed class TrustedProxiesOnPortableSockets() : TrustedProxyTests(new PortableSocketHost());

public sealed class TrustedProxiesOnAspNetCore() : TrustedProxyTests(new AspNetCoreHost());

/// <summary>The caller's address, behind a proxy and without one. Each test is the proxy, at 127.0.0.1.</summary>
public abstract class TrustedProxyTests : HostTests
{
    private const string Call = """{"jsonrpc":"2.0","method":"who","id":1}""";

    private readonly JsonRpcMethods _methods = new JsonRpcMethods()
        .Add("who", (JsonRpcCall call) => call.Exchange.RemoteEndPoint?.ToString())
        .Add("fail", string () => throw new InvalidOperationException("inner workings"));

    private protected TrustedProxyTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task The_header_of_a_trusted_proxy_identifies_the_caller()
    {
        var log = new StringWriter();
        EndPoint? asked = null;
        var server = Serve(_methods, o =>
        {
            (o.TrustedProxies, o.TrafficLog) = (Loopback, log);
            o.Authenticate = (exchange, _) =>
            {
                asked = exchange.RemoteEndPoint;
                return ValueTask.FromResult<ClaimsPrincipal?>(new(new ClaimsIdentity("test")));
            };
        });

        (await WhoAsync(server, ("X-Forwarded-For", "6.6.6.6, 192.0.2.1, 127.0.0.9"))).Should().Be(OnAWire("192.0.2.1:0"));
        asked?.ToString().Should().Be(OnAWire("192.0.2.1:0"));
        if (Can(Ability.HasWire))
            log.ToString().Should().Contain("192.0.2.1").And.NotContain(" 127.0.0.1:");
        (await WhoAsync(server, ("x-forwarded-for", "[2001:db8::1]:4711"))).Should().Be(OnAWire("[2001:db8::1]:4711"));

        await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"fail","id":1}""").With("X-Forwarded-For", "192.0.2.1"));
        Failures.Should().ContainSingle().Which.RemoteEndPoint?.ToString().Should().Be(OnAWire("192.0.2.1:0"));
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("192.0.2.1, unknown")]
    [InlineData("192.0.2.1, 1")]
    [InlineData("")]
    public async Task A_forwarded_value_that_is_not_an_address_leaves_the_proxys_own_address(string field)
    {
        var server = Serve(_methods, o => o.TrustedProxies = Loopback);

        var caller = await WhoAsync(server, ("X-Forwarded-For", field));

        ShouldBeThePeer(caller);
        ShouldBeThePeer(await WhoAsync(server));
    }

    [Fact]
    public async Task The_header_of_an_untrusted_peer_is_ignored()
    {
        var trusting = Serve(_methods, o => o.TrustedProxies = [IPNetwork.Parse("10.0.0.0/8")]);
        var plain = Serve(_methods);

        foreach (var server in new[] { trusting, plain })
            ShouldBeThePeer(await WhoAsync(server, ("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=192.0.2.1"), ("X-Real-IP", "192.0.2.1")));
    }

    [Fact]
    public async Task Only_the_header_that_the_options_name_counts()
    {
        var standard = Serve(_methods, o => (o.TrustedProxies, o.ForwardedForHeader) = (Loopback, "forwarded"));
        var real = Serve(_methods, o => (o.TrustedProxies, o.ForwardedForHeader) = (Loopback, "X-Real-IP"));
        var usual = Serve(_methods, o => o.TrustedProxies = Loopback);
        (string, string)[] all = [("X-Forwarded-For", "192.0.2.1"), ("Forwarded", "for=\"[2001:db8::2]\";proto=https"), ("X-Real-IP", "192.0.2.3")];

        (await WhoAsync(usual, all)).Should().Be(OnAWire("192.0.2.1:0"));
        (await WhoAsync(standard, all)).Should().Be(OnAWire("[2001:db8::2]:0"));
        (await WhoAsync(real, all)).Should().Be(OnAWire("192.0.2.3:0"));
    }

    [Fact]
    public async Task The_last_of_several_header_lines_is_that_of_the_nearest_proxy()
    {
        var server = Serve(_methods, o => o.TrustedProxies = Loopback);

        (await WhoAsync(server, ("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "192.0.2.1"))).Should().Be(OnAWire("192.0.2.1:0"));
        if (Can(Ability.SeesRepeatedFields))
            (await WhoAsync(server, ("X-Forwarded-For", "192.0.2.1"), ("X-Forwarded-For", "127.0.0.9"))).Should().Be(OnAWire("192.0.2.1:0"));
    }

    [Fact]
    public async Task The_next_request_of_a_connection_has_its_own_caller()
    {
        if (!Can(Ability.HasWire))
            return;
        var server = Serve(_methods, o => o.TrustedProxies = Loopback);
        using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);
        var callers = new List<string?>();

        foreach (var field in new[] { "192.0.2.1", "192.0.2.2", null, "192.0.2.3" })
        {
            await connection.SendAsync(field is null ? RawRequest.Post(Call) : RawRequest.Post(Call).With("X-Forwarded-For", field));
            callers.Add(Caller((await connection.ReceiveAsync())!));
        }

        callers[2].Should().StartWith("127.0.0.1:").And.NotEndWith(":0");
        callers[2] = null;
        callers.Should().Equal("192.0.2.1:0", "192.0.2.2:0", null, "192.0.2.3:0");
    }

    [Fact]
    public async Task A_request_through_a_proxy_is_not_from_this_machine()
    {
        var plain = Serve(_methods, o => o.DetailedErrors = true);
        var trusting = Serve(_methods, o => (o.DetailedErrors, o.TrustedProxies) = (true, Loopback));

        (await IsTrustedWithDetailsAsync(plain)).Should().Be((true, true));
        foreach (var field in new[] { "Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP" })
            (await IsTrustedWithDetailsAsync(plain, (field, "for=127.0.0.1"))).Should().Be((false, false), "{0} is present", field);
        (await IsTrustedWithDetailsAsync(trusting, ("X-Forwarded-For", "127.0.0.1"))).Should().Be((false, false));
        if (Can(Ability.HasWire))
            (await IsTrustedWithDetailsAsync(trusting)).Should().Be((false, false), "the proxy may have sent no header");
    }

    private static IReadOnlyList<IPNetwork> Loopback => [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>Peers in memory have no address, and are not proxies.</summary>
    private string? OnAWire(string caller) => Can(Ability.HasWire) ? caller : null;

    private void ShouldBeThePeer(string? caller)
    {
        if (Can(Ability.HasWire))
            caller.Should().StartWith("127.0.0.1:").And.NotEndWith(":0");
        else
            caller.Should().BeNull();
    }

    private static async Task<string?> WhoAsync(HostedServer server, params (string Name, string Value)[] fields) =>
        Caller(await server.ExchangeAsync(With(RawRequest.Post(Call), fields)));

    private static string? Caller(RawReply reply)
    {
        reply.Status.Should().Be(200);
        return System.Text.Json.Nodes.JsonNode.Parse(reply.Text)!["result"]?.GetValue<string>();
    }

    /// <summary>Whether the page is shown, and whether exception details are.</summary>
    private static async Task<(bool Page, bool Details)> IsTrustedWithDetailsAsync(HostedServer server, params (string Name, string Value)[] fields)
    {
        var page = await server.ExchangeAsync(With(RawRequest.Get("/").With("Accept", "text/html"), fields));
        var failed = await server.ExchangeAsync(With(RawRequest.Post("""{"jsonrpc":"2.0","method":"fail","id":1}"""), fields));
        return (page.Status == 200, failed.Text.Contains("inner workings", StringComparison.Ordinal));
    }

    private static RawRequest With(RawRequest request, (string Name, string Value)[] fields) => fields.Aggregate(request, (all, field) => all.With(field.Name, field.Value));
}
