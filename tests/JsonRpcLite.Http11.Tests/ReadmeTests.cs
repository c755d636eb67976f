using System.Net.Sockets;
using System.Runtime.CompilerServices;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Http11.Tests;

/// <summary>The README's C# is that of the files in Readme, word for word, and it does what the README says.</summary>
public class ReadmeTests
{
    [Theory]
    [InlineData("ReadmeClient.cs")]
    [InlineData("ReadmeServer.cs")]
    public void Each_example_is_in_the_README_as_it_is_compiled(string file)
    {
        var code = File.ReadAllText(Path.Combine(Here(), "Readme", file));

        var readme = File.ReadAllText(Path.Combine(Here(), "../../src/JsonRpcLite.Http11/README.md"));

        readme.Contains($"```csharp\n{code}```\n", StringComparison.Ordinal).Should().BeTrue("{0} is an example", file);
    }

    [Fact]
    public void The_README_has_no_other_code()
    {
        var readme = File.ReadAllText(Path.Combine(Here(), "../../src/JsonRpcLite.Http11/README.md"));

        readme.Split("```csharp\n").Should().HaveCount(3);
    }

    [Fact]
    public async Task The_two_examples_talk_to_each_other()
    {
        using var pair = await SocketPair.ConnectAsync();
        var serving = ReadmeServer.ServeAsync(pair.Server);

        var body = await OwnThread.Run(() => ReadmeClient.Get(pair.Client, "localhost", "/"));
        var again = await OwnThread.Run(() => ReadmeClient.Get(pair.Client, "localhost", "/"));
        pair.Client.Shutdown(SocketShutdown.Send);

        Wire.Text(body).Should().Be("Hello World");
        Wire.Text(again).Should().Be("Hello World");
        await serving.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n", "HTTP/1.1 400 \r\n")]
    [InlineData("GET / HTTP/3.0\r\n\r\n", "HTTP/1.1 505 \r\n")]
    [InlineData("DELETE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 405 \r\n")]
    public async Task The_server_answers_requests_that_it_refuses(string request, string status)
    {
        using var pair = await SocketPair.ConnectAsync();
        pair.Client.Send(Wire.Bytes(request));

        await ReadmeServer.ServeAsync(pair.Server).WaitAsync(TimeSpan.FromSeconds(30));

        var answer = new byte[1000];
        var count = await pair.Client.ReceiveAsync(answer).WaitAsync(TimeSpan.FromSeconds(30));
        Wire.Text(answer.AsSpan(0, count)).Should().StartWith(status).And.Contain("Connection: close");
    }

    [Fact]
    public async Task The_server_sends_100_to_a_client_that_waits()
    {
        using var pair = await SocketPair.ConnectAsync();
        var serving = ReadmeServer.ServeAsync(pair.Server);
        pair.Client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"u8);
        var answer = new byte[1000];

        var count = await pair.Client.ReceiveAsync(answer).WaitAsync(TimeSpan.FromSeconds(30));
        Wire.Text(answer.AsSpan(0, count)).Should().Be("HTTP/1.1 100 \r\n\r\n");
        pair.Client.Send("h"u8);
        pair.Client.Send("i"u8);

        count = await pair.Client.ReceiveAsync(answer).WaitAsync(TimeSpan.FromSeconds(30));
        Wire.Text(answer.AsSpan(0, count)).Should().StartWith("HTTP/1.1 405 ");
        await serving.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static string Here([CallerFilePath] string thisFile = "") => Path.GetDirectoryName(thisFile)!;
}
