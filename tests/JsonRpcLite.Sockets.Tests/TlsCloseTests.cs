using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

public sealed class TlsCloseOnEventLoops() : TlsCloseTests(eventLoops: 2);

public sealed class TlsCloseOnTheThreadPool() : TlsCloseTests(eventLoops: 0);

/// <summary>
/// The side that closes a connection under TLS sends a close_notify alert first (RFC 9112 9.8). In TLS 1.2 the type of a record is not encrypted; in TLS 1.3 an alert is known by
/// its length: two bytes, one for the type, and the 16 of the cipher's tag.
/// </summary>
public abstract class TlsCloseTests(int eventLoops) : SocketTests(eventLoops)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly X509Certificate2 _certificate = TestCertificate.Make();

    public static TheoryData<string, SslProtocols> Ends
    {
        get
        {
            var data = new TheoryData<string, SslProtocols>();
            foreach (var end in new[] { "idle for too long", "no request in time", "no whole head in time", "a stop while it is idle", "a stop in the middle of a head",
                "a last reply", "a malformed request", "the client's end" })
            {
                data.Add(end, SslProtocols.Tls12);
                data.Add(end, SslProtocols.Tls13);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task The_server_sends_a_close_notify_before_it_closes(string end, SslProtocols protocol)
    {
        var server = Serve(new SocketTransport { TlsOptions = new SslServerAuthenticationOptions { ServerCertificate = _certificate } });
        using var client = await TlsPeer.ConnectAsync(server.Address.Port, protocol);
        const string whole = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n7";
        if (end != "no request in time")
        {
            // A part of the next head comes with the first request, so that the server has certainly read it.
            await client.SendAsync(whole + (end.Contains("head", StringComparison.Ordinal) ? "POST / HTTP/1.1\r\nHost: local" : ""));
            await client.ReceiveUntilAsync("{\"echo\":7}");
        }

        var ended = client.ReceiveToEndAsync();
        switch (end)
        {
            case "a stop while it is idle" or "a stop in the middle of a head":
                await server.StopAsync().WaitAsync(Patience);
                break;
            case "a last reply":
                await client.SendAsync(whole.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal));
                break;
            case "a malformed request":
                await client.SendAsync("?\r\n\r\n");
                break;
            case "the client's end":
                await client.SayEndAsync();
                break;
        }
        if (end.EndsWith("time", StringComparison.Ordinal) || end.EndsWith("too long", StringComparison.Ordinal))
            Clock.AdvanceUntil(ended);
        var last = await ended.WaitAsync(Patience);

        client.LastRecord.Should().Be(protocol == SslProtocols.Tls12 ? (21, client.LastRecord.Length) : (23, 19), "that is a close_notify");
        last.Should().StartWith(end switch { "a malformed request" => "HTTP/1.1 400 ", "a last reply" => "HTTP/1.1 200 ", "no whole head in time" => "HTTP/1.1 408 ", _ => "" });
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_client_that_reads_nothing_does_not_delay_the_close()
    {
        var server = ServeRaw((exchange, _) =>
        {
            exchange.ResponseBody.GetSpan(10_000_000)[..10_000_000].Clear();
            exchange.ResponseBody.Advance(10_000_000);
            return default;
        }, new SocketTransport { TlsOptions = new SslServerAuthenticationOptions { ServerCertificate = _certificate } });
        using var client = await TlsPeer.ConnectAsync(server.Address.Port, SslProtocols.Tls13);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n7");
        await client.ReceiveUntilAsync("\r\n\r\n");

        var stopping = server.StopAsync(new CancellationToken(canceled: true));
        Clock.AdvanceUntil(stopping);
        await stopping.WaitAsync(Patience);

        Failures.Should().BeEmpty();
    }

    [Theory]
    [InlineData("sync")]
    [InlineData("async")]
    [InlineData("async on loops")]
    public async Task The_client_sends_a_close_notify_before_it_closes(string form)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var transport = new SocketClientTransport
        {
            UseEventLoops = form == "async on loops",
            TlsOptions = new() { RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null, EnabledSslProtocols = SslProtocols.Tls12 },
        };
        var client = JsonRpc.MakeClient($"https://localhost:{((IPEndPoint)listener.LocalEndPoint!).Port}/", new() { Transport = transport });
        var calling = form == "sync" ? Task.Run(() => client.Command(1)) : client.CommandAsync(1);
        using var server = await TlsPeer.AcceptAsync(await listener.AcceptAsync().WaitAsync(Patience), _certificate);
        await server.ReceiveUntilAsync("\r\n\r\n1");
        await server.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n7");
        (await calling.WaitAsync(Patience))!.ToJsonString().Should().Be("7");

        client.Dispose();
        await server.ReceiveToEndAsync();

        server.LastRecord.Type.Should().Be(21);
    }
}
