using System.Net;
using System.Net.Sockets;

namespace JsonRpcLite.Samples.Tests;

/// <summary>The echo sample, started as a user starts it.</summary>
public class EchoTests
{
    [Fact]
    public async Task It_prints_a_curl_line_that_works_when_it_is_pasted()
    {
        using var echo = Command.StartSample("Echo", "--port", "0");

        var curlLine = echo.WaitForLine("curl -d").Trim();
        var curl = await Command.RunAsync("sh", "-c", curlLine.Replace("curl ", "curl -sS ", StringComparison.Ordinal));

        curl.Output.Should().Be("""{"echo":{"hello":"wörld 😀"}}""");
    }

    [Fact]
    public async Task The_same_bytes_come_back_on_a_keep_alive_connection()
    {
        const string Json = """{"n":12345678901234567890,"f":1.0,"s":"😀❤️🐳💡🎉 家"}""";
        using var echo = Command.StartSample("Echo", "--port", "0");
        var address = AddressIn(echo.WaitForLine("Listening"));

        var curl = await Command.RunAsync("curl", "-sSv", "-d", Json, address, "--next", "-sS", "-d", "2", address);

        curl.Output.Should().Be($$"""{"echo":{{Json}}}{"echo":2}""");
        curl.Errors.Should().Contain("Content-Length: 76").And.Contain("Content-Type: application/json").And.Contain("left intact");
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_it_cleanly(string signal)
    {
        using var echo = Command.StartSample("Echo", "--port", "0");
        echo.WaitForLine("Listening on");

        echo.Signal(signal);
        var end = await echo.EndAsync();

        end.Should().Be(new Result(0, "Stopped.", ""));
    }

    [Fact]
    public async Task A_busy_port_is_one_clear_line_and_exit_code_1()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var end = await Command.RunSampleAsync("Echo", "--port", $"{port}");

        (end.ExitCode, end.Output).Should().Be((1, ""));
        end.Errors.Should().StartWith($"Cannot listen on port {port}").And.Contain("in use");
        end.Errors.TrimEnd().Should().NotContain("\n");
    }

    [Fact]
    public async Task Log_shows_what_is_received_and_sent()
    {
        using var echo = Command.StartSample("Echo", "--log", "--port", "0");
        var address = AddressIn(echo.WaitForLine("Listening"));

        await Command.RunAsync("curl", "-sS", "-d", """{"a":"😀"}""", address);

        echo.WaitForLine("> POST / HTTP/1.1");
        echo.WaitForLine("""> {"a":"😀"}""");
        echo.WaitForLine("< 200");
        echo.WaitForLine("""< {"echo":{"a":"😀"}}""");
    }

    [Fact]
    public async Task Call_is_the_client()
    {
        using var echo = Command.StartSample("Echo", "--port", "0");
        var port = $"{new Uri(AddressIn(echo.WaitForLine("Listening"))).Port}";

        var reply = await Command.RunSampleAsync("Echo", "call", """{"a":1.0,"s":"😀"}""", "--port", port);
        var noJson = await Command.RunSampleAsync("Echo", "call", "{", "--port", port);

        reply.Should().Be(new Result(0, """{"echo":{"a":1.0,"s":"😀"}}""", ""));
        noJson.ExitCode.Should().Be(2);
        noJson.Errors.Should().StartWith("That is not JSON");
    }

    [Fact]
    public async Task A_proxy_for_everything_is_not_used_for_this_machine()
    {
        using var echo = Command.StartSample("Echo", "--port", "0");
        var port = $"{new Uri(AddressIn(echo.WaitForLine("Listening"))).Port}";

        // No server listens on port 1: a call that went there would fail.
        var reply = await Command.RunAsync("env", "http_proxy=http://127.0.0.1:1", "HTTP_PROXY=http://127.0.0.1:1", "ALL_PROXY=http://127.0.0.1:1", "dotnet",
            Command.PathOfSample("Echo"), "call", "1", "--port", port);

        reply.Should().Be(new Result(0, """{"echo":1}""", ""));
    }

    [Fact]
    public async Task A_call_to_a_port_without_a_server_says_so_and_exits_with_1()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();

        var end = await Command.RunSampleAsync("Echo", "call", "1", "--port", $"{port}");

        end.ExitCode.Should().Be(1);
        end.Errors.Should().Contain("Connection refused").And.Contain($"http://127.0.0.1:{port}/");
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--port")]
    [InlineData("--port", "70000")]
    [InlineData("call")]
    public async Task Invalid_arguments_show_the_usage(params string[] arguments)
    {
        var end = await Command.RunSampleAsync("Echo", arguments);

        end.ExitCode.Should().Be(2);
        end.Errors.Should().StartWith("Usage: Echo");
    }

    private static string AddressIn(string line) => line.Split(' ').Single(word => word.StartsWith("http://", StringComparison.Ordinal));
}
