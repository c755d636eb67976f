namespace JsonRpcLite.Http11;

/// <summary>The end of a message, owned.</summary>
public sealed record Http11EndOfMessage : Http11Event
{
    /// <summary>Makes the event.</summary>
    /// <param name="trailers">The trailer fields, which only a chunked body can have (RFC 9112 7.1.2). None by default.</param>
    public Http11EndOfMessage(IReadOnlyList<Http11Field>? trailers = null) => Trailers = trailers ?? [];

    /// <summary>The trailer fields, in their order.</summary>
    /// <remarks>They are not part of the head and must not be treated so (RFC 9110 6.5.1).</remarks>
    public IReadOnlyList<Http11Field> Trailers { get; }

    /// <inheritdoc/>
    public override Http11EventKind Kind => Http11EventKind.EndOfMessage;

    /// <summary>Whether the other event has the same trailers.</summary>
    /// <param name="other">The other event.</param>
    public bool Equals(Http11EndOfMessage? other) => other is not null && Same(Trailers, other.Trailers);

    /// <inheritdoc/>
    public override int GetHashCode() => Trailers.Count;

    /// <summary>The event on one line.</summary>
    public override string ToString() => $"EndOfMessage(trailers={Show(Trailers)})";
}
