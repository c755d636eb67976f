namespace JsonRpcLite.Http11;

/// <summary>The head of a request, owned.</summary>
/// <param name="Method">The method, case-sensitive (RFC 9110 9.1).</param>
/// <param name="Target">The request target, as in the request line (RFC 9112 3.2).</param>
/// <param name="Fields">The header fields, in their order.</param>
/// <param name="Version">The version, such as <c>1.1</c>. Only 1.1 can be sent.</param>
public sealed record Http11Request(string Method, string Target, IReadOnlyList<Http11Field> Fields, string Version = "1.1") : Http11Event
{
    /// <inheritdoc/>
    public override Http11EventKind Kind => Http11EventKind.Request;

    /// <summary>Whether the other request has the same data.</summary>
    /// <param name="other">The other request.</param>
    public bool Equals(Http11Request? other) =>
        other is not null && Method == other.Method && Target == other.Target && Version == other.Version && Same(Fields, other.Fields);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Method, Target, Version, Fields.Count);

    /// <summary>The request on one line.</summary>
    public override string ToString() => $"Request(method={Method}, target={Target}, fields={Show(Fields)}, version={Version})";
}
