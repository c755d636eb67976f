namespace JsonRpcLite.Tool.Tests;

public class HelpTests
{
    [Fact]
    public async Task Help_names_each_command_and_the_exit_codes()
    {
        var help = await ToolProcess.RunAsync("--help");
        var nothing = await ToolProcess.RunAsync();

        help.ExitCode.Should().Be(0);
        help.Output.Should().ContainAll("jsonrpc call ", "jsonrpc list ", "jsonrpc serve ", "jsonrpc gen ", "jsonrpc bench ", "Exit codes: 0 ");
        nothing.Should().Be(help with { ExitCode = 2 });
    }

    [Theory]
    [InlineData("call")]
    [InlineData("list")]
    [InlineData("serve")]
    [InlineData("gen")]
    [InlineData("bench")]
    public async Task The_help_of_each_command_has_examples(string command)
    {
        var help = await ToolProcess.RunAsync(command, "--help");
        var other = await ToolProcess.RunAsync("help", command);

        help.ExitCode.Should().Be(0);
        help.Output.Should().StartWith($"jsonrpc {command} ").And.Contain($"\n  jsonrpc {command} ").And.Contain("Options:").And.Contain("Exit codes: 0 ");
        help.Output.Split('\n').Should().OnlyContain(line => line.Length <= 120);
        other.Should().Be(help);
    }

    [Fact]
    public async Task An_unknown_command_is_refused()
    {
        var end = await ToolProcess.RunAsync("cal");

        end.Should().Be(new Result(2, "", "jsonrpc: There is no command 'cal'. See jsonrpc --help.\n"));
    }

    [Fact]
    public async Task The_version_is_that_of_the_package()
    {
        var end = await ToolProcess.RunAsync("--version");

        end.ExitCode.Should().Be(0);
        end.Output.Should().MatchRegex(@"^\d+\.\d+\.\d+\n$");
    }
}
