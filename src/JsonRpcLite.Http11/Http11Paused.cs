namespace JsonRpcLite.Http11;

/// <summary>Reading pauses until the next cycle starts or a proposal to switch protocols is answered.</summary>
public sealed record Http11Paused : Http11Event
{
    /// <inheritdoc/>
    public override Http11EventKind Kind => Http11EventKind.Paused;

    /// <summary>The event's name.</summary>
    public override string ToString() => "Paused";
}
