namespace JsonRpcLite.Http11;

/// <summary>The sender has closed its direction of the connection.</summary>
/// <remarks>It may still read: the two directions close independently.</remarks>
public sealed record Http11ConnectionClosed : Http11Event
{
    /// <inheritdoc/>
    public override Http11EventKind Kind => Http11EventKind.ConnectionClosed;

    /// <summary>The event's name.</summary>
    public override string ToString() => "ConnectionClosed";
}
