namespace JsonRpcLite.Http11;

/// <summary>
/// One field line as text, for owned events. Strings stand for bytes: a character is a byte (Latin-1), since RFC 9110 5.5 gives bytes
/// above 127 no meaning.
/// </summary>
/// <param name="Name">The name in the case it was written in; names compare without regard to case (RFC 9110 5.1).</param>
/// <param name="Value">The value without outer white space.</param>
public readonly record struct Http11Field(string Name, string Value)
{
    /// <summary>Takes a pair for a field, so that a list of fields can be written as <c>[("Host", "example.org")]</c>.</summary>
    /// <param name="pair">Name and value.</param>
    public static implicit operator Http11Field((string Name, string Value) pair) => new(pair.Name, pair.Value);

    /// <summary>The field as it stands in a message, without the line's end.</summary>
    public override string ToString() => $"{Name}: {Value}";
}
