using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class QueriesOnHttpListener() : QueryTests(new HttpListenerHost());

public sealed class QueriesInMemory() : QueryTests(new InMemoryHost());

public sealed class QueriesOnSockets() : QueryTests(new SocketHost());

public sealed class QueriesOnPortableSockets() : QueryTests(new PortableSocketHost());

public sealed class QueriesOnAspNetCore() : QueryTests(new AspNetCoreHost());

/// <summary>Calls by QUERY (RFC 10008): what may be called by it, and how the rest is refused before anything runs.</summary>
public abstract class QueryTests : HostTests
{
    private const string Read = """{"jsonrpc":"2.0","method":"read","params":[4],"id":1}""";
    private const string Write = """{"jsonrpc":"2.0","method":"write","params":[4],"id":2}""";

    private int _reads, _writes;

    private protected QueryTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task A_method_that_is_marked_safe_answers_as_for_a_POST()
    {
        var server = Serve(Methods());

        var reply = await server.ExchangeAsync(Query(Read));

        (reply.Status, reply.Text).Should().Be((200, """{"jsonrpc":"2.0","result":8,"id":1}"""));
        reply["Content-Type"].Should().Be("application/json");
        reply["Cache-Control"].Should().Be("no-store");
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","method":"rpc.discover","id":1}""", "\"openrpc\"")]
    [InlineData("""{"jsonrpc":"2.0","method":"nothing","id":1}""", "-32601")]
    [InlineData("""{"jsonrpc":"2.0","method":7,"id":1}""", "-32600")]
    [InlineData("{", "-32700")]
    [InlineData("", "-32700")]
    [InlineData("[]", "-32600")]
    [InlineData("""[{"jsonrpc":"2.0","method":"read","params":[4],"id":1},{"jsonrpc":"2.0","method":"\u0072ead","params":[5],"id":2}]""", "\"result\":10")]
    public async Task A_query_that_runs_nothing_unsafe_is_answered_with_200(string body, string answer)
    {
        var server = Serve(Methods());

        var reply = await server.ExchangeAsync(Query(body));

        reply.Status.Should().Be(200);
        reply.Text.Should().Contain(answer);
    }

    [Theory]
    [InlineData(Write)]
    [InlineData("""{"jsonrpc":"2.0","method":"\u0077rite","params":[4]}""")]
    [InlineData($"[{Read},{Write}]")]
    [InlineData($"[{Read},{Write},{Read}]")]
    public async Task A_method_that_is_not_marked_is_405_and_nothing_of_its_batch_runs(string body)
    {
        var server = Serve(Methods());

        var reply = await server.ExchangeAsync(Query(body));

        ShouldBeRefused(reply, 405, "Safe");
        (reply["Allow"], reply["Accept-Query"]).Should().Be(("POST", "application/json"));
        (_reads, _writes).Should().Be((0, 0));
    }

    [Fact]
    public async Task An_idempotent_method_is_not_safe()
    {
        var server = Serve(Methods());

        var reply = await server.ExchangeAsync(Query("""{"jsonrpc":"2.0","method":"set","params":[4],"id":1}"""));

        reply.Status.Should().Be(405);
    }

    [Fact]
    public async Task A_fallback_is_not_safe()
    {
        var server = Serve(Methods().AddFallback((call, _) =>
        {
            _writes++;
            return default;
        }));

        var unknown = await server.ExchangeAsync(Query("""{"jsonrpc":"2.0","method":"nothing","id":1}"""));
        var known = await server.ExchangeAsync(Query(Read));

        ShouldBeRefused(unknown, 405, "nothing");
        known.Status.Should().Be(200);
        _writes.Should().Be(0);
    }

    [Fact]
    public async Task A_QUERY_must_say_that_it_is_JSON()
    {
        var server = Serve(Methods());

        var untyped = await server.ExchangeAsync(new RawRequest("QUERY", Body: Encoding.UTF8.GetBytes(Read)));
        var form = await server.ExchangeAsync(Query(Read, "application/x-www-form-urlencoded"));
        var latin1 = await server.ExchangeAsync(Query(Read, "application/json; charset=iso-8859-1"));
        var suffixed = await server.ExchangeAsync(Query(Read, "application/vnd.calls+json; charset=utf-8"));

        ShouldBeRefused(untyped, 400, "Content-Type");
        ShouldBeRefused(form, 415, "application/x-www-form-urlencoded");
        ShouldBeRefused(latin1, 415, "UTF-8");
        (form["Accept-Query"], latin1["Accept-Query"]).Should().Be(("application/json", "application/json"));
        suffixed.Status.Should().Be(200);
        _reads.Should().Be(1);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("query")]
    public async Task Another_HTTP_method_is_405_with_the_allowed_ones(string method)
    {
        var server = Serve(Methods());

        var reply = await server.ExchangeAsync(new RawRequest(method, Body: Encoding.UTF8.GetBytes(Read)).With("Content-Type", "application/json"));

        reply.Status.Should().Be(405);
        (reply["Allow"], reply["Accept-Query"]).Should().Be(("POST, QUERY", "application/json"));
    }

    [Fact]
    public async Task A_server_without_a_safe_method_takes_no_QUERY()
    {
        var server = Serve(new JsonRpcMethods().Add("write", (int n) => n), options => options.Discovery.Enabled = false);

        var reply = await server.ExchangeAsync(Query(Write));

        reply.Status.Should().Be(405);
        (reply["Allow"], reply["Accept-Query"]).Should().Be(("POST", null));
    }

    [Fact]
    public async Task A_plain_function_accepts_QUERY_if_it_is_marked_safe()
    {
        var marked = Start(options => JsonRpc.MakeServer(0, [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] (JsonNode? n) => n, options));
        var unmarked = Serve(n => n);

        var answered = await marked.ExchangeAsync(Query("7"));
        var refused = await unmarked.ExchangeAsync(Query("7"));

        (answered.Status, answered.Text).Should().Be((200, "7"));
        (refused.Status, refused["Allow"], refused["Accept-Query"]).Should().Be((405, "POST", null));
    }

    [Fact]
    public async Task A_page_may_send_a_QUERY_as_it_may_send_a_POST()
    {
        var server = Serve(Methods(), options => options.AllowedOrigins = ["https://app.example"]);

        var preflight = await server.ExchangeAsync(new RawRequest("OPTIONS").With("Origin", "https://app.example").With("Access-Control-Request-Method", "QUERY"));
        var allowed = await server.ExchangeAsync(Query(Read).With("Origin", "https://app.example"));
        var foreign = await server.ExchangeAsync(Query(Read).With("Origin", "https://evil.example"));
        var hidden = await server.ExchangeAsync(Query(Read).With("Sec-Fetch-Site", "cross-site"));

        (preflight.Status, preflight["Access-Control-Allow-Methods"]).Should().Be((204, "POST, QUERY"));
        (allowed.Status, allowed["Access-Control-Allow-Origin"]).Should().Be((200, "https://app.example"));
        (foreign.Status, hidden.Status).Should().Be((403, 403));
        _reads.Should().Be(1);
    }

    [Fact]
    public async Task A_rule_for_callers_applies_as_for_a_POST()
    {
        var server = Serve(Methods().RequireUser("read"));

        var reply = await server.ExchangeAsync(Query(Read));

        reply.Text.Should().Contain("-32003");
        _reads.Should().Be(0);
    }

    [Fact]
    public async Task The_connection_stays_open_after_a_body_of_either_framing()
    {
        if (!Can(Ability.HasWire))
            return;
        var server = Serve(Methods());
        using var connection = await RawConnection.OpenAsync(server.Server.Address.Port);
        var chunked = new RawRequest("QUERY", Body: Encoding.ASCII.GetBytes($"{Read.Length:x}\r\n{Read}\r\n0\r\n\r\n"))
            .With("Content-Type", "application/json").With("Transfer-Encoding", "chunked");

        var replies = new List<int?>();
        foreach (var request in Can(Ability.ReadsChunked) ? new[] { Query(Read), chunked, Query(""), Query(Read) } : [Query(Read), Query(""), Query(Read), chunked])
        {
            await connection.SendAsync(request);
            replies.Add((await connection.ReceiveAsync())?.Status);
        }

        replies.Should().Equal(200, 200, 200, Can(Ability.ReadsChunked) ? 200 : 411);
    }

    private static RawRequest Query(string body, string type = "application/json") => new RawRequest("QUERY", Body: Encoding.UTF8.GetBytes(body)).With("Content-Type", type);

    private static void ShouldBeRefused(RawReply reply, int status, string word)
    {
        reply.Status.Should().Be(status);
        var error = JsonNode.Parse(reply.Text)!["error"]!;
        error["code"]!.GetValue<int>().Should().Be(JsonRpcErrorCodes.Refused);
        error["message"]!.GetValue<string>().Should().Contain(word);
    }

    private JsonRpcMethods Methods() => new JsonRpcMethods()
        .Add("read", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] (int n) =>
        {
            Interlocked.Increment(ref _reads);
            return 2 * n;
        })
        .Add("set", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Idempotent)] (int n) => n)
        .Add("write", (int n) =>
        {
            Interlocked.Increment(ref _writes);
            return n;
        });
}
