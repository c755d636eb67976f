using System.Text.RegularExpressions;

namespace JsonRpcLite.Samples.Tests;

/// <summary>The sample of ASP.NET Core as a user starts it.</summary>
public partial class AspNetCoreTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "samples/AspNetCore");

    [Fact]
    public async Task The_commands_of_its_README_print_what_it_says()
    {
        using var sample = Command.StartSample("AspNetCore", "--urls", "http://127.0.0.1:0", "--contentRoot", Folder);
        var address = sample.WaitForLine("Now listening on: http://127.0.0.1").Split("on: ")[1];
        var readme = await File.ReadAllTextAsync(Path.Combine(Folder, "README.md"));
        var commands = Fence().Matches(readme).Where(m => m.Groups[1].Value == "sh").Select(m => m.Groups[2].Value).ToList();
        var replies = Fence().Matches(readme).Single(m => m.Groups[1].Value == "json").Groups[2].Value;

        var outputs = new List<string>();
        foreach (var curl in commands[1].Split('\n', StringSplitOptions.RemoveEmptyEntries))
            outputs.Add((await Command.RunAsync("sh", "-c", curl.Replace("http://localhost:5000", address, StringComparison.Ordinal))).Output);
        var health = await Command.RunAsync("curl", "-s", $"{address}/health");

        commands[0].Should().Be("dotnet run --project samples/AspNetCore -- --urls http://localhost:5000\n");
        outputs.Should().Equal(replies.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        health.Output.Should().Be("Healthy");
        // The span of the method below that of the request.
        sample.WaitForLine("Activity.DisplayName:        stock.");
        sample.Signal("TERM");
        (await sample.EndAsync()).ExitCode.Should().Be(0);
    }

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
