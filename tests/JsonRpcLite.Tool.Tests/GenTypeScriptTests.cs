namespace JsonRpcLite.Tool.Tests;

public sealed class GenTypeScriptTests : IDisposable
{
    private readonly Shop _shop = new();
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose()
    {
        _shop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_prints_the_client_that_the_server_writes()
    {
        using var client = JsonRpc.MakeClient(new Uri(_shop.Address));

        var end = await ToolProcess.RunAsync("gen", _shop.Address, "--typescript");

        end.Should().Be(new Result(0, await client.CallAsync<string>("rpc.typescript"), ""));
    }

    [Fact]
    public async Task A_document_in_a_file_makes_the_same_client()
    {
        using var client = JsonRpc.MakeClient(new Uri(_shop.Address));
        var document = Path.Combine(_folder, "openrpc.json");
        await File.WriteAllTextAsync(document, (await ToolProcess.RunAsync("list", _shop.Address, "--json")).Output);

        var end = await ToolProcess.RunAsync("gen", document, "--typescript", "-o", Path.Combine(_folder, "client.ts"));

        end.Should().Be(new Result(0, "", ""));
        (await File.ReadAllTextAsync(Path.Combine(_folder, "client.ts"))).Should().Be(JsonRpcTypeScript.FromOpenRpc((await client.CallAsync("rpc.discover"))!));
    }

    [Fact]
    public async Task A_server_that_knows_only_discovery_is_enough()
    {
        using var client = JsonRpc.MakeClient(new Uri(_shop.Address));
        var document = (await client.CallAsync("rpc.discover"))!;
        var methods = new JsonRpcMethods().AddFallback((call, _) =>
        {
            if (call.Method != "rpc.discover")
                throw new JsonRpcException(JsonRpcErrorCodes.MethodNotFound, "Method not found");
            document.WriteTo(call.Result);
            return default;
        });
        using var other = JsonRpc.MakeServer(0, methods, new() { Transport = new SocketTransport(), Discovery = { Enabled = false } });

        var end = await ToolProcess.RunAsync("gen", other.Address.ToString(), "--typescript");

        end.Should().Be(new Result(0, JsonRpcTypeScript.FromOpenRpc(document), ""));
    }

    [Theory]
    [InlineData("One server or file is needed", "gen", "--typescript")]
    [InlineData("One language is needed", "gen", "12345")]
    [InlineData("One language is needed", "gen", "12345", "--typescript", "--csharp", "A")]
    [InlineData("'1.a' is not a namespace.", "gen", "12345", "--csharp", "1.a")]
    [InlineData("The file 'missing.json' cannot be read", "gen", "missing.json", "--typescript")]
    public async Task A_wrong_command_line_says_what_is_wrong(string message, params string[] arguments)
    {
        var end = await ToolProcess.RunAsync(arguments);

        (end.ExitCode, end.Output).Should().Be((2, ""));
        end.Errors.Should().StartWith($"jsonrpc gen: {message}");
    }

    [Fact]
    public async Task A_file_without_a_document_is_refused_and_nothing_is_written()
    {
        var file = Path.Combine(_folder, "other.json");
        await File.WriteAllTextAsync(file, "{}");

        var end = await ToolProcess.RunAsync("gen", file, "--typescript", "--output", Path.Combine(_folder, "client.ts"));

        end.Should().Be(
            new Result(2, "", $"jsonrpc gen: The file '{file}' is not an OpenRPC document: it needs \"openrpc\", a version, and \"methods\", an array. See jsonrpc gen --help.\n"));
        File.Exists(Path.Combine(_folder, "client.ts")).Should().BeFalse();
    }
}
