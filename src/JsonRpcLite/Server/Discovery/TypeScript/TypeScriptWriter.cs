using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Generates a TypeScript client from an OpenRPC document.</summary>
/// <remarks>The interface of the client and its types depend on the document. The file <c>client.ts</c> beside this one is the same for all clients.</remarks>
internal static class TypeScriptWriter
{
    private static readonly Lazy<string> Constant = new(() =>
    {
        using var resource = typeof(TypeScriptWriter).Assembly.GetManifestResourceStream("Discovery.client.ts")!;
        using var reader = new StreamReader(resource, Encoding.UTF8);
        return reader.ReadToEnd();
    });

    /// <summary>Returns the first lines of the file.</summary>
    /// <param name="document">The document.</param>
    /// <param name="address">The address at which the server answers <c>rpc.typescript</c>; <c>null</c> if it is not known.</param>
    public static string Head(JsonObject document, string? address)
    {
        var info = document["info"] as JsonObject;
        var version = SchemaTypes.TextOf(info?["version"]) is { } text && text != ServerTitle.NoVersion ? $" {text}" : "";
        var title = TypeScriptText.OneLine($"{SchemaTypes.TextOf(info?["title"]) ?? "a JSON-RPC server"}{version}");
        // The caller sends the host name, and this line is for a shell: an address with characters that addresses do not need is left out.
        var where = address is not null && address.All(c => char.IsAsciiLetterOrDigit(c) || ":/.-_[]".Contains(c)) ? address : "URL";
        return $"""
            // A client of {title}, written by JsonRpcLite from the OpenRPC document of the server. It needs no package.
            // Changes are lost when it is generated again{(address is null ? "." : $": curl -s {where} -d '{{\"jsonrpc\":\"2.0\",\"method\":\"rpc.typescript\",\"id\":1}}' | jq -r .result > client.ts")}


            """;
    }

    /// <summary>Returns the file without its first lines.</summary>
    /// <exception cref="ArgumentException">The document is not an OpenRPC document.</exception>
    public static string Body(JsonObject document)
    {
        if (SchemaTypes.TextOf(document["openrpc"]) is null || document["methods"] is not JsonArray list)
            throw new ArgumentException("The document is not an OpenRPC document: it needs \"openrpc\", a version, and \"methods\", an array.", nameof(document));
        var named = new NamedTypes();
        var types = new SchemaTypes(document, named);
        types.AddComponents();
        var methods = list.Select(method => TypeScriptMethod.Of(document, method, types)).ToList();
        if (methods.GroupBy(method => method.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new ArgumentException($"The document has two methods '{twice.Key}'.", nameof(document));
        types.Finish();
        var tree = MethodTree.Of(methods);
        var declared = named.Declare();
        return $$"""
            /** The methods of the server, in groups by the dots of their names. */
            export interface Client {
            {{named.Fill(tree.Members())}}  /** Calls a method as a notification: the server answers neither its result nor its errors. */
              $notify<Name extends keyof Notifications>(name: Name, ...args: [...params: Notifications[Name], options?: CallOptions]): Promise<void>;
            }

            /** What each method takes, for Client.$notify. */
            export interface Notifications {
            {{named.Fill(string.Concat(methods.Select(method => $"  {TypeScriptText.Property(method.Name)}: [{method.Parameters}];\n")))}}}

            {{declared}}const methods: Method[] = [
            {{string.Concat(tree.All().Select(Row))}}];


            """ + Constant.Value;
    }

    private static string Row((TypeScriptMethod Method, IReadOnlyList<string> Path) entry)
    {
        var path = string.Join(", ", entry.Path.Select(TypeScriptText.Literal));
        var parameters = entry.Method.Parameters is null ? "" : ", params: true";
        var kind = entry.Method.Kind switch
        {
            MethodKind.Stream => ", stream: true",
            MethodKind.Notification => ", notify: true",
            _ => "",
        };
        return $"  {{ name: {TypeScriptText.Literal(entry.Method.Name)}, path: [{path}]{parameters}{kind} }},\n";
    }
}
