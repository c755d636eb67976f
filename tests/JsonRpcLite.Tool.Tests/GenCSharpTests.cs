extern alias generators;

using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace JsonRpcLite.Tool.Tests;

/// <summary>Contracts in C#: they compile as in a user's project, and call the server from which they were generated.</summary>
public sealed class GenCSharpTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_contract_of_a_server_compiles_and_calls_it()
    {
        using var shop = new Shop();
        var generated = await ToolProcess.RunAsync("gen", shop.Address, "--csharp", "My.App");
        (generated.ExitCode, generated.Errors).Should().Be((0, ""));

        var output = await RunAsync(generated.Output, shop.Address, """
            var shop = client.As<ITeaShop>();
            Write(await shop.SubtractAsync(5));
            Write(await shop.SubtractAsync(5, 2));
            var receipt = await shop.OrderPlaceAsync(new Order { Item = "tea", Count = 2, Color = Color.DarkRed });
            Write($"{receipt.Total} {receipt.Color} {receipt.Id == Guid.Empty}");
            await foreach (var row in shop.RowsAsync(2))
                Write(row.Name);
            Write(await shop.ImportAsync(["a", "b"]));
            Write((await shop.EchoAsync(new JsonObject { ["a"] = 1 }))!["a"]!);
            try
            {
                await shop.SellAsync("tea");
            }
            catch (JsonRpcException e)
            {
                Write(e.Code);
            }
            """);

        output.Should().Be("4 3 5 DarkRed True row 1 row 2 2 1 17");
    }

    [Fact]
    public async Task Components_notifications_and_positions_become_what_a_contract_has()
    {
        var end = await GenerateAsync("""
            {
              "openrpc": "1.3.2", "info": { "title": "Book shelf", "version": "1" },
              "methods": [
                { "name": "add", "params": [{ "name": "book", "required": true, "schema": { "$ref": "#/components/schemas/Book" } }], "result": { "name": "r", "schema": { "type": "null" } } },
                { "name": "log", "params": [{ "name": "class", "required": true, "schema": { "type": "string" } }] },
                { "name": "max", "paramStructure": "by-position", "params": [{ "name": "a", "required": true, "schema": { "type": "integer" } }, { "name": "b", "schema": { "type": "integer", "default": 7 } }], "result": { "name": "r", "schema": { "type": "integer" } } },
                { "name": "sum", "params": [], "x-params": { "type": "array", "items": { "type": "integer" } }, "result": { "name": "r", "schema": { "type": "integer" } } }
              ],
              "components": { "schemas": { "Book": { "type": "object", "required": ["book"], "properties": { "book": { "type": "string" }, "next": { "$ref": "#/components/schemas/Book" }, "read-at": { "type": ["string", "null"], "format": "date-time" } } } } }
            }
            """);

        Compile(end.Output, "").Should().NotBeNull();
        end.Errors.Should().Be("Left out, since a contract cannot express their parameters: sum\n");
        end.Output.Should().ContainAll(
            "Task AddAsync(Book book, CancellationToken cancellationToken = default);",
            "[JsonRpcNotification]\n    Task LogAsync(string @class, CancellationToken cancellationToken = default);",
            "[JsonRpcContract(ByPosition = true)]\npublic partial interface IBookShelfByPosition",
            "Task<long> MaxAsync(long a, long b = 7, CancellationToken cancellationToken = default);",
            "public required string BookValue { get; init; }",
            "public Book? Next { get; init; }",
            "[JsonPropertyName(\"read-at\")]\n    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]\n    public DateTimeOffset? ReadAt { get; init; }");
    }

    [Fact]
    public async Task A_default_that_does_not_fit_its_type_is_left_out()
    {
        var end = await GenerateMethodAsync("count", """
            { "name": "large", "schema": { "type": "integer", "format": "int32", "default": 99999999999 } },
            { "name": "half", "schema": { "type": "integer", "default": 0.5 } },
            { "name": "small", "schema": { "type": "integer", "format": "int32", "default": -5 } },
            { "name": "least", "schema": { "type": "integer", "default": -9223372036854775808 } }
            """);

        Compile(end.Output, "").Should().NotBeNull();
        end.Output.Should().Contain("Task CountAsync(int large, long half, int small = -5, long least = -9223372036854775808, CancellationToken cancellationToken = default);");
    }

    [Fact]
    public async Task Enums_can_be_written_and_read_and_others_are_text()
    {
        var end = await GenerateMethodAsync("sort", """
            { "name": "legal", "required": true, "schema": { "enum": ["1", "a,b", "A", "a", "x y", "\u0000", "-", "ü"] } },
            { "name": "empty", "required": true, "schema": { "enum": ["", "asc"] } },
            { "name": "spaced", "required": true, "schema": { "enum": ["asc", " desc"] } },
            { "name": "ended", "required": true, "schema": { "enum": ["asc", "desc\n"] } }
            """);

        var output = await RunAsync(end.Output, "http://localhost:1/", """
            foreach (var value in Enum.GetValues<Legal>())
            {
                var text = System.Text.Json.JsonSerializer.Serialize(value);
                Write($"{text} {System.Text.Json.JsonSerializer.Deserialize<Legal>(text) == value}");
            }
            """);

        output.Should().Be("""
            "1" True "a,b" True "A" True "a" True "x y" True "\u0000" True "-" True "\u00FC" True
            """);
        end.Output.Should().Contain("Task SortAsync(Legal legal, string empty, string spaced, string ended, CancellationToken");
    }

    /// <summary>A document is untrusted text: no name or description in it becomes code.</summary>
    [Fact]
    public async Task A_hostile_document_adds_no_code()
    {
        var end = await GenerateAsync("""
            {
              "openrpc": "1.3.2", "info": { "title": "x\n; evil", "version": "1" },
              "methods": [
                {
                  "name": "a\"); Evil(\u2028", "summary": "</summary>\n*/ class Evil {}\r/// <b", "params": [{ "name": "p) { } //", "description": "\u0085class Evil {}", "schema": { "type": "string", "default": "\"; Evil(); \\" } }],
                  "result": { "name": "r", "schema": { "title": "string", "type": "object", "properties": { "": { "enum": ["", "a b", "a-b", "\u0000"] }, "ToString": {}, "1": {}, "tostring": {} } } }
                },
                { "name": "", "params": [] }, { "name": "rpc.x", "params": [] }, { "name": "then async", "params": [] }, { "name": "then.async", "params": [] }
              ]
            }
            """);

        var assembly = Compile(end.Output, "");
        assembly.GetTypes().Should().NotContain(type => type.Name == "Evil");
        end.Output.Split('\n').Should().NotContain(line => line.TrimStart().StartsWith("class", StringComparison.Ordinal));
    }

    private async Task<Result> GenerateAsync(string document)
    {
        var file = Path.Combine(_folder, "openrpc.json");
        await File.WriteAllTextAsync(file, document);
        var end = await ToolProcess.RunAsync("gen", file, "--csharp", "My.App");
        end.ExitCode.Should().Be(0, end.Errors);
        return end;
    }

    /// <summary>A contract of one method with these parameters, which returns nothing.</summary>
    private Task<Result> GenerateMethodAsync(string name, string parameters) => GenerateAsync($$"""
        {
          "openrpc": "1.3.2", "info": { "title": "Some", "version": "1" },
          "methods": [{ "name": "{{name}}", "result": { "name": "r", "schema": { "type": "null" } }, "params": [{{parameters}}] }]
        }
        """);

    private static async Task<string> RunAsync(string contract, string address, string body)
    {
        var run = Compile(contract, body).GetType("My.App.Program")!.GetMethod("RunAsync")!;
        return await (Task<string>)run.Invoke(null, [address])!;
    }

    private static Assembly Compile(string contract, string body)
    {
        var program = $$"""
            using System;
            using System.Collections.Generic;
            using System.Text.Json.Nodes;
            using System.Threading.Tasks;
            using JsonRpcLite;
            namespace My.App;
            public static class Program
            {
                private static readonly List<string> Lines = new();

                private static void Write(object line) => Lines.Add(line.ToString()!);

                public static async Task<string> RunAsync(string address)
                {
                    using var client = JsonRpc.MakeClient(new Uri(address));
                    {{body}}
                    await Task.CompletedTask;
                    return string.Join(" ", Lines);
                }
            }
            """;
        var options = new CSharpParseOptions(LanguageVersion.Preview, DocumentationMode.Diagnose);
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var name && (name == "JsonRpcLite.dll" || name.StartsWith("System.", StringComparison.Ordinal)))
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            "Generated",
            [CSharpSyntaxTree.ParseText(contract, options), CSharpSyntaxTree.ParseText(program, options)],
            references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        ISourceGenerator[] contracts = [new generators::JsonRpcLite.Generators.ContractGenerator().AsSourceGenerator()];
        CSharpGeneratorDriver.Create(contracts, parseOptions: options).RunGeneratorsAndUpdateCompilation(compilation, out var complete, out var faults);
        using var image = new MemoryStream();
        var result = complete.Emit(image);

        // CS1591 is a missing comment, which depends on the document; CS1573 is a missing comment of the cancellation token.
        faults.Concat(result.Diagnostics).Where(d => d.Severity >= DiagnosticSeverity.Warning && d.Id is not ("CS1591" or "CS1573")).Select(d => d.ToString()).Should().BeEmpty();
        return Assembly.Load(image.ToArray());
    }
}
