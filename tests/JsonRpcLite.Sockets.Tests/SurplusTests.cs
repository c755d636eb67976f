using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>Bytes after a reply answer no call (RFC 9112 6.3): the next call never takes them for its own reply, whether they wait in the socket or in TLS.</summary>
public sealed class SurplusTests : IDisposable
{
    private const string Surplus = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n666";

    private readonly System.Security.Cryptography.X509Certificates.X509Certificate2 _certificate = TestCertificate.Make();

    public void Dispose() => _certificate.Dispose();

    /// <summary>A reply, cut into TLS records, and the bytes after it.</summary>
    public static TheoryData<string[]> Replies => new()
    {
        new[] { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", "1" + Surplus },
        new[] { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", "1", Surplus },
        new[] { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1", Surplus },
        new[] { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1" + Surplus },
        new[] { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", "1\r\n" },
        new[] { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1", "\r\n" },
        new[] { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", "1\n" },
        new[] { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n1\r\n", "0\r\n\r\n" + Surplus },
        new[] { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n", Surplus },
        new[] { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\n\r\n0\r\n\r\n" },
        // The head fills the client's buffer, so that the body is read on its own.
        new[] { Padded(4097)[..^1], "1" + Surplus },
        new[] { Padded(4097)[..^1], "1", Surplus },
        new[] { Padded(4097)[..^1], "1\r\n" },
        new[] { Padded(4097)[..^1], "1", "\r\n" },
        // The reply ends at the end of the client's buffer, and at the end of a piece of its body.
        new[] { Padded(4096), Surplus },
        new[] { Padded(8192), Surplus },
        new[] { "HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n", new string(' ', 16384), new string(' ', 16384), new string(' ', 16384), new string(' ', 16383) + "1", Surplus },
        new[] { "HTTP/1.1 200 OK\r\nContent-Length: 131072\r\n\r\n", new string(' ', 131071) + "1", Surplus },
    };

    /// <summary>Whether event loops are used, and whether the call blocks, which never uses them.</summary>
    private static IEnumerable<(bool UseEventLoops, bool IsSynchronous)> Paths => [(true, false), (false, false), (false, true)];

    [Theory]
    [MemberData(nameof(Replies))]
    public async Task Bytes_after_a_reply_are_not_the_reply_to_the_next_call(string[] reply)
    {
        foreach (var isTls in new[] { false, true })
        {
            foreach (var useEventLoops in new[] { false, true })
            {
                foreach (var isSynchronous in new[] { false, true })
                {
                    using var server = new ScriptedServer(isTls ? _certificate : null);
                    server.Then(reply, Ending.Keep).Then(ScriptedServer.Ok("2"), Ending.Keep);
                    using var client = Make(server, useEventLoops);

                    var first = await CallAsync(client, isSynchronous);
                    var second = await CallAsync(client, isSynchronous);

                    (first!.ToJsonString(), second!.ToJsonString()).Should().Be(("1", "2"), $"TLS {isTls}, event loops {useEventLoops}, synchronous {isSynchronous}");
                    server.Connections.Should().Be(2);
                }
            }
        }
    }

    [Theory]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "666")]
    [InlineData("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n6\r\n0\r\n\r\n")]
    [InlineData("POST", "HTTP/1.1 204 No Content\r\n\r\n", "666")]
    [InlineData("POST", "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", "666")]
    [InlineData("POST", "HTTP/1.1 304 Not Modified\r\n\r\n", "666")]
    [InlineData("POST", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "666")]
    public async Task A_body_after_a_bodiless_reply_is_not_the_reply_to_the_next_call(string method, string head, string body)
    {
        foreach (var isTls in new[] { false, true })
        {
            foreach (var (useEventLoops, isSynchronous) in Paths)
            {
                using var server = new ScriptedServer(isTls ? _certificate : null);
                server.Then([head, body], Ending.Keep).Then(ScriptedServer.Ok("2"), Ending.Keep);
                using var transport = MakeTransport(useEventLoops);
                var bodiless = new HttpExchange { Address = AddressOf(server), Method = method };
                var next = new HttpExchange { Address = AddressOf(server) };

                await SendAsync(transport, bodiless, isSynchronous);
                await SendAsync(transport, next, isSynchronous);

                bodiless.ResponseBody.Length.Should().Be(0);
                next.ResponseBody.WrittenSpan.ToArray().Should().Equal("2"u8.ToArray());
                server.Connections.Should().Be(2);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_whose_replies_end_where_they_should_is_used_again(bool isTls)
    {
        foreach (var useEventLoops in new[] { false, true })
        {
            foreach (var isSynchronous in new[] { false, true })
            {
                using var server = new ScriptedServer(isTls ? _certificate : null);
                using var client = Make(server, useEventLoops);
                string[][] replies =
                [
                    ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"],
                    ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", "1"],
                    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n1\r\n", "0\r\n\r\n"],
                    ["HTTP/1.1 200 OK\r\nContent-Length: 131072\r\n\r\n", new string(' ', 131071) + "1"],
                ];
                foreach (var reply in replies)
                {
                    server.Then(reply, Ending.Keep);
                    (await CallAsync(client, isSynchronous))!.ToJsonString().Should().Be("1");
                }

                server.Connections.Should().Be(1, $"event loops {useEventLoops}, synchronous {isSynchronous}");
            }
        }
    }

    [Fact]
    public async Task An_empty_line_that_comes_only_after_the_next_request_does_not_make_it_fail()
    {
        foreach (var isTls in new[] { false, true })
        {
            foreach (var (useEventLoops, isSynchronous) in Paths)
            {
                using var server = new ScriptedServer(isTls ? _certificate : null);
                server.Then(ScriptedServer.Ok("1"), Ending.Keep).Then("\r\n" + ScriptedServer.Ok("2"), Ending.Keep).Then(["\r", "\n" + ScriptedServer.Ok("3")], Ending.Keep)
                    .Then("\r\n\r\n" + ScriptedServer.Ok("4"), Ending.Keep);
                using var client = Make(server, useEventLoops);

                for (var i = 1; i <= 3; i++)
                    (await CallAsync(client, isSynchronous))!.ToJsonString().Should().Be($"{i}");
                server.Connections.Should().Be(1);
                (await FluentActions.Awaiting(() => CallAsync(client, isSynchronous)).Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError
                    .Should().Be(HttpRequestError.InvalidResponse);
            }
        }
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("", false)]
    [InlineData("\r", true)]
    [InlineData("\r", false)]
    [InlineData("\r\n", true)]
    [InlineData("\r\n", false)]
    public async Task A_connection_that_ends_with_an_empty_line_is_not_a_reply(string line, bool useEventLoops)
    {
        using var server = new ScriptedServer();
        server.Then(ScriptedServer.Ok("1"), Ending.Keep).Then(line);
        using var client = Make(server, useEventLoops);
        await client.CommandAsync(1);

        (await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError.Should().Be(HttpRequestError.ResponseEnded);
    }

    /// <summary>The rest of the record would come with the next call's reply.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task A_connection_with_a_part_of_a_record_after_its_reply_is_not_used_again(bool useEventLoops, bool isSynchronous)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = MakeClient(new Uri($"https://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}/"), new() { Transport = MakeTransport(useEventLoops) });
        var streams = new Stack<IDisposable>();
        for (var i = 1; i <= 2; i++)
        {
            var calling = CallAsync(client, isSynchronous);
            var accepted = await listener.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(30));
            var wire = new GatheringStream(new NetworkStream(accepted, ownsSocket: true));
            var stream = new SslStream(wire);
            streams.Push(stream);
            await stream.AuthenticateAsServerAsync(_certificate);
            await stream.ReadAtLeastAsync(new byte[1000], 1);
            wire.IsHolding = true;
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(ScriptedServer.Ok($"{i}")));
            await wire.WriteAsync(new byte[] { 0x17, 0x03, 0x03 });
            await wire.SendAsync(CancellationToken.None);

            (await calling.WaitAsync(TimeSpan.FromSeconds(30)))!.ToJsonString().Should().Be($"{i}");
        }
        foreach (var stream in streams)
            stream.Dispose();
    }

    [Theory]
    [InlineData(new byte[] { }, false)]
    [InlineData(new byte[] { 0x17 }, true)]
    [InlineData(new byte[] { 0x17, 3, 3, 0 }, true)]
    [InlineData(new byte[] { 0x17, 3, 3, 0, 0 }, false)]
    [InlineData(new byte[] { 0x17, 3, 3, 0, 2, 9 }, true)]
    [InlineData(new byte[] { 0x17, 3, 3, 0, 2, 9, 9 }, false)]
    [InlineData(new byte[] { 0x17, 3, 3, 0, 1, 9, 0x15 }, true)]
    [InlineData(new byte[] { 0x17, 3, 3, 0, 1, 9, 0x15, 3, 3, 0, 1, 9 }, false)]
    public void A_boundary_of_records_is_found_wherever_the_bytes_are_cut(byte[] bytes, bool isInside)
    {
        var whole = default(RecordBoundary);
        whole.Add(bytes);
        var single = default(RecordBoundary);
        foreach (var one in bytes)
            single.Add([one]);

        (whole.IsInsideRecord, single.IsInsideRecord).Should().Be((isInside, isInside));
    }

    /// <summary>A reply with a given number of bytes.</summary>
    private static string Padded(int size)
    {
        const string start = "HTTP/1.1 200 OK\r\nX: ", end = "\r\nContent-Length: 1\r\n\r\n1";
        return start + new string('x', size - start.Length - end.Length) + end;
    }

    private JsonRpcClient Make(ScriptedServer server, bool useEventLoops) => MakeClient(AddressOf(server), new() { Transport = MakeTransport(useEventLoops) });

    private SocketClientTransport MakeTransport(bool useEventLoops) => new()
    {
        UseEventLoops = useEventLoops,
        TlsOptions = new() { RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == _certificate.Thumbprint },
    };

    private static Uri AddressOf(ScriptedServer server) => server.IsSecure ? new Uri($"https://localhost:{server.Port}/") : new Uri($"http://127.0.0.1:{server.Port}/");

    private static Task<JsonNode?> CallAsync(JsonRpcClient client, bool isSynchronous) => isSynchronous ? OwnThread.Run(() => client.Command(1)) : client.CommandAsync(1);

    private static Task SendAsync(ClientTransport transport, HttpExchange exchange, bool isSynchronous) =>
        isSynchronous ? OwnThread.Run(() => transport.Send(exchange, CancellationToken.None)) : transport.SendAsync(exchange, CancellationToken.None).AsTask();
}
