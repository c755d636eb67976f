namespace JsonRpcLite.Samples.Tests;

/// <summary>The programs of docs/fsharp.md: the client's script, called from the server's, prints what the page shows.</summary>
public class FSharpPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs/fsharp.md"));

    [Fact]
    public async Task The_client_prints_what_the_page_says()
    {
        var programs = ReadmeTests.Blocks("fsharp", Page);
        var shown = ReadmeTests.Blocks("text", Page);
        var port = $"{ReadmeTests.FreePort()}";
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            using var server = Command.Start("dotnet", "fsi", "--exec", Script("server", programs[0]));
            server.WaitForLine(shown[0].Trim().Replace("12345", port, StringComparison.Ordinal));

            var client = await Command.RunAsync("dotnet", "fsi", "--exec", Script("client", programs[1]));

            client.Should().Be(new Result(0, shown[1].TrimEnd(), client.Errors));
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        string Script(string name, string program)
        {
            var file = Path.Combine(folder.FullName, $"{name}.fsx");
            File.WriteAllText(file, $"#r \"{typeof(JsonRpc).Assembly.Location}\"\n{program.Replace("12345", port, StringComparison.Ordinal)}");
            return file;
        }
    }
}
