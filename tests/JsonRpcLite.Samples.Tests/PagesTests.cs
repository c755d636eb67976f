using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace JsonRpcLite.Samples.Tests;

/// <summary>
/// Pages of docs as a user follows them, from the top. A program that runs until a signal serves until the next one. Any other program prints the text that the page shows under
/// it. Each command for curl is answered with what the page shows under it. <see cref="ReadmeTests"/> compiles all programs.
/// </summary>
[Collection(ReadmeTests.UsesConsole)]
public partial class PagesTests
{
    public static TheoryData<string> Pages =>
    [
        "getting-started", "plain-calls", "json-rpc", "errors", "streaming", "middleware", "resilience", "idempotency",
        "security", "limits", "deploy", "http-listener", "http11", "testing", "performance",
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Programs_print_and_answer_what_the_page_says(string page)
    {
        var blocks = Fence().Matches(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", $"{page}.md")))
            .Select(m => (Language: m.Groups[1].Value, Text: m.Groups[2].Value)).Append(("", "")).ToList();
        var folder = Directory.CreateTempSubdirectory().FullName;
        PageServer? server = null;
        try
        {
            foreach (var ((language, text), (nextLanguage, shown)) in blocks.Zip(blocks.Skip(1)))
            {
                var isShown = nextLanguage is "text" or "json";
                if (language == "csharp" && text.Contains("RunUntilSignalAsync", StringComparison.Ordinal))
                {
                    await (server?.StopAsync() ?? Task.CompletedTask);
                    // A token from the environment is missing here, and the server would refuse to start.
                    server = text.Contains("Environment.", StringComparison.Ordinal) ? null : await PageServer.StartAsync(text);
                }
                else if (language == "csharp" && isShown)
                {
                    var program = server is null || text.Contains("MakeServer", StringComparison.Ordinal) ? ReadmeTests.OnFreePort(text) : server.Redirect(text);
                    ReadmeTests.Run(ReadmeTests.Compile(program)).Should().Be(shown.TrimEnd());
                }
                else if (language == "sh" && text.Contains("curl ", StringComparison.Ordinal))
                {
                    var curl = await Command.RunAsync("sh", "-c", $"cd {folder} && {server!.Redirect(text)}");
                    curl.ExitCode.Should().Be(0, "{0} {1}", text, curl.Errors);
                    foreach (var line in (isShown ? shown : "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
                        curl.Output.Should().Contain(line);
                }
                else if (language == "sh")
                {
                    ReadmeTests.RunByCi.Should().Contain(text);
                }
            }
        }
        finally
        {
            await (server?.StopAsync() ?? Task.CompletedTask);
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex(@"^```(\w+)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    /// <summary>A server program of a page, on its own port, until a file stops it.</summary>
    private sealed class PageServer(string port, string done, Task running)
    {
        public static async Task<PageServer> StartAsync(string program)
        {
            var port = $"{ReadmeTests.FreePort()}";
            var done = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.done");
            var entry = ReadmeTests.Compile(program
                .Replace("12345", port, StringComparison.Ordinal)
                .Replace("RunUntilSignalAsync(Console.Out)", "RunUntilSignalAsync()", StringComparison.Ordinal)
                .Replace("await server.RunUntilSignalAsync();", $"while (!File.Exists(\"{done}\")) await Task.Delay(20);", StringComparison.Ordinal)).EntryPoint!;
            var running = Task.Run(() => entry.Invoke(null, entry.GetParameters().Length == 0 ? null : [Array.Empty<string>()]));
            while (!running.IsCompleted && !await IsListeningAsync(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture)))
                await Task.Delay(20);
            return new(port, done, running);
        }

        public string Redirect(string text) => text.Replace("12345", port, StringComparison.Ordinal);

        public async Task StopAsync()
        {
            await File.WriteAllTextAsync(done, "");
            await running;
            File.Delete(done);
        }

        private static async Task<bool> IsListeningAsync(int port)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync("127.0.0.1", port);
                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }
}
