namespace JsonRpcLite.Http11;

/// <summary>No event is complete yet.</summary>
public sealed record Http11NeedData : Http11Event
{
    /// <inheritdoc/>
    public override Http11EventKind Kind => Http11EventKind.NeedData;

    /// <summary>The event's name.</summary>
    public override string ToString() => "NeedData";
}
