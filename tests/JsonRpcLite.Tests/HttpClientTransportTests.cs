using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json.Nodes;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>A client that uses a caller's own HttpClient.</summary>
public sealed class HttpClientTransportTests : IDisposable
{
    private readonly ScriptedServer _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_callers_own_handlers_see_every_call()
    {
        var handler = new TokenHandler { InnerHandler = new SocketsHttpHandler() };
        using var httpClient = new HttpClient(handler);
        using var client = MakeClient(_server.Port, new() { Transport = new HttpClientTransport(httpClient) { AllowSynchronous = true } });
        _server.Then(ScriptedServer.Ok("1"), Ending.Keep).Then(ScriptedServer.Ok("2"), Ending.Keep);

        (await client.CommandAsync(1))!.ToJsonString().Should().Be("1");
        client.Command(1)!.ToJsonString().Should().Be("2");

        _server.Requests.Should().HaveCount(2).And.OnlyContain(request => request.Contains("Authorization: Bearer of-the-day\r\n"));
        (handler.Asynchronous, handler.Synchronous).Should().Be((1, 1));
    }

    [Fact]
    public async Task A_callers_own_HttpClient_may_answer_by_itself_and_fail_in_its_own_way()
    {
        using var httpClient = new HttpClient(new OwnHandler(request => request.RequestUri!.AbsolutePath switch
        {
            "/answer" => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("""{"from":"itself"}""") },
            "/nothing" => new HttpResponseMessage(HttpStatusCode.OK),
            _ => throw new HttpRequestException("The circuit is open."),
        }));
        var address = new Uri("http://service.example/");
        using var answered = MakeClient(new Uri(address, "answer"), new() { Transport = new HttpClientTransport(httpClient) });
        using var nothing = MakeClient(new Uri(address, "nothing"), new() { Transport = new HttpClientTransport(httpClient) });
        using var failed = MakeClient(address, new() { Transport = new HttpClientTransport(httpClient) });

        (await answered.CommandAsync(1))!.ToJsonString().Should().Be("""{"from":"itself"}""");
        (await nothing.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which.Message.Should().Contain("empty");
        (await failed.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which.Message.Should().Contain("The circuit is open.")
            .And.Contain("http://service.example/");
    }

    [Fact]
    public async Task A_callers_own_handlers_find_each_field_where_they_look_for_it()
    {
        HttpRequestMessage? seen = null;
        using var httpClient = new HttpClient(new OwnHandler(request =>
        {
            seen = request;
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("1") };
        }));
        using var client = MakeClient(_server.Port, new() { Transport = new HttpClientTransport(httpClient), Headers = { ["X-Key"] = "k", ["Content-Language"] = "de" } });

        await client.CommandAsync(1);

        seen!.Headers.Select(h => h.Key).Should().BeEquivalentTo(HeaderFields.TimeoutMs, HeaderFields.Kind, "X-Key");
        seen.Content!.Headers.Select(h => h.Key).Should().Contain(["Content-Type", "Content-Language"]).And.NotContain(HeaderFields.TimeoutMs);
    }

    [Fact]
    public async Task Each_field_is_sent_once_by_connections_of_its_own()
    {
        using var client = MakeClient(
            _server.Port, new() { Headers = { ["X-Key"] = "k", ["Authorization"] = "Bearer b", ["Content-Language"] = "de", ["Via"] = "1.1 here", ["Expires"] = "0" } });
        _server.Then(ScriptedServer.Ok("1"), Ending.Keep).Then(ScriptedServer.Ok("2"), Ending.Keep);

        await client.CommandAsync(1);
        client.Command(1);

        foreach (var request in _server.Requests)
        {
            foreach (var line in new[] { "JsonRpc-Timeout-Ms: 30000", "JsonRpc-Kind: plain", "X-Key: k", "Authorization: Bearer b", "Content-Language: de", "Via: 1.1 here",
                "Expires: 0", "Content-Type: application/json" })
                request.Split("\r\n").Where(l => l == line).Should().ContainSingle(line);
        }
    }

    [Fact]
    public async Task A_callers_own_HttpClient_is_used_synchronously_only_where_that_is_allowed()
    {
        using var httpClient = new HttpClient();
        using var client = MakeClient(_server.Port, new() { Transport = new HttpClientTransport(httpClient) });
        _server.Then(ScriptedServer.Ok("1"));

        client.Invoking(c => c.Command(1)).Should().Throw<NotSupportedException>().WithMessage("*AllowSynchronous*");
        (await client.CommandAsync(1))!.ToJsonString().Should().Be("1");
        _server.Requests.Should().HaveCount(1);
    }

