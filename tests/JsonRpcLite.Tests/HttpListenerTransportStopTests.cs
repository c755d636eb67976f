using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>What each connection of a server on HttpListener gets during a shutdown: its correct answer, a 503, or a close; and never what looks like an answer.</summary>
public sealed class HttpListenerTransportStopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<JsonRpcFailure> _failures = [];

    [Fact]
    public async Task The_empty_200_that_HttpListener_sends_to_half_a_head_when_it_stops_is_not_an_answer_to_a_client()
    {
        var server = MakeServer(0, x => x, new() { OnUnhandledException = _failures.Enqueue });
        using var middle = new TcpListener(IPAddress.Loopback, 0);
        middle.Start();
        using var client = MakeClient(((IPEndPoint)middle.LocalEndpoint).Port);
        var calling = client.CommandAsync(1);
        using var patience = new CancellationTokenSource(Patience);
        using var accepted = await middle.AcceptSocketAsync(patience.Token);
        var request = new byte[4096];
        await accepted.ReceiveAsync(request, patience.Token);

        // The network is slow: when the server stops, it has received only the beginning.
        using var slow = await RawConnection.OpenAsync(server.Address.Port);
        await slow.SendAsync("POST / HTTP/1.1\r\nHost: local");
        for (var i = 0; i < 3; i++)
            (await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("1"))).Status.Should().Be(200);
        await server.StopAsync().WaitAsync(Patience);
        var sent = await slow.ReceiveToEndAsync();
        await accepted.SendAsync(System.Text.Encoding.Latin1.GetBytes(sent), patience.Token);
        accepted.Shutdown(SocketShutdown.Send);

        // HttpListener itself does this; if a later version does not, docs/http-listener.md can drop it.
        sent.Should().StartWith("HTTP/1.1 200 ").And.EndWith("\r\n\r\n0\r\n\r\n", "it is empty");
        var thrown = (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<HttpRequestException>()).Which;
        thrown.Message.Should().Contain("the body is empty").And.Contain(client.Address.ToString());
        thrown.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    // HttpListener itself does this, too. A connection that was not handled yet may be closed without a byte.
    [Theory]
    [InlineData("one request and its reply", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1")]
    [InlineData("nothing", "")]
    [InlineData("half a request line", "POST / HT")]
    public async Task The_empty_200_that_HttpListener_sends_to_waiting_clients_when_it_stops_is_not_an_answer_to_them(string behind, string sent)
    {
        var server = MakeServer(0, x => x, new() { OnUnhandledException = _failures.Enqueue });
        var connections = new List<RawConnection>();
        for (var i = 0; i < 16; i++)
        {
            var connection = await RawConnection.OpenAsync(server.Address.Port);
            connections.Add(connection);
            await connection.SendAsync(sent.Replace("localhost", server.Address.Authority, StringComparison.Ordinal));
            if (sent.EndsWith('1'))
                (await connection.ReceiveAsync())!.Text.Should().Be("1");
        }
        for (var i = 0; i < 3; i++)
            (await RawConnection.ExchangeAsync(server.Address.Port, RawRequest.Post("1"))).Status.Should().Be(200);

        await server.StopAsync().WaitAsync(Patience);

        var received = new List<string>();
        foreach (var connection in connections)
        {
            received.Add(await connection.ReceiveToEndAsync());
            connection.Dispose();
        }
        received.RemoveAll(r => r.Length == 0);
        received.Should().NotBeEmpty("of those after {0}; if HttpListener no longer does this, docs/http-listener.md can drop it", behind)
            .And.OnlyContain(
                r => r.StartsWith("HTTP/1.1 200 OK\r\n") && r.Contains("\r\nConnection: close\r\n") && r.IndexOf("\r\n\r\n") == r.Length - 4, "its head, and nothing behind it");
        using var scripted = new ScriptedServer();
        using var client = MakeClient(scripted.Port);
        scripted.Then(received[0]).Then(received[0]);
        (await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which.Message.Should().Contain("the body is empty");
        client.Invoking(c => c.Command(1)).Should().Throw<HttpRequestException>().WithMessage("*the body is empty*");
        _failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_client_whose_idle_connection_the_shutdown_broke_is_refused_and_not_answered()
    {
        var server = MakeServer(0, x => x);
        using var client = MakeClient(server.Address);
        foreach (var _ in Enumerable.Range(0, 8))
            (await client.CommandAsync(1))!.GetValue<int>().Should().Be(1);
        client.Command(1)!.GetValue<int>().Should().Be(1);

        await server.StopAsync().WaitAsync(Patience);

        (await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
        client.Invoking(c => c.Command(1)).Should().Throw<HttpRequestException>().Which.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
    }
}
