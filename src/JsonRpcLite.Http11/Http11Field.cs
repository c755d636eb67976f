namespace JsonRpcLite.Http11;

/// <summary>One header field or trailer field as text, for owned events.</summary>
/// <remarks>Strings stand for bytes: one character per byte (Latin-1), because RFC 9110 5.5 gives no meaning to bytes above 127.</remarks>
/// <param name="Name">The name, in its original case; names are compared without regard to case (RFC 9110 5.1).</param>
/// <param name="Value">The value, without surrounding white space.</param>
public readonly record struct Http11Field(string Name, string Value)
{
    /// <summary>Converts a pair to a field, so that a list of fields can be written as <c>[("Host", "example.org")]</c>.</summary>
    /// <param name="pair">The name and the value.</param>
    public static implicit operator Http11Field((string Name, string Value) pair) => new(pair.Name, pair.Value);

    /// <summary>The field as a message contains it, without the end of the line.</summary>
    public override string ToString() => $"{Name}: {Value}";
}
