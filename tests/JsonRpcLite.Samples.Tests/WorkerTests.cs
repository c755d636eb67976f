using System.Text.RegularExpressions;

namespace JsonRpcLite.Samples.Tests;

/// <summary>The sample of the generic host as a user starts it.</summary>
public partial class WorkerTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "samples/Worker");

    [Fact]
    public async Task The_commands_of_its_README_print_what_it_says()
    {
        using var sample = Start("--JsonRpc:Port=0");
        var address = AddressOf(sample);
        var readme = await File.ReadAllTextAsync(Path.Combine(Folder, "README.md"));
        var commands = Fence().Matches(readme).Where(m => m.Groups[1].Value == "sh").Select(m => m.Groups[2].Value).ToList();
        var replies = Fence().Matches(readme).Single(m => m.Groups[1].Value == "json").Groups[2].Value;

        var outputs = new List<string>();
        foreach (var curl in commands[1].Split('\n', StringSplitOptions.RemoveEmptyEntries))
            outputs.Add((await Command.RunAsync("sh", "-c", curl.Replace("http://localhost:5001", address, StringComparison.Ordinal))).Output);

        commands[0].Should().Be("dotnet run --project samples/Worker\n");
        outputs.Should().Equal(replies.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        sample.WaitForLine("Added 3, the value is 3.");
        sample.Signal("TERM");
        (await sample.EndAsync()).ExitCode.Should().Be(0);
    }

    [Fact]
    public async Task A_call_in_flight_is_answered_when_the_program_stops()
    {
        using var sample = Start("--JsonRpc:Port=0");
        var body = """{"jsonrpc":"2.0","method":"counter.addLater","params":{"milliseconds":1000},"id":1}""";
        var call = Command.RunAsync("curl", "-s", AddressOf(sample), "-H", "Content-Type: application/json", "-d", body);
        sample.WaitForLine("Waiting for 1000 ms.");

        sample.Signal("TERM");

        (await call).Output.Should().Be("""{"jsonrpc":"2.0","result":1,"id":1}""");
        sample.WaitForLine("At the end the value is 1.");
        (await sample.EndAsync()).ExitCode.Should().Be(0);
    }

    [Fact]
    public async Task An_invalid_setting_is_an_error_at_startup_that_names_its_key()
    {
        using var sample = Start("--JsonRpc:Prot=1");

        var end = await sample.EndAsync();

        end.ExitCode.Should().NotBe(0);
        (end.Output + end.Errors).Should().Contain("JsonRpc:Prot is not a setting. Settings there: Port,");
    }

    private static Command Start(string argument) => Command.StartSample("Worker", argument, "--contentRoot", Folder);

    private static string AddressOf(Command sample) => sample.WaitForLine("The JSON-RPC server listens on ").Split("on ")[1].TrimEnd('/', '.');

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
