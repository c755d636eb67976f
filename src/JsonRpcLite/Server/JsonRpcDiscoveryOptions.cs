namespace JsonRpcLite;

/// <summary>What a server tells callers about itself and what there is to call.</summary>
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

    /// <summary>Whether callers may ask what there is to call.</summary>
    /// <remarks>
    /// A JSON-RPC server answers <c>rpc.discover</c> with an OpenRPC 1.4 document, and <c>rpc.typescript</c> with a client in TypeScript that is written from it (see
    /// <see cref="JsonRpcTypeScript"/>). A plain function's server answers a POST with <c>Accept: application/schema+json</c> with the schema of what the function takes
    /// and returns. All of these are
    /// subject to the same rules as a call. A schema says what a call takes and refuses, and what the attributes of <c>System.ComponentModel.DataAnnotations</c> say
    /// besides; these describe, and are
    /// not enforced. Words for people come from <see cref="JsonRpcMethods.Describe"/>, from <see cref="System.ComponentModel.DescriptionAttribute"/>, or from the XML
    /// comments beside the program's
    /// assembly, in this order.
    /// </remarks>
    /// <value><c>true</c> by default.</value>
    public bool Enabled { get; set; } = true;

    /// <summary>The server's name for people, in what discovery answers and on the playground page.</summary>
    /// <value>By default (<c>null</c>) the name of the program's assembly.</value>
    public string? Title { get; set; }

    /// <summary>The version of what the server offers, in the same places as <see cref="Title"/>.</summary>
    /// <value>
    /// By default (<c>null</c>) the version of the program's assembly. Where its project sets none, or 1.0.0, which the .NET SDK writes then, the document has 0.0.0, since OpenRPC
    /// requires a version; the page does not show 0.0.0.
    /// </value>
    public string? Version { get; set; }

    /// <summary>Whether a browser that opens the server's address gets a page to try calls on (GET with <c>Accept: text/html</c>).</summary>
    /// <remarks>
    /// The page itself holds no names or schemas. It asks for them as any caller does, with the header fields that its user types in, so it shows nothing where
    /// <see cref="Enabled"/> is <c>false</c>. A server of an <see cref="HttpExchangeHandler"/> of your own has no page: all of its paths are its own.
    /// </remarks>
    /// <value>By default (<c>null</c>) the page is there only when the server listens on loopback alone.</value>
    public bool? Playground { get; set; }
}
