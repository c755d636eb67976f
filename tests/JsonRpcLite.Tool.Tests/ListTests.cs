using System.Text.Json.Nodes;

namespace JsonRpcLite.Tool.Tests;

public sealed class ListTests : IDisposable
{
    private readonly Shop _shop = new();

    public void Dispose() => _shop.Dispose();

    [Fact]
    public async Task It_prints_each_method_with_its_parameters_and_its_summary()
    {
        var end = await ToolProcess.RunAsync("list", _shop.Address);

        (end.ExitCode, end.Errors).Should().Be((0, ""));
        var lines = end.Output.Split('\n');
        lines.Should().HaveCount(11);
        lines[0].Should().Be(" echo(value)");
        lines[1].Should().MatchRegex(@"^ subtract\(minuend, subtrahend\?\) +Takes one number from another\.$");
        lines[3].Should().StartWith("*rows(count)");
    }

    [Fact]
    public async Task Names_are_bold_on_a_terminal()
    {
        var output = await ToolProcess.RunOnTerminalAsync($"list {_shop.Address}");

        output.Should().Contain(" \e[1msubtract\e[0m(minuend, subtrahend?)");
    }

    [Fact]
    public async Task Json_is_the_document()
    {
        var end = await ToolProcess.RunAsync("list", _shop.Address, "--json");

        (end.ExitCode, end.Errors).Should().Be((0, ""));
        end.Output.TrimEnd('\n').Should().NotContain("\n");
        var document = JsonNode.Parse(end.Output)!;
        ((string?)document["info"]!["title"]).Should().Be("Tea shop");
        document["methods"]!.AsArray().Should().HaveCount(10);
    }

    [Fact]
    public async Task A_server_that_does_not_describe_itself_is_an_error()
    {
        using var silent = JsonRpc.MakeServer(0, new JsonRpcMethods(), new() { Transport = new SocketTransport(), Discovery = { Enabled = false } });
        using var strange = JsonRpc.MakeServer(
            0, new JsonRpcMethods().AddFallback((call, _) => default), new() { Transport = new SocketTransport(), Discovery = { Enabled = false } });

        var refused = await ToolProcess.RunAsync("list", silent.Address.ToString());
        var answered = await ToolProcess.RunAsync("list", strange.Address.ToString());

        refused.Should().Be(new Result(1, "", "Error -32601: Method not found\n"));
        answered.Should().Be(new Result(3, "", $"No answer: The answer of {strange.Address} to rpc.discover is not an OpenRPC document.\n"));
    }
}
