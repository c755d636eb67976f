using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Samples.Tests;

/// <summary>Clients in TypeScript under the strictest settings of its compiler: those of every sample, and of documents of other vendors.</summary>
public partial class TypeScriptTests
{
    /// <summary>The samples whose server describes itself, and the path where it answers JSON-RPC.</summary>
    private static readonly Dictionary<string, string> WithDocument =
        new() { ["Calculator"] = "", ["KeyValueStore"] = "_rpc", ["LiveRows"] = "", ["Contracts"] = "", ["AspNetCore"] = "rpc", ["Worker"] = "", ["Idempotency"] = "" };

    /// <summary>Samples of plain functions, of raw handlers or of other transports, and one whose server ends with its own calls.</summary>
    private static readonly string[] WithoutDocument = ["Echo", "EchoPage", "Http11Tour", "SocketHello", "Middleware"];

    [Fact]
    public void Each_sample_is_compiled_or_has_no_document() =>
        Directory.GetFiles(Path.Combine(Repository.Root, "samples"), "README.md", SearchOption.AllDirectories).Select(readme => Path.GetFileName(Path.GetDirectoryName(readme)))
            .Should().BeEquivalentTo([.. WithDocument.Keys, .. WithoutDocument]);

    [PackageFact("typescript")]
    public async Task The_client_of_every_sample_compiles()
    {
        using var folder = new TypeScriptFolder();
        foreach (var (sample, path) in WithDocument)
        {
            using var server = Start(sample);
            var address = new Uri(new Uri(Address().Match(server.WaitForLine("http://")).Value), path);
            using var client = JsonRpc.MakeClient(address);
            var text = await client.CallAsync<string>("rpc.typescript");

            folder.Write($"{sample}.ts", text);

            text.Should().Contain($"curl -s {address} -d");
            // The tool has only the document, and writes the same except for the first lines.
            WithoutHead(JsonRpcTypeScript.FromOpenRpc(await client.CallAsync<JsonNode>("rpc.discover"))).Should().Be(WithoutHead(text));
        }

        (await folder.CompileAsync()).Should().Be("");
    }

    [PackageFact("typescript")]
    public async Task The_clients_of_documents_of_other_vendors_compile()
    {
        using var folder = new TypeScriptFolder();
        foreach (var document in Directory.GetFiles(Path.Combine(Repository.Root, "tests/JsonRpcLite.Samples.Tests/Data"), "*.openrpc.json"))
            folder.Write($"{Path.GetFileName(document).Split('.')[0]}.ts", JsonRpcTypeScript.FromOpenRpc(JsonNode.Parse(await File.ReadAllTextAsync(document))!));
        folder.Write("use.ts", """
            import { createClient as petstore, type Pet } from "./petstore.js";
            import { createClient as chain, type Block } from "./chain.js";
            import { createClient as hostile } from "./hostile.js";

            const pets = petstore("http://localhost/");
            export const list: Promise<Pet[]> = pets.list_pets({ limit: 5 });
            export const all: Promise<Pet[]> = pets.list_pets();
            export const fed: Promise<void> = pets.feed({ id: 1 });
            export async function use(): Promise<string | null> {
              const animal = await pets.adopt({ animal: { kind: "cat", lives: 9 } });
              if (animal.kind === "dog") return animal.breed ?? null;
              const parents: Pet | null | undefined = (await pets.get_pet({ id: 1 })).parent;
              return parents === null ? null : parents?.tag ?? String(animal.lives);
            }
            export const block: Promise<Block | null> = chain("http://localhost/").eth_getBlock(["0x1", true]);
            export const number: Promise<string> = chain("http://localhost/").eth_blockNumber();
            export const name: Promise<number> = hostile("http://localhost/").calc.name();
            export const both: Promise<string> = hostile("http://localhost/").calc();
            export const then: Promise<number> = hostile("http://localhost/").then_();
            export const proto: Promise<number> = hostile("http://localhost/").__proto__.constructor();
            // @ts-expect-error A method without parameters takes none.
            chain("http://localhost/").eth_blockNumber([1]);
            // @ts-expect-error A required parameter is missing.
            pets.get_pet({});
            // @ts-expect-error There is no such method.
            pets.sell();
            // @ts-expect-error A tuple has its order.
            chain("http://localhost/").eth_getBlock([true, "0x1"]);
            // @ts-expect-error A notification has the parameters of its method.
            pets.$notify("get_pet", { id: "1" });
            """);

        (await folder.CompileAsync()).Should().Be("");
    }

    [PackageFact("typescript")]
    public async Task The_program_of_the_docs_compiles()
    {
        using var folder = new TypeScriptFolder();
        await using var server = JsonRpc.MakeServer(0, new JsonRpcMethods()
            .Add("calc.subtract", (int minuend, int subtrahend) => minuend - subtrahend)
            .Add("rows", (int to) => RowsAsync(to))
            .Add("import", (string file, IProgress<int> progress) => Task.FromResult(file.Length))
            .Add("log.write", (string text) => { }));
        using var client = JsonRpc.MakeClient(server.Address);
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs/typescript.md"));

        folder.Write("client.ts", await client.CallAsync<string>("rpc.typescript"));
        folder.Write("program.ts", page.Split("```ts\n")[1].Split("```")[0]);

        (await folder.CompileAsync()).Should().Be("");
    }

    [PackageFact("typescript")]
    public async Task The_compiler_detects_an_error()
    {
        using var folder = new TypeScriptFolder();
        folder.Write("fault.ts", "export const text: string = 1;\n");

        (await folder.CompileAsync()).Should().Contain("fault.ts(1,14): error TS2322");
    }

    private static async IAsyncEnumerable<Row> RowsAsync(int to)
    {
        await Task.Yield();
        for (var i = 1; i <= to; i++)
            yield return new($"row {i}");
    }

    private sealed record Row(string Name);

    private static string WithoutHead(string client) => client[client.IndexOf("/** The methods", StringComparison.Ordinal)..];

    /// <summary>Starts a sample's server on a free port; its first line with an address names it.</summary>
    private static Command Start(string sample) => sample switch
    {
        "Contracts" => Command.Start("dotnet", Command.PathOfSample("Contracts/Server", "Warehouse.Server"), "--port", "0"),
        "AspNetCore" => Command.StartSample(sample, "--urls", "http://127.0.0.1:0", "--contentRoot", Path.Combine(Repository.Root, "samples/AspNetCore")),
        "Worker" => Command.StartSample(sample, "--JsonRpc:Port=0"),
        _ => Command.StartSample(sample, "--port", "0"),
    };

    [GeneratedRegex(@"http://[\w.]+:\d+")]
    private static partial Regex Address();
}
