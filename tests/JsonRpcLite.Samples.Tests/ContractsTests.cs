namespace JsonRpcLite.Samples.Tests;

/// <summary>The server and the client of the sample as a user starts them.</summary>
public class ContractsTests
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "samples/Contracts/README.md"));

    [Fact]
    public async Task Client_and_curl_print_what_the_README_says()
    {
        using var server = Command.Start("dotnet", Command.PathOfSample("Contracts/Server", "Warehouse.Server"), "--port", "0");
        var address = server.WaitForLine("Listening").Split(' ')[2];

        var client = await Command.RunAsync("dotnet", Command.PathOfSample("Contracts/Client", "Warehouse.Client"), address);
        var curl = await Command.RunAsync("sh", "-c", Block("sh", "curl").Replace("http://localhost:8891/", address, StringComparison.Ordinal));

        (client.ExitCode, client.Output, client.Errors).Should().Be((0, Block("text", "120 of bolt").TrimEnd(), ""));
        server.WaitForLine("A client counts the stock.");
        curl.Output.Should().Be(Block("json", "{").TrimEnd());
    }

    private static string Block(string language, string begin)
    {
        var start = $"```{language}\n{begin}";
        var at = Readme.IndexOf(start, StringComparison.Ordinal) + start.Length - begin.Length;
        return Readme[at..Readme.IndexOf("```", at, StringComparison.Ordinal)];
    }
}
