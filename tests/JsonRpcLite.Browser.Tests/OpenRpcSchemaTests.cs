using System.Diagnostics;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Browser.Tests;

public class OpenRpcSchemaTests
{
    /// <summary>Reads a document from its input, and reports what the meta-schema of OpenRPC 1.4 finds wrong with it, and whether each schema inside is valid.</summary>
    private const string Validate = """
        const Ajv = require('ajv'), spec = require('@open-rpc/spec/1_4/schema.json');
        const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
        // OpenRPC points to a copy of draft-07 with titles, at an address that is not requested here; the original, which ajv knows, replaces it.
        for (const $id of ['https://meta.json-schema.tools', 'https://meta.json-schema.tools/'])
          ajv.addSchema({ $id, definitions: { JSONSchemaObject: { properties: { $ref: { type: 'string' } } } }, allOf: [{ $ref: 'http://json-schema.org/draft-07/schema#' }] });
        const meta = JSON.parse(JSON.stringify(spec)); delete meta.$schema;
        const validate = ajv.compile(meta);
        const document = JSON.parse(require('fs').readFileSync(0, 'utf8'));
        console.log(validate(document) ? 'valid' : JSON.stringify(validate.errors));
        """;

    [PackageFact("@open-rpc/spec")]
    public async Task The_document_is_valid_OpenRPC_1_4()
    {
        var document = Discover(Shop.Methods);

        (await ValidateAsync(document)).Should().Be("valid");
    }

    [PackageFact("@open-rpc/spec")]
    public async Task The_document_of_methods_that_stream_or_report_progress_is_valid_OpenRPC_1_4()
    {
        var document = Discover(Streams.Methods);

        document["methods"]!.AsArray().Count(method => method!["x-stream"] is not null).Should().BeGreaterThan(2);
        document["methods"]!.AsArray().Should().Contain(method => method!["x-progress"] != null);
        (await ValidateAsync(document)).Should().Be("valid");
    }

    [PackageFact("@open-rpc/spec")]
    public async Task The_schema_detects_an_error()
    {
        var document = Discover(Shop.Methods);
        document["methods"]![0]!["params"]![0]!.AsObject().Remove("schema");

        (await ValidateAsync(document)).Should().Contain("schema");
    }

    private static JsonObject Discover(JsonRpcMethods methods)
    {
        var memory = new InMemoryTransport();
        using var server = MakeServer(0, methods, new() { Transport = memory });
        using var client = MakeClient(server.Address, new() { Transport = memory.CreateClient() });
        return client.Call<JsonObject>("rpc.discover");
    }

    private static async Task<string> ValidateAsync(JsonObject document)
    {
        using var node = Process.Start(new ProcessStartInfo("node", ["-e", Validate])
        {
            WorkingDirectory = Path.GetDirectoryName(Equipment.Packages)!,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        await node.StandardInput.WriteAsync(document.ToJsonString());
        node.StandardInput.Close();
        return (await node.StandardOutput.ReadToEndAsync()).Trim();
    }
}
