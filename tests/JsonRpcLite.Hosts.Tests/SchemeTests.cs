using System.Net.Security;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Hosts.Tests;

public sealed class SchemeOnHttpClient() : SchemeTests(() => new HttpClientTransport());

public sealed class SchemeOnCallersHttpClient() : SchemeTests(() => new HttpClientTransport(new HttpClient()) { AllowSynchronous = true });

public sealed class SchemeOnSockets() : SchemeTests(() => new SocketClientTransport());

public sealed class SchemeOnPortableSockets() : SchemeTests(() => new SocketClientTransport { UseEventLoops = false });

/// <summary>A wrong scheme and a certificate that is not trusted are named in the message itself, which is what a log shows.</summary>
public abstract class SchemeTests(Func<ClientTransport> makeTransport)
{
    private const string Question = "Is the scheme right?";

    [Fact]
    public async Task The_error_of_https_to_a_plain_port_questions_the_scheme()
    {
        await using var onSockets = MakeServer(0, x => x, new() { Transport = new SocketTransport() });
        await using var onListener = MakeServer(0, x => x);
        foreach (var port in new[] { onSockets.Address.Port, onListener.Address.Port })
            await ShouldSayAsync($"https://127.0.0.1:{port}/", HttpRequestError.SecureConnectionError, Question, "http://.");
    }

    [Fact]
    public async Task The_error_of_http_to_a_TLS_port_questions_the_scheme()
    {
        using var certificate = TestCertificate.Make();
        await using var server = MakeServer(0, x => x, new() { Transport = new SocketTransport { TlsOptions = new() { ServerCertificate = certificate } } });
        using var alerting = new ScriptedServer().Then("\x15\x03\x03\0\x02\x02\x46").Then("\x15\x03\x01\0\x02\x02\x46");
        // The alert for an unexpected message is 10, which looks like the end of a line.
        using var surprised = new ScriptedServer().Then("\x15\x03\x03\0\x02\x02\x0a").Then("\x15\x03\x01\0\x02\x02\x0a");
        await ShouldSayAsync($"http://localhost:{server.Address.Port}/", null, Question, "https://.");
        await ShouldSayAsync($"http://localhost:{alerting.Port}/", null, Question, "https://.");
        await ShouldSayAsync($"http://localhost:{surprised.Port}/", HttpRequestError.InvalidResponse, Question, "https://.");
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    public async Task The_error_of_a_connection_that_ends_before_a_reply_says_so_first(string reply)
    {
        using var server = new ScriptedServer();
        server.Then(reply, Ending.Close).Then(reply, Ending.Close);

        foreach (var thrown in await ShouldSayAsync($"http://127.0.0.1:{server.Port}/", HttpRequestError.ResponseEnded, "connection"))
        {
            thrown.Message.Should().NotContain("An error occurred").And.MatchRegex("failed: The (connection ended|server closed the connection).*reply.* Is the scheme right?");
        }
    }

    [Fact]
    public async Task A_server_that_has_answered_has_the_right_scheme()
    {
        using var server = new ScriptedServer();
        server.Then(ScriptedServer.Ok("1"), Ending.Keep).Then("");
        using var client = MakeClient(server.Port, new() { Transport = makeTransport() });
        await client.CommandAsync(1);

        (await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which.Message.Should().NotContain(Question);
    }

    [Theory]
    [InlineData("localhost", -1, 1, "UntrustedRoot")]
    [InlineData("localhost", -3, -1, "NotTimeValid")]
    [InlineData("other.example", -1, 1, "RemoteCertificateNameMismatch")]
    public async Task The_message_says_why_a_certificate_is_not_trusted(string name, int from, int until, string reason)
    {
        using var certificate = TestCertificate.Make(name, from, until);
        using var server = new ScriptedServer(certificate);

        foreach (var thrown in await ShouldSayAsync($"https://localhost:{server.Port}/", HttpRequestError.SecureConnectionError, reason, $"https://localhost:{server.Port}/"))
            thrown.Message.Should().NotContain(Question).And.NotContain("see inner exception");
    }

    private async Task<List<HttpRequestException>> ShouldSayAsync(string address, HttpRequestError? error, params string[] said)
    {
        var all = new List<HttpRequestException>();
        foreach (var isSynchronous in new[] { false, true })
        {
            using var client = MakeClient(address, new() { Transport = makeTransport() });

            var thrown = (await FluentActions.Awaiting(() => CallAsync(client, isSynchronous)).Should().ThrowAsync<HttpRequestException>()).Which;

            all.Add(thrown);
            if (error is not null)
                thrown.HttpRequestError.Should().Be(error);
            foreach (var text in said)
                thrown.Message.Should().Contain(text);
        }
        return all;
    }

    private static Task<JsonNode?> CallAsync(JsonRpcClient client, bool isSynchronous) => isSynchronous ? OwnThread.Run(() => client.Command(1)) : client.CommandAsync(1);
}
