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
    public async Task It_writes_a_client_of_what_the_server_describes()
    {
        using var client = JsonRpc.MakeClient(new Uri(_shop.Address));

        var end = await ToolProcess.RunAsync("gen", _shop.Address, "--typescript");

        end.Should().Be(new Result(0, JsonRpcTypeScript.FromOpenRpc((await client.CallAsync("rpc.discover"))!), ""));
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

        var end = await GenerateFromAsync(methods);

        end.Should().Be(new Result(0, JsonRpcTypeScript.FromOpenRpc(document), ""));
    }

    [Fact]
    public async Task Code_that_a_hostile_server_wrote_is_not_printed()
    {
        var methods = new JsonRpcMethods().AddFallback((call, _) =>
        {
            if (call.Method == "rpc.typescript")
                call.Result.WriteStringValue("\u001b]0;evil\u0007evil();");
            else
                call.Result.WriteRawValue("""
                    {
                      "openrpc": "1.3.2", "info": { "title": "\u001b[2J*/ evil();", "version": "\u202e\n evil();" },
                      "methods": [{ "name": "a\u001b\"]; evil(); //", "summary": "\u009b*/ evil();", "params": [], "result": { "name": "r", "schema": {} } }]
                    }
                    """);
            return default;
        });
        using var hostile = JsonRpc.MakeServer(0, methods, new() { Transport = new SocketTransport(), Discovery = { Enabled = false } });

        var end = await ToolProcess.RunAsync("gen", hostile.Address.ToString(), "--typescript");

        (end.ExitCode, end.Errors).Should().Be((0, ""));
        end.Output.Should().StartWith("// A client of ").And.NotContain("]0;evil").And.NotMatchRegex(@"[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]");
        end.Output.Split('\n').Should().NotContain(line => line.TrimStart().StartsWith("evil", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_server_that_refuses_unknown_methods_with_another_code_is_enough()
    {
        var methods = new JsonRpcMethods().AddFallback((call, _) =>
        {
            if (call.Method != "rpc.discover")
                throw new JsonRpcException(JsonRpcErrorCodes.InvalidRequest, "Invalid Request");
            call.Result.WriteRawValue("""{"openrpc":"1.3.2","info":{"title":"Other","version":"1"},"methods":[]}""");
            return default;
        });

        var end = await GenerateFromAsync(methods);

        (end.ExitCode, end.Errors).Should().Be((0, ""));
        end.Output.Should().StartWith("// A client of Other 1,");
    }

    [Fact]
    public async Task A_document_of_a_server_without_a_name_for_a_method_is_not_a_valid_answer()
    {
        var methods = new JsonRpcMethods().AddFallback((call, _) =>
        {
            call.Result.WriteRawValue("""{"openrpc":"1.3.2","info":{"title":"Other","version":"1"},"methods":[{"params":[]}]}""");
            return default;
        });

        var end = await GenerateFromAsync(methods);

        (end.ExitCode, end.Output).Should().Be((3, ""));
        end.Errors.Should().StartWith("No answer: ");
    }

    [Theory]
    [InlineData("One server or file is needed", "gen", "--typescript")]
    [InlineData("One language is needed", "gen", "12345")]
    [InlineData("One language is needed", "gen", "12345", "--typescript", "--csharp", "A")]
    [InlineData("'1.a' is not a namespace.", "gen", "12345", "--csharp", "1.a")]
    [InlineData("There is no file 'missing.json'.", "gen", "missing.json", "--typescript")]
    [InlineData("There is no file 'localhost'. A server is a port or has a colon in it: localhost:12345.", "gen", "localhost", "--typescript")]
    public async Task A_wrong_command_line_says_what_is_wrong(string message, params string[] arguments)
    {
        var end = await ToolProcess.RunAsync(arguments);

        (end.ExitCode, end.Output).Should().Be((2, ""));
        end.Errors.Should().StartWith($"jsonrpc gen: {message}");
    }

    [Fact]
    public async Task Text_that_cannot_be_written_as_UTF8_is_refused()
    {
        var file = Path.Combine(_folder, "half.json");
        await File.WriteAllTextAsync(file, """{"openrpc":"1.3.2","info":{"title":"\ud83d","version":"1"},"methods":[]}""");

        var end = await ToolProcess.RunAsync("gen", file, "--typescript");

        end.Should().Be(new Result(2, "", $"jsonrpc gen: The file '{file}' is not JSON: a \\u escape is half of a surrogate pair. See jsonrpc gen --help.\n"));
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

    /// <summary>From a server of another library, which answers <c>rpc.discover</c> by a method of its own.</summary>
    private static async Task<Result> GenerateFromAsync(JsonRpcMethods methods)
    {
        using var other = JsonRpc.MakeServer(0, methods, new() { Transport = new SocketTransport(), Discovery = { Enabled = false } });
        return await ToolProcess.RunAsync("gen", other.Address.ToString(), "--typescript");
    }
}
