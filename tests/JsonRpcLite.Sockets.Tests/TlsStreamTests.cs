using System.Buffers;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

public sealed class TlsStreamsOnEventLoops() : TlsStreamTests(eventLoops: 2, useEventLoops: true);

public sealed class TlsStreamsOnTheThreadPool() : TlsStreamTests(eventLoops: 0, useEventLoops: false);

/// <summary>Incremental results under TLS, which has buffers of its own on both sides.</summary>
public abstract class TlsStreamTests(int eventLoops, bool useEventLoops) : SocketTests(eventLoops)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly X509Certificate2 _certificate = TestCertificate.Make();

    [Fact]
    public async Task An_item_arrives_before_the_next_is_made()
    {
        var arrived = new SemaphoreSlim(0);
        using var client = MakeClient(Serve(new JsonRpcMethods().Add("count", (int to, CancellationToken token) => CountAsync(to, arrived, token)), transport: MakeTransport()));

        var items = new List<int>();
        await foreach (var item in client.CallStreamAsync<int>("count", new { to = 20 }))
        {
            items.Add(item);
            arrived.Release();
        }

        items.Should().Equal(Enumerable.Range(1, 20));
    }

    [Fact]
    public async Task Leaving_the_loop_ends_the_method()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Without a heartbeat, which would fail: the end of the connection is the signal.
        var server = Serve(
            new JsonRpcMethods().Add("quiet", (CancellationToken token) => QuietAsync(ended, token)),
            options => options.Protocol.StreamHeartbeat = Timeout.InfiniteTimeSpan,
            MakeTransport());
        using var client = MakeClient(server);

        await foreach (var _ in client.CallStreamAsync<int>("quiet"))
            break;

        Clock.AdvanceUntil(ended.Task);
        await ended.Task.WaitAsync(Patience);
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_method_that_throws_after_items_ends_its_stream_with_the_error()
    {
        using var client = MakeClient(Serve(new JsonRpcMethods().Add("fail", () => FailAsync()), transport: MakeTransport()));
        var items = new List<int>();

        var streaming = () => ReadAsync(client, "fail", items);

        (await streaming.Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(-32603);
        items.Should().Equal(1);
    }

    [Fact]
    public async Task A_handler_that_throws_after_an_item_cuts_the_stream_off()
    {
        using var client = MakeClient(ServeRaw(async (exchange, token) =>
        {
            exchange.ResponseHeaders["Content-Type"] = "text/event-stream";
            exchange.ResponseBody.Write("data: {\"jsonrpc\":\"2.0\",\"method\":\"rpc.item\",\"params\":{\"id\":1,\"item\":1}}\n\n"u8);
            await exchange.FlushAsync(token);
            throw new IOException("The disk is full.");
        }, MakeTransport()));
        var items = new List<int>();

        var streaming = () => ReadAsync(client, "any", items);

        (await streaming.Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError.Should().Be(HttpRequestError.ResponseEnded);
        items.Should().Equal(1);
    }

    [Fact]
    public async Task A_stream_that_the_server_aborts_was_cut_off()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = Serve(new JsonRpcMethods().Add("deaf", () => DeafAsync(gate.Task)), transport: MakeTransport());
        using var client = MakeClient(server);
        await using var items = client.CallStreamAsync<int>("deaf").GetAsyncEnumerator();
        (await items.MoveNextAsync().AsTask().WaitAsync(Patience)).Should().BeTrue();

        // The method ignores its token, and the caller of StopAsync does not wait.
        var stopping = server.StopAsync(new CancellationToken(canceled: true));
        var moving = items.MoveNextAsync().AsTask();
        Clock.AdvanceUntil(Task.WhenAny(moving));

        (await FluentActions.Awaiting(() => moving).Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError.Should().Be(HttpRequestError.ResponseEnded);
        gate.SetResult();
        await Record.ExceptionAsync(() => stopping.WaitAsync(Patience));
    }

    private SocketTransport MakeTransport() => new() { TlsOptions = new SslServerAuthenticationOptions { ServerCertificate = _certificate } };

    private JsonRpcClient MakeClient(JsonRpcServer server) => JsonRpc.MakeClient(server.Address, new()
    {
        Transport = new SocketClientTransport
        {
            UseEventLoops = useEventLoops,
            TlsOptions = new() { RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == _certificate.GetCertHashString() },
        },
    });

    private static async Task ReadAsync(JsonRpcClient client, string method, List<int> items)
    {
        await foreach (var item in client.CallStreamAsync<int>(method))
            items.Add(item);
    }

    private static async IAsyncEnumerable<int> CountAsync(int to, SemaphoreSlim arrived, [EnumeratorCancellation] CancellationToken token)
    {
        for (var i = 1; i <= to; i++)
        {
            yield return i;
            (await arrived.WaitAsync(Patience, token)).Should().BeTrue("the item has arrived");
        }
    }

    private static async IAsyncEnumerable<int> QuietAsync(TaskCompletionSource ended, [EnumeratorCancellation] CancellationToken token)
    {
        try
        {
            yield return 1;
            await Task.Delay(Timeout.Infinite, token);
        }
        finally
        {
            ended.TrySetResult();
        }
    }

    private static async IAsyncEnumerable<int> FailAsync()
    {
        yield return 1;
        await Task.Yield();
        throw new InvalidOperationException("secret");
    }

    private static async IAsyncEnumerable<int> DeafAsync(Task gate)
    {
        yield return 1;
        await gate;
        yield return 2;
    }
}
