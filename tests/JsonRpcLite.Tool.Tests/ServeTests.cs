using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Tool.Tests;

public sealed class ServeTests : IDisposable
{
    private const string Document = """
        {
          "openrpc": "1.4.0",
          "info": { "title": "Library", "version": "1" },
          "methods": [
            {
              "name": "book.find", "summary": "Finds a book.",
              "params": [{ "name": "id", "required": true, "schema": { "type": "integer" } }],
              "result": { "name": "book", "schema": { "$ref": "#/components/schemas/Book" } },
              "examples": [
                { "name": "first", "params": [{ "name": "id", "value": 1 }], "result": { "name": "book", "value": { "id": 1, "title": "Emma" } } },
                { "name": "second", "params": [{ "name": "id", "value": 2 }], "result": { "name": "book", "value": { "id": 2, "title": "Ulysses" } } }
              ]
            },
            {
              "name": "book.add",
              "params": [{ "name": "book", "required": true, "schema": { "$ref": "#/components/schemas/Book" } }, { "name": "shelf", "schema": { "type": "string" } }],
              "result": { "name": "book", "schema": { "$ref": "#/components/schemas/Book" } }
            },
            { "name": "titles", "params": [], "result": { "name": "titles", "schema": { "type": "array", "items": { "type": "string", "examples": ["Emma"] }, "minItems": 2 } }, "x-stream": { "item": { "type": "string" } } },
            { "name": "ping", "params": [] }
          ],
          "components": {
            "schemas": {
              "Book": {
                "type": "object", "required": ["id", "title"],
                "properties": {
                  "id": { "type": "integer", "minimum": 5 }, "title": { "type": "string", "example": "Dracula" }, "kind": { "enum": ["novel", "essay"] },
                  "added": { "type": ["string", "null"], "format": "date" }, "next": { "$ref": "#/components/schemas/Book" }
                }
              }
            }
          }
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task Echo_answers_every_method_with_its_parameters_until_a_signal(string signal)
    {
        using var tool = ToolProcess.Start("serve", "0");
        using var client = JsonRpc.MakeClient(await AddressOfAsync(tool));

        (await client.CallAsync<int[]>("anything", new[] { 1, 2 })).Should().Equal(1, 2);
        (await client.CallAsync("nothing")).Should().BeNull();
        tool.Signal(signal);

        (await tool.EndAsync()).Should().Be(new Result(0, "", ""));
    }

    [Fact]
    public async Task It_listens_on_a_Unix_socket()
    {
        using var tool = ToolProcess.Start("serve", "--unix", $"{_folder}/s");
        (await tool.ReadLineAsync()).Should().Be($"Listening on unix:{_folder}/s (Ctrl+C ends it).");

        var end = await ToolProcess.RunAsync("call", $"unix:{_folder}/s", "echo", "[1]");

        end.Should().Be(new Result(0, "[1]\n", ""));
    }

    [Fact]
    public async Task A_mock_answers_by_examples_and_schemas()
    {
        using var tool = await StartMockAsync();
        using var client = JsonRpc.MakeClient(await AddressOfAsync(tool));

        (await TextOfAsync(client, "book.find", new { id = 2 })).Should().Be("""{"id":2,"title":"Ulysses"}""");
        (await TextOfAsync(client, "book.find", new[] { 7 })).Should().Be("""{"id":1,"title":"Emma"}""", "the first example stands for the others");
        (await TextOfAsync(client, "book.add", new { book = 1 })).Should().StartWith("""{"id":5,"title":"Dracula","kind":"novel","added":"2026-01-01","next":{"id":5,""");
        (await TextOfAsync(client, "ping")).Should().Be("null");
        (await client.CallStreamAsync<string>("titles").ToListAsync()).Should().Equal("Emma", "Emma");
    }

    [Fact]
    public async Task A_mock_answers_quickly_where_schemas_multiply()
    {
        const string Multiplying = """
            {
              "openrpc": "1.4.0", "info": { "title": "Trees", "version": "1" },
              "methods": [
                { "name": "tree", "params": [], "result": { "name": "r", "schema": { "$ref": "#/components/schemas/Tree" } } },
                { "name": "lists", "params": [], "result": { "name": "r", "schema": { "$ref": "#/components/schemas/List" } } }
              ],
              "components": {
                "schemas": {
                  "Tree": {
                    "type": "object", "required": ["a", "b"],
                    "properties": { "a": { "$ref": "#/components/schemas/Tree" }, "b": { "$ref": "#/components/schemas/Tree" } }
                  },
                  "List": { "type": "array", "minItems": 100, "items": { "type": "array", "minItems": 100, "items": { "$ref": "#/components/schemas/List" } } }
                }
              }
            }
            """;
        using var tool = await StartMockAsync(Multiplying);
        using var client = JsonRpc.MakeClient(await AddressOfAsync(tool), new JsonRpcClientOptions { Timeout = TimeSpan.FromSeconds(30) });

        (await TextOfAsync(client, "tree")).Should().StartWith("""{"a":{"a":{""").And.EndWith("}");
        (await TextOfAsync(client, "lists")).Should().StartWith("[[[").And.EndWith("]").And.Match(text => text.Length < 100_000);
    }

    [Fact]
    public async Task A_mock_refuses_what_the_document_does_not_allow()
    {
        using var tool = await StartMockAsync();
        using var client = JsonRpc.MakeClient(await AddressOfAsync(tool));

        (await ErrorOfAsync(client, "book.burn")).Should().Be((-32601, "Method not found: the document has no method 'book.burn'."));
        (await ErrorOfAsync(client, "book.find")).Should().Be((-32602, "Invalid params: 'id' is missing."));
        (await ErrorOfAsync(client, "book.find", new[] { 1, 2 })).Should().Be((-32602, "Invalid params: 2 came, and the method has 1."));
    }

    [Fact]
    public async Task A_mock_describes_itself_by_the_document()
    {
        using var tool = await StartMockAsync();
        var address = await AddressOfAsync(tool);

        var list = await ToolProcess.RunAsync("list", address.ToString());
        var typeScript = await ToolProcess.RunAsync("gen", address.ToString(), "--typescript");

        list.Should().Be(new Result(0, """
             book.find(id)           Finds a book.
             book.add(book, shelf?)
            *titles()
             ping()

            """, ""));
        typeScript.Output.Should().StartWith("// A client of Library 1,");
    }

    [Fact]
    public async Task Log_shows_what_is_received_and_sent()
    {
        using var tool = ToolProcess.Start("serve", "0", "--log");
        using var client = JsonRpc.MakeClient(await AddressOfAsync(tool));

        await client.CallAsync("echo", new[] { 1 });
        tool.Signal("TERM");

        (await tool.EndAsync()).Errors.Should().Contain("> POST / HTTP/1.1").And.Contain("""< {"jsonrpc":"2.0","result":[1],"id":1}""");
    }

    [Fact]
    public async Task A_busy_port_is_one_clear_line_and_exit_code_3()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        var end = await ToolProcess.RunAsync("serve", $"{port}");

        (end.ExitCode, end.Output).Should().Be((3, ""));
        end.Errors.Should().StartWith($"Cannot listen on port {port}").And.Contain("in use");
        end.Errors.TrimEnd('\n').Should().NotContain("\n");
    }

    [Theory]
    [InlineData("Either a port or a socket is needed", "serve")]
    [InlineData("PORT must be a number from 0 to 65535; it is '70000'.", "serve", "70000")]
    [InlineData("The file 'missing.json' cannot be read", "serve", "0", "--mock", "missing.json")]
    [InlineData("A server answers by --echo or by --mock, not by both.", "serve", "0", "--mock", "a.json", "--echo")]
    public async Task A_wrong_command_line_says_what_is_wrong(string message, params string[] arguments)
    {
        var end = await ToolProcess.RunAsync(arguments);

        (end.ExitCode, end.Output).Should().Be((2, ""));
        end.Errors.Should().StartWith($"jsonrpc serve: {message}");
    }

    private async Task<ToolProcess> StartMockAsync(string document = Document)
    {
        var file = Path.Combine(_folder, "openrpc.json");
        await File.WriteAllTextAsync(file, document);
        return ToolProcess.Start("serve", "0", "--mock", file);
    }

    private static async Task<Uri> AddressOfAsync(ToolProcess tool) => new((await tool.ReadLineAsync()).Split(' ')[2]);

    private static async Task<string> TextOfAsync(JsonRpcClient client, string method, object? parameters = null) =>
        (await client.CallAsync(method, parameters))?.ToJsonString() ?? "null";

    private static async Task<(int Code, string Message)> ErrorOfAsync(JsonRpcClient client, string method, object? parameters = null)
    {
        var error = (await client.Invoking(c => c.CallAsync<JsonNode?>(method, parameters)).Should().ThrowAsync<JsonRpcException>()).Which;
        return (error.Code, error.Message);
    }
}
