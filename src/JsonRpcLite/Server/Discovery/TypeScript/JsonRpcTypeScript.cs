using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Generates clients in TypeScript.</summary>
public static class JsonRpcTypeScript
{
    /// <summary>Generates a client for the server that an OpenRPC document describes.</summary>
    /// <remarks>
    /// <para>The text is one file that needs no package: types of parameters and results, a function <c>createClient</c>, and classes for errors. It compiles under <c>tsc
    /// --strict</c> for ES2022 and later, and runs in every environment with <c>fetch</c>: browsers, Node, Deno, Bun. A server of this library answers <c>rpc.typescript</c> with
    /// the same client, unless <see cref="JsonRpcDiscoveryOptions.Enabled"/> is <c>false</c>.</para>
    /// <para>The document may come from any OpenRPC server. References within it are followed; references to other documents are not. A schema that TypeScript cannot express
    /// becomes <c>unknown</c>. The method is thread-safe, and only reads the document.</para>
    /// </remarks>
    /// <param name="document">The document, such as the result of <c>rpc.discover</c>.</param>
    /// <returns>The text of the file. Its lines end with <c>\n</c>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="document"/> is <c>null</c>.</exception>
    /// <exception cref="ArgumentException">The document is not an OpenRPC document, a method has no name, or two methods have the same name.</exception>
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
