using System.Net;
using System.Net.Sockets;
using System.Text;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>A server that answers wrongly, or not at all, never gives a result.</summary>
public sealed class JsonRpcClientTests : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly int _port;

    public JsonRpcClientTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
    }

    public void Dispose() => _listener.Dispose();

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "empty")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", "empty")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<b>Hello!</b>", "not JSON")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\"\xff\"", "UTF-8")]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 13\r\n\r\n<b>Hello!</b>", "not a success")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}", "not a success")]
    [InlineData("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 21\r\n\r\n{\"error\":{\"code\":\"x\"}}", "not a success")]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", "redirects")]
    public async Task A_reply_that_is_not_a_valid_answer_is_an_HttpRequestException_that_quotes_it(string reply, string reason)
    {
        using var client = MakeClient(_port);
        var serving = AnswerAsync(reply);

        var thrown = (await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which;

        await serving;
        thrown.HttpRequestError.Should().Be(HttpRequestError.InvalidResponse);
        ((int)thrown.StatusCode!).Should().Be(int.Parse(reply[9..12], System.Globalization.CultureInfo.InvariantCulture));
        thrown.Message.Should().Contain($"http://127.0.0.1:{_port}/").And.Contain(reason);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\"")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")]
    [InlineData("HTTP/1.1 200 O")]
    [InlineData("")]
    public async Task A_reply_that_is_cut_off_is_an_HttpRequestException(string reply)
    {
        using var client = MakeClient(_port);
        var serving = AnswerAsync(reply);

        var thrown = (await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which;

        await serving;
        thrown.HttpRequestError.Should().Be(HttpRequestError.ResponseEnded);
        thrown.Message.Should().Contain($"http://127.0.0.1:{_port}/");
    }

    [Fact]
    public async Task A_refused_connection_is_an_HttpRequestException_with_its_reason()
    {
        _listener.Dispose();
        using var client = MakeClient(_port);

        var asynchronous = (await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which;
        var synchronous = client.Invoking(c => c.Command(1)).Should().Throw<HttpRequestException>().Which;

        foreach (var thrown in new[] { asynchronous, synchronous })
        {
            thrown.HttpRequestError.Should().Be(HttpRequestError.ConnectionError);
            thrown.Message.Should().Contain($"http://127.0.0.1:{_port}/");
        }
    }

    [Fact]
    public async Task A_reply_over_the_limit_is_refused_with_or_without_a_Content_Length()
    {
        using var client = MakeClient(_port, new() { MaxResponseBodySize = 1024 });
        foreach (var reply in new[]
        {
            "HTTP/1.1 200 OK\r\nContent-Length: 1025\r\n\r\n",
            $"HTTP/1.0 200 OK\r\n\r\n\"{new string('x', 1023)}\"",
        })
        {
            var serving = AnswerAsync(reply);
            var thrown = (await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which;
            await serving;
            thrown.HttpRequestError.Should().Be(HttpRequestError.ConfigurationLimitExceeded);
            thrown.Message.Should().Contain("1024 bytes");
        }
    }

    [Fact]
    public async Task A_time_out_is_a_TaskCanceledException_around_a_TimeoutException()
    {
        var clock = new ManualClock();
        using var client = MakeClient(_port, new() { Timeout = TimeSpan.FromMilliseconds(200), TimeProvider = clock });

        // The port accepts no call, and does not answer.
        var asynchronous = await ThrownAsync(client.CommandAsync(1));
        var synchronous = await ThrownAsync(OwnThread.Run(() => client.Command(1)));

        foreach (var thrown in new[] { asynchronous, synchronous })
        {
            thrown.InnerException.Should().BeOfType<TimeoutException>();
            thrown.Message.Should().Contain("0.2 s").And.Contain($"http://127.0.0.1:{_port}/");
        }

        async Task<TaskCanceledException> ThrownAsync(Task call)
        {
            clock.AdvanceUntil(Task.WhenAny(call));
            return (await FluentActions.Awaiting(() => call).Should().ThrowAsync<TaskCanceledException>()).Which;
        }
    }

    [Fact]
    public async Task A_reply_that_stalls_in_its_middle_is_a_time_out_and_the_next_call_succeeds()
    {
        var clock = new ManualClock();
        using var client = MakeClient(_port, new() { Timeout = TimeSpan.FromSeconds(2), TimeProvider = clock });
        foreach (var isSynchronous in new[] { true, false })
        {
            using var stalled = new CancellationTokenSource();
            var begun = new TaskCompletionSource();
            var stalling = AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\"", begun, stalled.Token);

            var call = isSynchronous ? OwnThread.Run(() => client.Command(1)) : client.CommandAsync(1);
            await begun.Task.WaitAsync(TimeSpan.FromSeconds(30));
            clock.Advance(TimeSpan.FromSeconds(1.9));
            call.IsCompleted.Should().BeFalse();
            clock.Advance(TimeSpan.FromSeconds(0.1));

            (await FluentActions.Awaiting(() => call).Should().ThrowAsync<TaskCanceledException>()).Which.InnerException.Should().BeOfType<TimeoutException>();
            var answering = AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");
            var next = isSynchronous ? await OwnThread.Run(() => client.Command(1)) : await client.CommandAsync(1);
            next!.ToJsonString().Should().Be("2");
            await stalled.CancelAsync();
            await Task.WhenAll(stalling, answering);
        }
    }

    [Fact]
    public async Task A_call_whose_client_is_disposed_is_cancelled_and_not_timed_out()
    {
        var client = MakeClient(_port);
        var calling = client.CommandAsync(1);

        client.Dispose();

        var thrown = (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<TaskCanceledException>()).Which;
        thrown.InnerException.Should().NotBeOfType<TimeoutException>();
        thrown.Message.Should().Contain("disposed");
    }

    [Fact]
    public async Task A_cancellation_carries_the_callers_token()
    {
        using var client = MakeClient(_port);
        using var cancellation = new CancellationTokenSource();
        var calling = client.CommandAsync(1, cancellation.Token);

        await cancellation.CancelAsync();

        var thrown = (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<TaskCanceledException>()).Which;
        thrown.CancellationToken.Should().Be(cancellation.Token);
        thrown.InnerException.Should().NotBeOfType<TimeoutException>();
    }

    [Fact]
    public async Task An_HTTP_1_0_reply_that_ends_by_closing_is_understood()
    {
        using var client = MakeClient(_port);
        var serving = AnswerAsync("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{\"echo\":1}");

        var reply = await client.CommandAsync(1);

        await serving;
        reply!.ToJsonString().Should().Be("""{"echo":1}""");
    }

    [Fact]
    public async Task A_call_is_sent_as_a_POST_of_UTF8_JSON_with_its_length()
    {
        using var client = MakeClient(_port, new() { Headers = { ["Authorization"] = "Bearer x", ["Content-Type"] = "application/vnd.x+json" } });
        var serving = AnswerAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull");

        await client.CommandAsync(new { hello = "wörld 😀" });

        Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(await serving)).Should().Be(
            $"POST / HTTP/1.1\r\nHost: 127.0.0.1:{_port}\r\nAuthorization: Bearer x\r\nJsonRpc-Timeout-Ms: 30000\r\nContent-Type: application/vnd.x+json\r\nJsonRpc-Kind: plain\r\nContent-Length: 23\r\n\r\n{{\"hello\":\"wörld 😀\"}}");
    }

    [Fact]
    public void A_callers_own_HttpClient_is_not_used_synchronously_by_default()
    {
        using var httpClient = new HttpClient();
        using var client = MakeClient(_port, new() { Transport = new HttpClientTransport(httpClient) });

        client.Invoking(c => c.Command(1)).Should().Throw<NotSupportedException>().WithMessage("*AllowSynchronous*");
    }

    /// <summary>Accepts one connection, reads one request (which it returns), writes the reply, and closes; with a token, only when that is cancelled.</summary>
    private async Task<string> AnswerAsync(string latin1, TaskCompletionSource? sent = null, CancellationToken openUntil = default)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var connection = await _listener.AcceptAsync(patience.Token);
        var request = "";
        var buffer = new byte[4096];
        while (!IsWhole(request))
            request += Encoding.Latin1.GetString(buffer, 0, await connection.ReceiveAsync(buffer, patience.Token));
        await connection.SendAsync(Encoding.Latin1.GetBytes(latin1), patience.Token);
        sent?.SetResult();
        if (openUntil.CanBeCanceled)
            await Task.Delay(TimeSpan.FromSeconds(30), openUntil).ContinueWith(_ => { }, TaskScheduler.Default);
        connection.Shutdown(SocketShutdown.Send);
        return request;
    }

    private static bool IsWhole(string request)
    {
        var end = request.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
            return false;
        var length = request[..end].Split("\r\n").Single(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal));
        return request.Length - end - 4 == int.Parse(length[16..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
