using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class ReadableRepliesOnHttpListener() : ReadableReplyTests(new HttpListenerHost());

public sealed class ReadableRepliesInMemory() : ReadableReplyTests(new InMemoryHost());

public sealed class ReadableRepliesOnSockets() : ReadableReplyTests(new SocketHost());

public sealed class ReadableRepliesOnPortableSockets() : ReadableReplyTests(new PortableSocketHost());

public sealed class ReadableRepliesOnAspNetCore() : ReadableReplyTests(new AspNetCoreHost());

/// <summary>An allowed page can read every reply of the server, from every part of it: otherwise its script sees a failed connection, without status and reason.</summary>
public abstract class ReadableReplyTests : HostTests
{
    private const string Page = "https://good.example";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim _entered = new(0);
    private readonly TaskCompletionSource<JsonNode?> _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private protected ReadableReplyTests(Host host)
        : base(host)
    {
    }

    public static TheoryData<string, int> Replies => new()
    {
        { "a result", 200 },
        { "a preflight", 204 },
        { "an error of the function", 500 },
        { "no JSON", 400 },
        { "a bad time-out", 400 },
        { "another type than JSON", 403 },
        { "a charset", 415 },
        { "another method", 405 },
        { "a health check", 200 },
        { "too long a target", 414 },
        { "too many fields", 431 },
        { "too large a body", 413 },
        { "no authentication", 401 },
        { "too many calls", 503 },
        { "a time-out", 504 },
        { "after the drain", 503 },
        { "while it stops", 503 },
        { "a reply that is too large", 500 },
        { "fields that are the transport's", 500 },
    };

    [Theory]
    [MemberData(nameof(Replies))]
    public async Task An_allowed_page_can_read_every_reply(string what, int status)
    {
        var reply = await ReplyToAsync(what);

        reply.Status.Should().Be(status, what);
        reply["Access-Control-Allow-Origin"].Should().Be(Page, what);
        reply["Vary"].Should().Contain("Origin", what);
        reply.Fields.Count(f => f.Name.Equals("Access-Control-Allow-Origin", StringComparison.OrdinalIgnoreCase)).Should().Be(1);
    }

    [Fact]
    public async Task Another_page_can_read_no_reply_and_a_program_gets_no_CORS_headers()
    {
        var server = Serve(x => x, o => o.AllowedOrigins = [Page]);

        var other = await server.ExchangeAsync(RawRequest.Post("1").With("Origin", "https://evil.example").With("Content-Type", "application/json"));
        var health = await server.ExchangeAsync(RawRequest.Get("/health/live").With("Origin", "https://evil.example"));
        var program = await server.ExchangeAsync(RawRequest.Post("1"));

        foreach (var reply in new[] { other, health, program })
            reply["Access-Control-Allow-Origin"].Should().BeNull();
        program["Vary"].Should().BeNull();
    }

    private async Task<RawReply> ReplyToAsync(string what)
    {
        var post = RawRequest.Post("1").With("Origin", Page).With("Content-Type", "application/json");
        switch (what)
        {
            case "a preflight":
                return await Server().ExchangeAsync(new RawRequest("OPTIONS").With("Origin", Page).With("Access-Control-Request-Method", "POST"));
            case "an error of the function":
                return await ServeAsync((_, _) => throw new JsonRpcException(7, "no"), Allow).ExchangeAsync(post);
            case "no JSON":
                return await Server().ExchangeAsync(post with { Body = "{"u8.ToArray() });
            case "a bad time-out":
                return await Server().ExchangeAsync(post.With(HeaderFields.TimeoutMs, "soon"));
            case "another type than JSON":
                return await Server().ExchangeAsync(RawRequest.Post("1").With("Origin", Page).With("Content-Type", "text/plain"));
            case "a charset":
                return await Server().ExchangeAsync(RawRequest.Post("1").With("Origin", Page).With("Content-Type", "application/json; charset=utf-16"));
            case "another method":
                return await Server().ExchangeAsync(new RawRequest("PUT", Body: "1"u8.ToArray()).With("Origin", Page));
            case "a health check":
                return await Server().ExchangeAsync(RawRequest.Get("/health/live").With("Origin", Page));
            case "too long a target":
                return await Server(o => o.Limits.MaxRequestTargetSize = 200).ExchangeAsync(post with { Target = "/" + new string('x', 220) });
            case "too many fields":
                return await Server(o => o.Limits.MaxRequestHeaderCount = 3).ExchangeAsync(post.With("X-More", "1"));
            case "too large a body":
                return await Server(o => o.Limits.MaxRequestBodySize = 3).ExchangeAsync(post with { Body = "12345"u8.ToArray() });
            case "no authentication":
                return await Server(o => o.Authenticate = (_, _) => default).ExchangeAsync(post);
            case "too many calls":
                return await RefusedAsync(post);
            case "a time-out":
                return await LateAsync(post);
            case "after the drain":
                return await DrainedAsync(post);
            case "while it stops":
                return await StoppingAsync(post);
            case "a reply that is too large":
                return await Serve(_ => new string('x', 2000), o =>
                {
                    Allow(o);
                    o.Limits.MaxResponseBodySize = 1024;
                }).ExchangeAsync(post);
            case "fields that are the transport's":
                return await ServeRaw((exchange, _) =>
                {
                    exchange.ResponseHeaders["Content-Length"] = "1";
                    return default;
                }, Allow).ExchangeAsync(post);
            default:
                return await Server().ExchangeAsync(post);
        }
    }

    private async Task<RawReply> RefusedAsync(RawRequest request)
    {
        var server = Waiting(o => o.Limits.MaxConcurrentCalls = 1);
        var first = server.ExchangeAsync(request);
        await EnterAsync();
        var refused = await server.ExchangeAsync(request);
        _gate.SetResult(null);
        await first;
        return refused;
    }

    private async Task<RawReply> LateAsync(RawRequest request)
    {
        var server = Waiting(o => o.Limits.HandlerTimeout = TimeSpan.FromSeconds(2));
        var calling = server.ExchangeAsync(request);
        await EnterAsync();
        Clock.Advance(TimeSpan.FromSeconds(3));
        var reply = await calling;
        _gate.SetResult(null);
        return reply;
    }

    private async Task<RawReply> DrainedAsync(RawRequest request)
    {
        var server = Waiting(_ => { });
        var calling = server.ExchangeAsync(request);
        await EnterAsync();
        await server.Server.StopAsync(new CancellationToken(canceled: true));
        var reply = await calling;
        _gate.SetResult(null);
        return reply;
    }

    private async Task<RawReply> StoppingAsync(RawRequest request)
    {
        var server = Waiting(_ => { });
        var calling = server.ExchangeAsync(request);
        await EnterAsync();
        var stopping = server.Server.StopAsync();
        var refused = await server.ExchangeAsync(request);
        _gate.SetResult(null);
        await calling;
        await stopping.WaitAsync(Patience);
        return refused;
    }

    private HostedServer Server(Action<JsonRpcServerOptions>? configure = null) => Serve(x => x, o =>
    {
        Allow(o);
        configure?.Invoke(o);
    });

    private HostedServer Waiting(Action<JsonRpcServerOptions> configure) => ServeAsync(
        async (_, _) =>
        {
            _entered.Release();
            return await _gate.Task;
        },
        o =>
        {
            Allow(o);
            configure(o);
        });

    private static void Allow(JsonRpcServerOptions options) => options.AllowedOrigins = [Page];

    private async Task EnterAsync() => (await _entered.WaitAsync(Patience)).Should().BeTrue("the call must begin");
}
