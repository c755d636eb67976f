using System.Net;
using System.Net.Sockets;
using System.Text;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Samples.Tests;

/// <summary>The rows of seed 001, on the sample as a user starts it.</summary>
public sealed class SocketHelloTests
{
    [Fact]
    public async Task Text_goes_both_ways_and_both_ends_print_it()
    {
        using var server = Command.StartSample("SocketHello", "server", "--port", "0");
        var port = PortOf(server);

        var client = await Command.RunSampleAsync("SocketHello", "client", "--port", $"{port}");

        client.Should().Be(new Result(0, "Received: server received your message", ""));
        server.WaitForLine("Received: Hello World from client");
    }

    [BrowserFact]
    public async Task The_request_of_a_browser_is_shown()
    {
        using var server = Command.StartSample("SocketHello", "server", "--port", "0");

        var showing = HeadlessBrowser.ShowAsync($"http://localhost:{PortOf(server)}/");

        server.WaitForLine("Received: GET / HTTP/1.1");
        server.WaitForLine("User-Agent: Mozilla");
        server.Signal("TERM");
        await showing;
    }

    [BrowserFact]
    public async Task A_browser_renders_the_hand_made_reply()
    {
        using var server = Command.StartSample("SocketHello", "http", "--port", "0");

        (await HeadlessBrowser.ShowAsync($"http://localhost:{PortOf(server)}/")).Should().Contain("<body><b>Hello World</b></body>");
    }

    [Fact]
    public async Task The_hand_made_reply_is_valid_for_independent_parsers()
    {
        using var server = Command.StartSample("SocketHello", "http", "--port", "0");
        var address = new Uri($"http://127.0.0.1:{PortOf(server)}/");
        using var client = new HttpClient();
        using var strict = new SocketClientTransport();
        var exchange = new HttpExchange { Method = "GET", Address = address };

        var reply = await client.GetAsync(address);
        var posted = await client.PostAsync(address, new ByteArrayContent("wörld"u8.ToArray()));
        await strict.SendAsync(exchange, CancellationToken.None);

        (reply.StatusCode, reply.Content.Headers.ContentType!.MediaType, reply.Content.Headers.ContentLength).Should().Be((HttpStatusCode.OK, "text/html", 18));
        (await reply.Content.ReadAsStringAsync()).Should().Be("<b>Hello World</b>");
        (await posted.Content.ReadAsStringAsync()).Should().Be("<b>POST of 6 bytes</b>");
        Encoding.UTF8.GetString(exchange.ResponseBody.WrittenSpan).Should().Be("<b>Hello World</b>");
    }

    [Fact]
    public async Task Without_status_line_CRLF_or_length_it_goes_wrong_as_the_README_says()
    {
        using var server = Command.StartSample("SocketHello", "http", "--port", "0");
        var address = $"http://127.0.0.1:{PortOf(server)}";

        var noStatusLine = await Command.RunAsync("curl", "-sS", $"{address}/without-status-line");
        var noCrlf = await Command.RunAsync("curl", "-sS", $"{address}/without-crlf");
        var noLength = await Command.RunAsync("curl", "-sS", "--max-time", "1", $"{address}/without-length");

        foreach (var refused in new[] { noStatusLine, noCrlf })
        {
            refused.ExitCode.Should().Be(1);
            refused.Errors.Should().Contain("Received HTTP/0.9 when not allowed");
        }
        (noLength.ExitCode, noLength.Output).Should().Be((28, "<b>Hello World</b>"));
    }

    private static int PortOf(Command server) => int.Parse(server.WaitForLine("Listening on port").Split(' ')[3], System.Globalization.CultureInfo.InvariantCulture);
}
