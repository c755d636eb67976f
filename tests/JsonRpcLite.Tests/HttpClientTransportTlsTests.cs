using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>HttpClient over TLS: what it hides about the end of a reply, and what it reports about a failed handshake.</summary>
public sealed class HttpClientTransportTlsTests : IDisposable
{
    private readonly X509Certificate2 _certificate = TestCertificate.Make();

    public void Dispose() => _certificate.Dispose();

    /// <summary>RFC 9112 9.8: an attacker who cuts the connection could cut the number.</summary>
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n12345", Ending.Close, false)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n12345", Ending.Shutdown, false)]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n12345", Ending.Close, false)]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"a\":1}", Ending.Close, false)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n12345", Ending.Close, false)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345", Ending.Close, true)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n", Ending.Close, true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n12345", Ending.Close, true)]
    public async Task A_reply_without_a_length_is_not_trusted_under_TLS(string reply, Ending ending, bool isBelieved)
    {
        using var server = new ScriptedServer(_certificate);
        using var client = Make(server);
        foreach (var isSynchronous in new[] { false, true })
        {
            server.Then(reply, ending);

            var calling = FluentActions.Awaiting(() => CallAsync(client, isSynchronous));

            if (isBelieved)
            {
                (await calling())!.ToJsonString().Should().Be("12345");
                continue;
            }
            var thrown = (await calling.Should().ThrowAsync<HttpReplyException>()).Which;
            thrown.HttpRequestError.Should().Be(HttpRequestError.ResponseEnded);
            thrown.Message.Should().Contain("cut off");
        }
    }

    [Theory]
    [InlineData("12345", false)]
    [InlineData(" -1", false)]
    [InlineData("{\"a\":1}", true)]
    [InlineData("\"text\"", true)]
    public async Task Behind_a_callers_own_HttpClient_a_number_without_a_length_is_not_trusted(string body, bool isBelieved)
    {
        using var server = new ScriptedServer(_certificate);
        using var httpClient = new HttpClient(new SocketsHttpHandler { SslOptions = Trusting });
        using var client = MakeClient(AddressOf(server), new() { Transport = new HttpClientTransport(httpClient) { AllowSynchronous = true } });
        foreach (var isSynchronous in new[] { false, true })
        {
            server.Then($"HTTP/1.1 200 OK\r\n\r\n{body}");

            var calling = FluentActions.Awaiting(() => CallAsync(client, isSynchronous));

            if (isBelieved)
                (await calling())!.ToJsonString().Should().Be(body);
            else
                (await calling.Should().ThrowAsync<HttpReplyException>()).Which.HttpRequestError.Should().Be(HttpRequestError.ResponseEnded);
        }
    }

    [Fact]
    public async Task A_reply_that_a_handler_made_up_is_trusted_under_https()
    {
        using var httpClient = new HttpClient(new MadeUp());
        using var client = MakeClient(new Uri("https://service.example/"), new() { Transport = new HttpClientTransport(httpClient) });

        (await client.CommandAsync(1))!.ToJsonString().Should().Be("12345");
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n12345", Ending.Close)]
    [InlineData("HTTP/1.0 200 OK\r\n\r\n12345", Ending.Close)]
    public async Task Without_TLS_a_reply_ends_with_its_connection(string reply, Ending ending)
    {
        using var server = new ScriptedServer();
        using var client = MakeClient(server.Port);
        foreach (var isSynchronous in new[] { false, true })
        {
            server.Then(reply, ending);
            (await CallAsync(client, isSynchronous))!.ToJsonString().Should().Be("12345");
        }
    }

    [Theory]
    [InlineData("1" + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n666")]
    [InlineData("1\r\n")]
    public async Task Bytes_after_a_reply_are_not_the_reply_to_the_next_call(string body)
    {
        foreach (var certificate in new[] { null, _certificate })
        {
            using var server = new ScriptedServer(certificate);
            using var client = Make(server);
            foreach (var isSynchronous in new[] { false, true })
            {
                server.Then(["HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", body], Ending.Keep).Then(ScriptedServer.Ok("2"), Ending.Keep);

                (await CallAsync(client, isSynchronous))!.ToJsonString().Should().Be("1");
                (await CallAsync(client, isSynchronous))!.ToJsonString().Should().Be("2");
            }
        }
    }

    [Fact]
    public void Replaced_connections_end_with_their_last_call()
    {
        var made = new List<CountingInvoker>();
        using var connections = new OwnConnections(() =>
        {
            made.Add(new CountingInvoker());
            return made[^1];
        });
        var (first, second) = (connections.Enter(), connections.Enter());

        connections.Replace(first);
        connections.Replace(second);
        var third = connections.Enter();

        made.Should().HaveCount(2, "both came from the same");
        third.Connections.Should().BeSameAs(made[1]);
        first.Leave();
        made[0].IsDisposed.Should().BeFalse();
        second.Leave();
        (made[0].IsDisposed, made[1].IsDisposed).Should().Be((true, false));
        third.Leave();
        made[1].IsDisposed.Should().BeFalse();
        connections.Dispose();
        made[1].IsDisposed.Should().BeTrue();
    }

    private SslClientAuthenticationOptions Trusting =>
        new() { RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == _certificate.Thumbprint };

    private JsonRpcClient Make(ScriptedServer server) =>
        MakeClient(AddressOf(server), new() { Transport = new HttpClientTransport(new WebProxy(), TimeSpan.FromSeconds(45), Trusting) });

    private static Uri AddressOf(ScriptedServer server) => new($"{(server.IsSecure ? "https" : "http")}://localhost:{server.Port}/");

    private static Task<JsonNode?> CallAsync(JsonRpcClient client, bool isSynchronous) => isSynchronous ? OwnThread.Run(() => client.Command(1)) : client.CommandAsync(1);

    private sealed class MadeUp : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("12345") });
    }

    private sealed class CountingInvoker() : HttpMessageInvoker(new MadeUp())
    {
        public bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
