namespace JsonRpcLite.Tool.Tests;

/// <summary>What happens when the output cannot be written.</summary>
public sealed class OutputTests : IDisposable
{
    private readonly Shop _shop = new();

    public void Dispose() => _shop.Dispose();

    [Theory]
    [InlineData("jsonrpc --help > /dev/full", "jsonrpc --help: ")]
    [InlineData("jsonrpc call --help > /dev/full", "jsonrpc call: ")]
    [InlineData("jsonrpc call ADDRESS subtract '[2]' > /dev/full", "jsonrpc call: ")]
    [InlineData("jsonrpc serve 0 > /dev/full", "jsonrpc serve: ")]
    public async Task A_full_disk_is_one_line_and_exit_code_70(string line, string begin)
    {
        var end = await ToolProcess.RunShellAsync(line.Replace("ADDRESS", _shop.Address, StringComparison.Ordinal));

        (end.ExitCode, end.Output).Should().Be((70, ""));
        end.Errors.Should().StartWith($"{begin}The output cannot be written: ");
        end.Errors.TrimEnd('\n').Should().NotContain("\n");
    }

    [Theory]
    [InlineData("jsonrpc --help")]
    [InlineData("jsonrpc call --help")]
    [InlineData("jsonrpc call ADDRESS subtract '[2]'")]
    public async Task A_pipe_that_is_not_read_is_exit_code_141(string line)
    {
        // The command starts after the reader has ended, because the shell waits for it.
        var end = await ToolProcess.RunShellAsync($"exec 3> >(exec true); wait $!; {line.Replace("ADDRESS", _shop.Address, StringComparison.Ordinal)} >&3");

        end.Should().Be(new Result(141, "", ""));
    }

    [Fact]
    public async Task A_closed_output_prints_no_stack_trace()
    {
        var end = await ToolProcess.RunShellAsync($"jsonrpc call {_shop.Address} subtract '[2]' >&-");

        end.ExitCode.Should().BeOneOf(0, 70);
        end.Errors.Should().NotContain("   at ");
    }

    [Fact]
    public async Task A_full_standard_error_keeps_the_exit_code_of_a_failure_to_write()
    {
        var end = await ToolProcess.RunShellAsync("jsonrpc call 2> /dev/full");

        end.Should().Be(new Result(70, "", ""));
    }
}
