using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Tool;

/// <summary>An OpenRPC document, from a server or a file, and the parts of it that several commands read.</summary>
internal static class OpenRpc
{
    /// <summary>Asks a server for its document.</summary>
    /// <exception cref="UnansweredException">The answer is not an OpenRPC document.</exception>
    public static async Task<JsonObject> AskAsync(JsonRpcClient client, ServerAddress server, CancellationToken cancellationToken) =>
        await client.CallAsync("rpc.discover", cancellationToken: cancellationToken).ConfigureAwait(false) is JsonObject document && IsDocument(document)
            ? document
            : throw new UnansweredException($"The answer of {server.Text} to rpc.discover is not an OpenRPC document.");

    /// <summary>Reads a document from a file.</summary>
    /// <exception cref="UsageException">The file cannot be read, or does not hold an OpenRPC document.</exception>
    public static async Task<JsonObject> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var bytes = await Parameters.ReadFileAsync(path, cancellationToken).ConfigureAwait(false);
        try
        {
            var node = JsonNode.Parse(
                Parameters.Checked(bytes, $"The file '{path}'").Span,
                documentOptions: new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false });
            return node is JsonObject document && IsDocument(document)
                ? document
                : throw new UsageException($"The file '{path}' is not an OpenRPC document: it needs \"openrpc\", a version, and \"methods\", an array.");
        }
        catch (JsonException e)
        {
            throw new UsageException($"The file '{path}' is not JSON: {Sentence.Of(e.Message)}");
        }
    }

    /// <summary>The methods that have a name; of two with the same name the first.</summary>
    public static IEnumerable<(string Name, JsonObject Method)> MethodsOf(JsonObject document) =>
        ((JsonArray)document["methods"]!).Select(node => Target(document, node))
            .Where(method => SchemaTypes.TextOf(method?["name"]) is not null)
            .Select(method => (SchemaTypes.TextOf(method!["name"])!, method!))
            .DistinctBy(method => method.Item1);

    /// <summary>The parameters of a method that have a name.</summary>
    public static IEnumerable<(string Name, JsonObject Parameter)> ParametersOf(JsonObject document, JsonObject method) =>
        (method["params"] as JsonArray ?? []).Select(node => Target(document, node))
            .Where(parameter => SchemaTypes.TextOf(parameter?["name"]) is not null)
            .Select(parameter => (SchemaTypes.TextOf(parameter!["name"])!, parameter!));

    /// <summary>Methods, parameters, results, examples and schemas may be references; one that leads to another is not followed, since it could lead back.</summary>
    public static JsonObject? Target(JsonObject document, JsonNode? node) =>
        node is JsonObject o && SchemaTypes.TextOf(o["$ref"]) is { } pointer ? JsonPointer.Find(document, pointer) as JsonObject : node as JsonObject;

    private static bool IsDocument(JsonObject document) => SchemaTypes.TextOf(document["openrpc"]) is not null && document["methods"] is JsonArray;
}
