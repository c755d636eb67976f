using System.Net;
using System.Net.Sockets;
using System.Text;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Samples.Tests;

/// <summary>The rows of seed 002, on the sample as a user starts it.</summary>
public sealed class EchoPageTests
{
    [Theory]
    [InlineData("application/json", "{\"a\": 1.0,\r\n \"b\":\"wörld 😀\"}")]
    [InlineData("text/plain", "two lines\r\n\r\nand: a colon")]
    [InlineData("text/xml; charset=utf-8", "<a b=\"c\"/>")]
    [InlineData("application/octet-stream", "\0\x01\x7f")]
    public async Task A_posted_body_comes_back_byte_for_byte_with_its_type(string type, string text)
    {
        using var sample = Command.StartSample("EchoPage", "--port", "0");
        using var client = new HttpClient { BaseAddress = AddressOf(sample) };

        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        var reply = await client.PostAsync("/any/path", content);

        (await reply.Content.ReadAsStringAsync()).Should().Be(text);
        reply.Content.Headers.GetValues("Content-Type").Should().Equal(type);
        reply.Content.Headers.ContentLength.Should().Be(Encoding.UTF8.GetByteCount(text));
    }

    [Fact]
    public async Task Without_a_type_it_is_plain_text_also_in_many_pieces_and_over_4096_bytes()
    {
        using var sample = Command.StartSample("EchoPage", "--port", "0");
        using var socket = new TcpClient();
        var address = AddressOf(sample);
        await socket.ConnectAsync(address.Host, address.Port);
        var stream = socket.GetStream();
        var body = string.Concat(Enumerable.Range(0, 10_000).Select(i => (char)('a' + i % 26)));

        foreach (var piece in $"POST / HTTP/1.1\r\nHost: localhost\r\nX-Colons: a:b:c\r\nConnection: close\r\nContent-Length: 10000\r\n\r\n{body}".Chunk(701))
            await stream.WriteAsync(Encoding.ASCII.GetBytes(piece));
        var reply = await new StreamReader(stream).ReadToEndAsync();

        reply.Should().StartWith("HTTP/1.1 200 OK\r\n").And.Contain("Content-Type: text/plain\r\n").And.Contain("Content-Length: 10000\r\n").And.EndWith($"\r\n\r\n{body}");
    }

    [Fact]
    public async Task Curl_gets_the_page_other_methods_are_not_allowed_and_a_bad_client_stops_nothing()
    {
        using var sample = Command.StartSample("EchoPage", "--port", "0", "--log");
        var address = AddressOf(sample);
        using (var bad = new TcpClient())
        {
            await bad.ConnectAsync(address.Host, address.Port);
            await bad.GetStream().WriteAsync("no request\r\n\r\n"u8.ToArray());
        }

        var page = await Command.RunAsync("curl", "-sS", "-i", $"{address}");
        var put = await Command.RunAsync("curl", "-sS", "-i", "-X", "PUT", $"{address}");

        page.Output.Should().StartWith("HTTP/1.1 200 OK").And.Contain("Content-Type: text/html").And.Contain("Content-Length: 29").And.EndWith("<h1>Welcome to my Server</h1>");
        put.Output.Should().StartWith("HTTP/1.1 405 ").And.Contain("Allow: GET, HEAD, POST").And.EndWith("PUT NOT Allowed");
        sample.WaitForLine("> PUT / HTTP/1.1");
        sample.WaitForLine("< PUT NOT Allowed");
    }

    [BrowserFact]
    public async Task A_browser_shows_the_page()
    {
        using var sample = Command.StartSample("EchoPage", "--port", "0");

        (await HeadlessBrowser.ShowAsync($"{AddressOf(sample)}")).Should().Contain("<h1>Welcome to my Server</h1>");
    }

    [Fact]
    public async Task Files_are_served_from_their_folder_and_from_nowhere_else()
    {
        var outside = Directory.CreateTempSubdirectory();
        var folder = outside.CreateSubdirectory("public");
        await File.WriteAllTextAsync(Path.Combine(outside.FullName, "secret.txt"), "secret");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "index.html"), "<p>home</p>");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "ä b.css"), "p {}");
        File.CreateSymbolicLink(Path.Combine(folder.FullName, "link.txt"), Path.Combine(outside.FullName, "secret.txt"));
        using var sample = Command.StartSample("EchoPage", "--port", "0", "--files", folder.FullName);
        var address = AddressOf(sample);

        foreach (var (path, status, text) in new[]
        {
            ("", 200, "<p>home</p>"), ("index.html?q=1", 200, "<p>home</p>"), ("%C3%A4%20b.css", 200, "p {}"), ("none.html", 404, "There is no"),
            ("../secret.txt", 404, "There is no"), ("%2e%2e/secret.txt", 404, "There is no"), ("..%2fsecret.txt", 404, "There is no"), ("%2e%2e%5csecret.txt", 404, "There is no"),
            ("/etc/passwd", 404, "There is no"), ("%2fetc/passwd", 404, "There is no"), ("link.txt", 404, "There is no"), ("%00", 404, "There is no"),
        })
        {
            var reply = await Command.RunAsync("curl", "-sS", "-i", "--path-as-is", $"{address}{path}");

            reply.Output.Should().StartWith($"HTTP/1.1 {status} ", path).And.Contain(text).And.NotEndWith("\r\n\r\nsecret").And.NotContain("root:");
        }
        (await Command.RunAsync("curl", "-sS", "-i", $"{address}%C3%A4%20b.css")).Output.Should().Contain("Content-Type: text/css");
        outside.Delete(recursive: true);
    }

    [Fact]
    public async Task With_tls_it_speaks_HTTPS()
    {
        using var sample = Command.StartSample("EchoPage", "--port", "0", "--tls");
        var address = AddressOf(sample);

        address.Scheme.Should().Be("https");
        (await Command.RunAsync("curl", "-sSk", "-d", "over TLS", $"{address}")).Output.Should().Be("over TLS");
        (await Command.RunAsync("curl", "-sS", $"{address}")).ExitCode.Should().NotBe(0, "the certificate is not trusted");
    }

    [Fact]
    public async Task Its_port_is_free_again_after_it_stops_and_a_busy_port_is_one_clear_line()
    {
        Uri address;
        using (var first = Command.StartSample("EchoPage", "--port", "0"))
        {
            address = AddressOf(first);
            var busy = await Command.RunSampleAsync("EchoPage", "--port", $"{address.Port}");
            (busy.ExitCode, busy.Output).Should().Be((1, ""));
            busy.Errors.Should().Contain($"{address.Port}").And.Contain("using it");
            first.Signal("TERM");
            (await first.EndAsync()).ExitCode.Should().Be(0);
        }

        using var second = Command.StartSample("EchoPage", "--port", $"{address.Port}");

        AddressOf(second).Should().Be(address);
    }

    private static Uri AddressOf(Command sample) => new(sample.WaitForLine("Listening on").Split(' ')[2]);
}
