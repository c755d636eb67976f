using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Writes clients in TypeScript.</summary>
public static class JsonRpcTypeScript
{
    /// <summary>Writes a client of the server that an OpenRPC document describes.</summary>
    /// <remarks>
    /// The text is one file that needs no package: types of parameters and results, a function <c>createClient</c>, and classes for errors. It compiles under <c>tsc
    /// --strict</c> for ES2022 and later, and runs
    /// wherever there is a <c>fetch</c>: browsers, Node, Deno, Bun. A server of this library answers <c>rpc.typescript</c> with the same client, unless <see
    /// cref="JsonRpcDiscoveryOptions.Enabled"/> is <c>false</c>.
    /// The document may come from any OpenRPC server. References within it are followed, those to other documents are not; what has no type in TypeScript is
    /// <c>unknown</c>. Thread-safe; the document is only read.
    /// </remarks>
    /// <param name="document">The document, such as the result of <c>rpc.discover</c>.</param>
    /// <returns>The text of the file, lines ended by <c>\n</c>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="document"/> is <c>null</c>.</exception>
    /// <exception cref="ArgumentException">It is not an OpenRPC document, a method has no name, or two have the same.</exception>
    /// <example>
    /// <code>
    /// using var client = JsonRpc.MakeClient(12345);
    /// File.WriteAllText("client.ts", JsonRpcTypeScript.FromOpenRpc(client.Call("rpc.discover")!));
    /// </code>
    /// </example>
    public static string FromOpenRpc(JsonNode document)
    {
        ArgumentNullException.ThrowIfNull(document);
        if (document is not JsonObject root)
            throw new ArgumentException("The document is not an OpenRPC document: it is not a JSON object.", nameof(document));
        return TypeScriptWriter.Head(root, address: null) + TypeScriptWriter.Body(root);
    }
}
