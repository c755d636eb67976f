namespace JsonRpcLite;

/// <summary>The settings of discovery: what a server publishes about itself and its methods.</summary>
/// <remarks>The values are copied when a server starts; later changes have no effect on it.</remarks>
public sealed class JsonRpcDiscoveryOptions
{
    internal JsonRpcDiscoveryOptions()
    {
    }

    internal JsonRpcDiscoveryOptions(JsonRpcDiscoveryOptions other)
    {
        Enabled = other.Enabled;
        Title = other.Title;
        Version = other.Version;
        Playground = other.Playground;
    }

    /// <summary>Whether callers may list the methods of the server.</summary>
    /// <remarks>
    /// <para>A JSON-RPC server answers <c>rpc.discover</c> with an OpenRPC 1.4 document, and <c>rpc.typescript</c> with a TypeScript client that is generated from it (see
    /// <see cref="JsonRpcTypeScript"/>). The server of a plain function answers a POST with <c>Accept: application/schema+json</c> with the JSON Schema of the function's
    /// parameter and result. These requests are subject to the same rules as a call.</para>
    /// <para>A schema describes what a call accepts and rejects. It also has what the attributes of <c>System.ComponentModel.DataAnnotations</c> say; these are documentation,
    /// and the server does not enforce them.</para>
    /// <para>Descriptions come from <see cref="JsonRpcMethods.Describe"/>, from <see cref="System.ComponentModel.DescriptionAttribute"/>, or from the XML comments beside the
    /// program's assembly, in this order.</para>
    /// </remarks>
    /// <value><c>true</c> by default.</value>
    public bool Enabled { get; set; } = true;

    /// <summary>The name of the server that discovery and the playground page show.</summary>
    /// <value>By default (<c>null</c>) the name of the program's assembly.</value>
    public string? Title { get; set; }

    /// <summary>The version of the server that discovery and the playground page show.</summary>
    /// <value>
    /// By default (<c>null</c>) the version of the program's assembly. If the project sets no version, or 1.0.0, which the .NET SDK writes by default, the document has 0.0.0,
    /// since OpenRPC requires a version. The page does not show 0.0.0.
    /// </value>
    public string? Version { get; set; }

    /// <summary>Whether browsers that open the server's address get a page to try calls on.</summary>
    /// <remarks>
    /// The page answers GET with <c>Accept: text/html</c>. It holds no names or schemas. It requests them as any caller does, with the header fields that its user enters, so it
    /// shows nothing if <see cref="Enabled"/> is <c>false</c>. The server of an <see cref="HttpExchangeHandler"/> of your own has no page, since the handler serves all paths.
    /// </remarks>
    /// <value>By default (<c>null</c>) the page is served only if the server listens on loopback alone.</value>
    public bool? Playground { get; set; }
}
