using System.Collections.Concurrent;
using System.Net;
using System.Security.Claims;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class AuthenticationOnHttpListener() : AuthenticationTests(new HttpListenerHost());

public sealed class AuthenticationInMemory() : AuthenticationTests(new InMemoryHost());

public sealed class AuthenticationOnSockets() : AuthenticationTests(new SocketHost());

public sealed class AuthenticationOnPortableSockets() : AuthenticationTests(new PortableSocketHost());

public sealed class AuthenticationOnAspNetCore() : AuthenticationTests(new AspNetCoreHost());

/// <summary>The authentication of callers, and the replies to requests that are not authenticated.</summary>
public abstract class AuthenticationTests : HostTests
{
    private int _calls;

    private protected AuthenticationTests(Host host)
        : base(host)
    {
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer other")]
    [InlineData("Bearer tokenn")]
    [InlineData("Bearer Token")]
    [InlineData("Basic token")]
    [InlineData("token")]
    public async Task A_request_without_a_valid_token_is_401_with_a_challenge(string? shown)
    {
        var server = Serve(Count, o => o.Authenticate = BearerToken.Check("token"));
        var request = RawRequest.Post("7");

        var reply = await server.ExchangeAsync(shown is null ? request : request.With("Authorization", shown));

        (reply.Status, reply["WWW-Authenticate"]).Should().Be((401, "Bearer"));
        reply.Text.Should().StartWith("""{"error":{"code":-32000,""");
        _calls.Should().Be(0);
        Failures.Should().BeEmpty();
    }

    [Theory]
    [InlineData("Bearer token")]
    [InlineData("bearer token")]
    [InlineData("BEARER  token ")]
    public async Task A_request_with_a_valid_token_is_accepted(string shown)
    {
        var server = Serve(Count, o => o.Authenticate = BearerToken.Check("token"));

        (await server.ExchangeAsync(RawRequest.Post("7").With("Authorization", shown))).Text.Should().Be("7");
    }

    [Fact]
    public async Task A_client_sends_its_token()
    {
        var server = Serve(Count, o => o.Authenticate = BearerToken.Check("token"));
        using var client = server.MakeClient(new() { Headers = { ["Authorization"] = "Bearer token" } });
        using var stranger = server.MakeClient();

        (await client.CommandAsync(7))!.ToJsonString().Should().Be("7");
        (await stranger.Invoking(s => s.CommandAsync(7)).Should().ThrowAsync<JsonRpcException>()).Which.StatusCode.Should().Be(System.Net.HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_method_sees_the_user_of_its_own_call()
    {
        var methods = new JsonRpcMethods().Add("who", (JsonRpcCall call) => call.User?.Identity?.Name);
        var server = Serve(methods, o => o.Authenticate = BearerToken.Check(new Dictionary<string, string> { ["Ann"] = "a", ["Bob"] = "b" }));

        foreach (var (token, name) in new[] { ("a", "Ann"), ("b", "Bob"), ("a", "Ann") })
        {
            var reply = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"who","id":1}""").With("Authorization", $"Bearer {token}"));
            reply.Text.Should().Be($$"""{"jsonrpc":"2.0","result":"{{name}}","id":1}""");
        }
        var stranger = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"who","id":1}"""));
        stranger.Status.Should().Be(401);
        stranger.Text.Should().StartWith("""{"jsonrpc":"2.0","error":{"code":-32000,""").And.EndWith("\"id\":null}");
    }

    [Fact]
    public async Task A_hook_decides_by_the_head_alone_and_may_reject()
    {
        long? bodyRead = null;
        var server = Serve(Count, o =>
        {
            o.AuthenticationChallenge = "Custom realm=\"x\"";
            o.Authenticate = async (exchange, token) =>
            {
                await Task.Yield();
                token.CanBeCanceled.Should().BeTrue();
                bodyRead = exchange.RequestBody.Length;
                return exchange.Path switch
                {
                    "/forbidden" => throw new HttpRefusalException(403, "Not for you."),
                    "/broken" => throw new InvalidOperationException("secret detail"),
                    "/nobody" => null,
                    _ => new ClaimsPrincipal(new ClaimsIdentity("test")),
                };
            };
        });

        var forbidden = await server.ExchangeAsync(RawRequest.Post("7") with { Target = "/forbidden" });
        var anonymous = await server.ExchangeAsync(RawRequest.Post("7") with { Target = "/nobody" });
        var broken = await server.ExchangeAsync(RawRequest.Post("7") with { Target = "/broken" });
        var allowed = await server.ExchangeAsync(RawRequest.Post("7"));

        (forbidden.Status, forbidden.Text).Should().Be((403, """{"error":{"code":-32000,"message":"Not for you."}}"""));
        (anonymous.Status, anonymous["WWW-Authenticate"]).Should().Be((401, "Custom realm=\"x\""));
        broken.Status.Should().Be(500);
        broken.Text.Should().NotContain("secret");
        allowed.Text.Should().Be("7");
        (bodyRead, _calls).Should().Be((0, 1));
        Failures.Should().ContainSingle();
    }

    [Fact]
    public async Task An_unauthenticated_principal_is_401_like_a_missing_one()
    {
        // As ASP.NET Core describes an anonymous request: a principal, with a name even, but without an authentication type.
        var anonymous = new ClaimsIdentity([new Claim(ClaimTypes.Name, "Ann")]);
        var server = Serve(Count, o => o.Authenticate = (exchange, _) => new(exchange.Path switch
        {
            "/without-identity" => new ClaimsPrincipal(),
            "/anonymous" => new ClaimsPrincipal(anonymous),
            _ => new ClaimsPrincipal(new ClaimsIdentity("test")),
        }));
        var raw = ServeRaw(
            (exchange, _) =>
            {
                Interlocked.Increment(ref _calls);
                exchange.Reply(200, "text/plain", "in");
                return default;
            },
            o => o.Authenticate = (_, _) => new(new ClaimsPrincipal(anonymous)));

        foreach (var path in new[] { "/without-identity", "/anonymous" })
        {
            var reply = await server.ExchangeAsync(RawRequest.Post("7") with { Target = path });
            (reply.Status, reply["WWW-Authenticate"]).Should().Be((401, "Bearer"), path);
        }
        (await raw.ExchangeAsync(RawRequest.Get("/"))).Status.Should().Be(401);
        _calls.Should().Be(0);
        (await server.ExchangeAsync(RawRequest.Post("7"))).Text.Should().Be("7");
    }

    [Fact]
    public async Task A_users_principal_is_authenticated_with_and_without_a_name()
    {
        var check = new[] { BearerToken.Check("token"), BearerToken.Check(new Dictionary<string, string> { ["Ann"] = "token" }) };
        foreach (var authenticate in check)
        {
            var server = Serve(new JsonRpcMethods().Add("who", (JsonRpcCall call) => call.User?.Identity?.IsAuthenticated), o => o.Authenticate = authenticate);

            var reply = await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"who","id":1}""").With("Authorization", "Bearer token"));

            reply.Text.Should().Be("""{"jsonrpc":"2.0","result":true,"id":1}""");
        }
    }

    [Fact]
    public async Task A_hook_sees_where_a_call_comes_from()
    {
        var peers = new ConcurrentQueue<EndPoint?>();
        var server = Serve(Count, o => o.Authenticate = (exchange, _) =>
        {
            peers.Enqueue(exchange.RemoteEndPoint);
            return new(new ClaimsPrincipal(new ClaimsIdentity("test")));
        });

        if (!Can(Ability.HasWire))
        {
            await server.ExchangeAsync(RawRequest.Post("7"));
            peers.Should().ContainSingle().Which.Should().BeNull();
            return;
        }
        using var one = await RawConnection.OpenAsync(server.Server.Address.Port);
        using var other = await RawConnection.OpenAsync(server.Server.Address.Port);
        foreach (var connection in new[] { one, other, one })
        {
            await connection.SendAsync(RawRequest.Post("7"));
            (await connection.ReceiveAsync())!.Text.Should().Be("7");
        }

        peers.Should().Equal(one.LocalEndPoint, other.LocalEndPoint, one.LocalEndPoint);
    }

    [Fact]
    public async Task Health_checks_and_the_empty_page_need_no_authentication_but_discovery_does()
    {
        var server = Serve(new JsonRpcMethods().Add("secret.method", () => 1), o => (o.Authenticate, o.Discovery.Playground) = (BearerToken.Check("token"), true));

        (await server.ExchangeAsync(RawRequest.Get("/health/ready"))).Status.Should().Be(200);
        var page = await server.ExchangeAsync(RawRequest.Get("/").With("Accept", "text/html"));
        page.Status.Should().Be(200);
        page.Text.Should().NotContain("secret.method");
        (await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"rpc.discover","id":1}"""))).Status.Should().Be(401);
        (await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"rpc.discover","id":1}""").With("Authorization", "Bearer token"))).Text
            .Should().Contain("secret.method");
    }

    [Fact]
    public async Task A_custom_handler_needs_authentication_too()
    {
        var server = ServeRaw(
            (exchange, _) =>
            {
                exchange.Reply(200, "text/plain", exchange.User!.Identity!.AuthenticationType!);
                return default;
            },
            o => o.Authenticate = BearerToken.Check("token"));

        (await server.ExchangeAsync(RawRequest.Get("/"))).Status.Should().Be(401);
        (await server.ExchangeAsync(RawRequest.Get("/").With("Authorization", "Bearer token"))).Text.Should().Be("Bearer");
    }

    [Fact]
    public void A_token_that_a_header_cannot_carry_is_refused()
    {
        FluentActions.Invoking(() => BearerToken.Check("two words")).Should().Throw<ArgumentException>().WithMessage("*RFC 6750*");
        FluentActions.Invoking(() => BearerToken.Check("pä")).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => BearerToken.Check("===")).Should().Throw<ArgumentException>().WithMessage("*RFC 6750*");
        FluentActions.Invoking(() => BearerToken.Check("a.b-c_d~e+f/g==")).Should().NotThrow();
    }

    [Fact]
    public void An_empty_token_is_refused_with_its_likely_cause()
    {
        const string cause = "A bearer token is empty. An environment variable or configuration key that is not set *: set it *";

        FluentActions.Invoking(() => BearerToken.Check("")).Should().Throw<ArgumentException>().WithMessage(cause);
        FluentActions.Invoking(() => BearerToken.Check((string)null!)).Should().Throw<ArgumentNullException>().WithMessage(cause);
        FluentActions.Invoking(() => BearerToken.Check(new Dictionary<string, string> { ["Ann"] = "", ["Bob"] = "" })).Should().Throw<ArgumentException>().WithMessage(cause);
    }

    [Fact]
    public void A_token_that_two_users_share_is_refused_and_not_shown()
    {
        var users = new Dictionary<string, string> { ["Ann"] = "secret", ["Bob"] = "other", ["Eve"] = "secret" };

        var thrown = FluentActions.Invoking(() => BearerToken.Check(users)).Should().Throw<ArgumentException>().Which;

        thrown.ParamName.Should().Be("tokensByUser");
        thrown.ToString().Should().NotContain("secret");
        users["Eve"] = "Secret";
        FluentActions.Invoking(() => BearerToken.Check(users)).Should().NotThrow();
    }

    private JsonNode? Count(JsonNode? command)
    {
        Interlocked.Increment(ref _calls);
        return command;
    }
}
