namespace JsonRpcLite.Http11;

/// <summary>The head of an informational response, owned.</summary>
/// <param name="StatusCode">The status, 100 to 199.</param>
/// <param name="Fields">The header fields, in their order.</param>
/// <param name="Reason">The reason phrase, which may be empty and has no meaning (RFC 9112 4).</param>
/// <param name="Version">The version, such as <c>1.1</c>. Only 1.1 can be sent.</param>
public sealed record Http11InformationalResponse(int StatusCode, IReadOnlyList<Http11Field> Fields, string Reason = "", string Version = "1.1")
    : Http11Event
{
    /// <inheritdoc/>
    public override Http11EventKind Kind => Http11EventKind.InformationalResponse;

    /// <summary>Whether the other response has the same data.</summary>
    /// <param name="other">The other response.</param>
    public bool Equals(Http11InformationalResponse? other) =>
        other is not null && StatusCode == other.StatusCode && Reason == other.Reason && Version == other.Version
        && Same(Fields, other.Fields);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(StatusCode, Reason, Version, Fields.Count);

    /// <summary>The response on one line.</summary>
    public override string ToString() =>
        $"InformationalResponse(status={StatusCode}, reason={Reason}, fields={Show(Fields)}, version={Version})";
}