    [Fact]
    public async Task A_callers_own_HttpClient_outlives_the_client()
    {
        using var httpClient = new HttpClient();
        _server.Then(ScriptedServer.Ok("1"), Ending.Keep).Then(ScriptedServer.Ok("2"), Ending.Keep);
        for (var i = 1; i <= 2; i++)
        {
            using var client = MakeClient(_server.Port, new() { Transport = new HttpClientTransport(httpClient) });
            (await client.CommandAsync(1))!.ToJsonString().Should().Be($"{i}");
        }
    }

    [Fact]
    public async Task The_shorter_time_out_wins()
    {
        using var httpClient = new HttpClient { Timeout = TimeSpan.FromMilliseconds(300) };
        using var client = MakeClient(_server.Port, new() { Transport = new HttpClientTransport(httpClient) });
        _server.Then("", Ending.Stall);

        (await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<TaskCanceledException>()).Which.InnerException.Should().BeOfType<TimeoutException>();
    }

    /// <summary>
    /// SocketsHttpHandler checks it four times within its idle time-out, by a read that would add its socket to the runtime's event loop for ever. It uses no clock
    /// but the system's, so the time-out is short here: a check every 3 s, while it would close the connection as idle after 12 s.
    /// </summary>
    [Fact]
    public async Task An_idle_connection_of_synchronous_calls_ends_when_its_pool_checks_it()
    {
        using var listening = new TcpListener(IPAddress.Loopback, 0);
        listening.Start();
        using var client = MakeClient(
            ((IPEndPoint)listening.LocalEndpoint).Port, new() { Transport = new HttpClientTransport(new WebProxy(), blockingIdleTime: TimeSpan.FromSeconds(12)) });

        using var first = await AnswerAsync("1", times: 2);
        (await first.ReceiveToEndAsync().WaitAsync(TimeSpan.FromSeconds(10))).Should().BeEmpty();
        using var second = await AnswerAsync("2", times: 1);

        async Task<RawConnection> AnswerAsync(string reply, int times)
        {
            RawConnection? connection = null;
            for (var i = 0; i < times; i++)
            {
                var call = OwnThread.Run(() => client.Command(1)!.ToJsonString());
                connection ??= RawConnection.On(await listening.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(30)));
                await connection.ReceiveUntilAsync("\r\n\r\n1");
                await connection.SendAsync(ScriptedServer.Ok(reply));
                (await call).Should().Be(reply);
            }
            return connection!;
        }
    }

    /// <summary>TLS above a tunnel reads asynchronously, even for a synchronous caller.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_through_a_proxy_reaches_the_handshake_with_its_server(bool isSynchronous)
    {
        using var proxy = new TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        var handshakeFailure = "\x15\x03\x03\0\x02\x02\x28";
        using var transport = new HttpClientTransport(new WebProxy($"http://127.0.0.1:{((IPEndPoint)proxy.LocalEndpoint).Port}"), blockingIdleTime: TimeSpan.FromSeconds(45));
        using var client = MakeClient(new Uri("https://service.example/"), new() { Transport = transport });

        var call = isSynchronous ? OwnThread.Run(() => client.Command(1)) : client.CommandAsync(1);
        using var connection = RawConnection.On(await proxy.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(30)));
        (await connection.ReceiveUntilAsync("\r\n\r\n")).Should().StartWith("CONNECT service.example:443 HTTP/1.1\r\n");
        await connection.SendAsync("HTTP/1.1 200 OK\r\n\r\n");
        (await connection.ReceiveUntilAsync("\x16\x03")).Should().NotBeEmpty("the client says hello");
        await connection.SendAsync(handshakeFailure);

        (await call.Invoking(c => c).Should().ThrowAsync<HttpRequestException>()).Which.ToString()
            .Should().Contain(nameof(AuthenticationException), "the reply of the server has been read");
    }

    /// <summary>Adds a token to synchronous and asynchronous requests, as a handler must that may be used synchronously.</summary>
    private sealed class TokenHandler : DelegatingHandler
    {
        public int Asynchronous { get; private set; }

        public int Synchronous { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asynchronous++;
            request.Headers.Add("Authorization", "Bearer of-the-day");
            return base.SendAsync(request, cancellationToken);
        }

        protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Synchronous++;
            request.Headers.Add("Authorization", "Bearer of-the-day");
            return base.Send(request, cancellationToken);
        }
    }

    private sealed class OwnHandler(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer(request));
    }
}
