namespace JsonRpcLite.Samples.Tests;

/// <summary>docs/safe-methods.md as a user follows it: its server runs, and its commands answer what it says. <see cref="ReadmeTests"/> runs its client.</summary>
public class SafeMethodsTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs/safe-methods.md"));

    [Fact]
    public async Task The_commands_answer_what_the_page_says()
    {
        var port = $"{ReadmeTests.FreePort()}";
        var done = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}.done");
        var program = ReadmeTests.Compile(ReadmeTests.Blocks("csharp", Page)[0]
            .Replace("12345", port, StringComparison.Ordinal)
            .Replace("await server.RunUntilSignalAsync();", $"while (!File.Exists(\"{done}\")) await Task.Delay(20);", StringComparison.Ordinal));
        var running = Task.Run(() => program.EntryPoint!.Invoke(null, [Array.Empty<string>()]));
        try
        {
            var commands = ReadmeTests.Blocks("sh", Page);
            string[] answers = [.. ReadmeTests.Blocks("json", Page), .. ReadmeTests.Blocks("text", Page)];
            commands.Should().HaveCount(4).And.HaveSameCount(answers);
            foreach (var (command, answer) in commands.Zip(answers))
            {
                var curl = await Command.RunAsync("sh", "-c", command
                    .Replace("12345", port, StringComparison.Ordinal)
                    .Replace("curl ", "curl --retry 20 --retry-connrefused --retry-delay 1 ", StringComparison.Ordinal));

                curl.ExitCode.Should().Be(0);
                foreach (var line in answer.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                    curl.Output.Should().Contain(line);
            }
        }
        finally
        {
            await File.WriteAllTextAsync(done, "");
            await running;
            File.Delete(done);
        }
    }
}
