using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace JsonRpcLite.Tests;

/// <summary>Starts samples/Http11Tour as a user does. It covers these rows of the walk-through that the engine must pass: 8, 14, 15 and 17.</summary>
public sealed class Http11TourTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly List<Process> _started = [];

    [Fact]
    public async Task Row_8_the_walk_through_sends_events_and_reads_them_one_by_one()
    {
        var (exit, output) = await RunAsync();

        exit.Should().Be(0);
        var text = Encoding.UTF8.GetString(output);
        text.Should().MatchRegex(@"\d+ bytes: GET /xml HTTP/1\.1\\r\\nhost: 127\.0\.0\.1:\d+\\r\\n\\r\\n")
            .And.Contain("  0 bytes\n")
            .And.Contain("  Response(status=200, reason=OK, fields=[(Connection, keep-alive), (Server, Http11Tour), (Date, ")
            .And.Contain("(Content-Type, application/xml), (Content-Length, 522), (Access-Control-Allow-Origin, *)")
            .And.Contain("  Data(data=<?xml version='1.0' encoding='us-ascii'?>\\n\\n<!--  A SAMPLE set of slides  -->")
            .And.Contain("  EndOfMessage(trailers=[])")
            .And.MatchRegex(@"  200 bytes came\n  NeedData\n  Response\(")
            .And.Contain("  The read timed out.\n  states: Done, Done\n")
            .And.Contain("  states: Idle, Idle\n")
            .And.Contain("\"data\":\"1234567890\"")
            .And.Contain("  states: MustClose, MustClose\n  ConnectionClosed\n  states: Closed, Closed\n")
            .And.Contain("a response from a client: A client cannot send responses.")
            .And.Contain("two requests in a row: Sending a request is out of order");
        text.Should().NotContain(": sent\n", "nothing that must be refused was sent");
    }

    [Fact]
    public async Task Row_14_a_url_is_fetched_and_its_data_joined()
    {
        var address = await ServeAsync();

        var (exit, output) = await RunAsync("get", $"{address}xml");

        exit.Should().Be(0);
        output.Should().HaveCount(522);
        Encoding.ASCII.GetString(output).Should().StartWith("<?xml").And.EndWith("</slideshow>");
    }

    [Fact]
    public async Task Row_15_a_url_is_fetched_over_TLS()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        var authority = Path.GetTempFileName();
        await File.WriteAllTextAsync(authority, made.ExportCertificatePem());
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var serving = AnswerOverTlsAsync(listener, certificate);

        var (exit, output) = await RunAsync("get", "--ca", authority, $"https://localhost:{((IPEndPoint)listener.LocalEndPoint!).Port}/secret?a=b");

        File.Delete(authority);
        exit.Should().Be(0);
        Encoding.ASCII.GetString(output).Should().Be("said in secret");
        (await serving.WaitAsync(Bound)).Should().StartWith("GET /secret?a=b HTTP/1.1\r\nHost: localhost:");
    }

    [Fact]
    public async Task Row_17_a_small_server_answers_other_peoples_clients()
    {
        using var client = new HttpClient { BaseAddress = new Uri(await ServeAsync()), Timeout = Bound };

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => client.GetStringAsync($"/get?{i}")));
        var posted = await client.PostAsync("/post", new StringContent("{\"emoji\":\"😀\"}"));
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/post") { Content = new StringContent(new string('x', 100_000)) };
        chunked.Headers.TransferEncodingChunked = true;
        var large = await client.SendAsync(chunked);
        using var refused = await client.PutAsync("/post", new StringContent("x"));
        using var absent = await client.GetAsync("/absent");

        answers.Should().HaveCount(20).And.OnlyContain(a => a.Contains("\"method\":\"GET\""));
        (await posted.Content.ReadAsStringAsync()).Should().Contain("emoji");
        (await large.Content.ReadAsStringAsync()).Should().Contain(new string('x', 100_000));
        refused.StatusCode.Should().Be(HttpStatusCode.MethodNotAllowed);
        absent.StatusCode.Should().Be(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Row_17_one_bad_client_does_not_end_the_server()
    {
        var address = new Uri(await ServeAsync());
        using (var bad = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await bad.ConnectAsync(IPAddress.Loopback, address.Port);
            await bad.SendAsync(Encoding.ASCII.GetBytes("nonsense\r\n\r\n"));
            var answer = new byte[1000];
            var count = await bad.ReceiveAsync(answer).WaitAsync(Bound);
            Encoding.ASCII.GetString(answer, 0, count).Should().StartWith("HTTP/1.1 400 ");
        }
        using var client = new HttpClient { Timeout = Bound };

        (await client.GetByteArrayAsync(new Uri(address, "/xml"))).Should().HaveCount(522);
    }

    [Fact]
    public async Task A_bad_request_after_a_good_one_gets_its_own_answer()
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync("GET /get HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        var good = await ReadAsync(socket, "}");

        await socket.SendAsync("nonsense\r\n\r\n"u8.ToArray());
        var bad = await ReadToEndAsync(socket);

        good.Should().StartWith("HTTP/1.1 200 ");
        bad.Should().Be("HTTP/1.1 400 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    }

    [Fact]
    public async Task A_client_that_waits_gets_100_or_413()
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync("POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"u8.ToArray());
        (await ReadAsync(socket, "\r\n\r\n")).Should().Be("HTTP/1.1 100 Continue\r\n\r\n");
        await socket.SendAsync("hi"u8.ToArray());
        (await ReadAsync(socket, "}")).Should().StartWith("HTTP/1.1 200 ").And.Contain("\"data\":\"hi\"");

        await socket.SendAsync("POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n"u8.ToArray());
        (await ReadToEndAsync(socket)).Should().StartWith("HTTP/1.1 413 ").And.Contain("Connection: close");
    }

    [Fact]
    public async Task A_client_that_sends_too_much_still_gets_its_answer()
    {
        using var socket = await ConnectAsync();
        await socket.SendAsync("POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n400000\r\n"u8.ToArray());

        for (var left = 0x400000; left > 0; left -= 0x10000)
            await socket.SendAsync(new byte[0x10000]).WaitAsync(Bound);

        (await ReadToEndAsync(socket)).Should().StartWith("HTTP/1.1 413 ");
    }

    [Fact]
    public async Task A_url_that_answers_with_an_error_gives_its_message_and_exit_code_1()
    {
        var address = await ServeAsync();

        var process = Start("get", $"{address}absent");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync().WaitAsync(Bound);
        await process.WaitForExitAsync().WaitAsync(Bound);

        process.ExitCode.Should().Be(1);
        errors.Should().Be($"{address}absent answered 404 Not Found.\n");
        (await output).Should().BeEmpty();
    }

    public void Dispose()
    {
        foreach (var process in _started)
        {
            if (!process.HasExited)
                process.Kill();
            process.Dispose();
        }
    }

    private static async Task<string> AnswerOverTlsAsync(Socket listener, X509Certificate2 certificate)
    {
        using var socket = await listener.AcceptAsync();
        await using var stream = new SslStream(new NetworkStream(socket));
        await stream.AuthenticateAsServerAsync(certificate);
        var request = new StringBuilder();
        var buffer = new byte[1000];
        while (!request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(buffer);
            if (count == 0)
                break;
            request.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
        await stream.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsaid \r\n9\r\nin secret\r\n0\r\n\r\n"));
        return request.ToString();
    }

    private async Task<Socket> ConnectAsync()
    {
        var address = new Uri(await ServeAsync());
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, address.Port);
        return socket;
    }

    private static async Task<string> ReadAsync(Socket socket, string end)
    {
        var text = "";
        var buffer = new byte[10_000];
        while (!text.EndsWith(end, StringComparison.Ordinal))
        {
            var count = await socket.ReceiveAsync(buffer).WaitAsync(Bound);
            if (count == 0)
                break;
            text += Encoding.ASCII.GetString(buffer, 0, count);
        }
        return text;
    }

    // No text ends like this.
    private static Task<string> ReadToEndAsync(Socket socket) => ReadAsync(socket, "\0");

    private async Task<string> ServeAsync()
    {
        var process = Start("serve");
        return await process.StandardOutput.ReadLineAsync().WaitAsync(Bound) ?? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync());
    }

    private async Task<(int Exit, byte[] Output)> RunAsync(params string[] args)
    {
        var process = Start(args);
        using var output = new MemoryStream();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.BaseStream.CopyToAsync(output).WaitAsync(Bound);
        await process.WaitForExitAsync().WaitAsync(Bound);
        (await errors).Should().BeEmpty();
        return (process.ExitCode, output.ToArray());
    }

    private Process Start(params string[] args)
    {
        // tests/JsonRpcLite.Samples.Tests/bin/<configuration>/<framework> -> samples/Http11Tour/bin/<configuration>/<framework>
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(output.FullName, "../../../../../samples/Http11Tour/bin", output.Parent!.Name, output.Name, "Http11Tour.dll");
        var process = Process.Start(new ProcessStartInfo("dotnet", [Path.GetFullPath(program), .. args])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _started.Add(process);
        return process;
    }
}
