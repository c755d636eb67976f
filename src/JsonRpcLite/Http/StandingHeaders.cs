namespace JsonRpcLite;

/// <summary>Header fields of every reply of an exchange: the handler's, an early reply, or a refusal.</summary>
/// <remarks>Immutable, so that another thread that makes a reply sees either all of them or the earlier set.</remarks>
internal sealed class StandingHeaders
{
    public static readonly StandingHeaders None = new([]);

    private readonly (string Name, string Value)[] _fields;

    private StandingHeaders((string, string)[] fields) => _fields = fields;

    /// <summary>Returns a copy with one more header field.</summary>
    /// <exception cref="ArgumentException">The header field is invalid, or only the transport writes it.</exception>
    public StandingHeaders With(string name, string value)
    {
        HeaderFields.Check(name, value);
        if (HeaderFields.IsFraming(name))
            throw new ArgumentException($"The header '{name}' must not be set, since the transport writes it.", nameof(name));
        return new StandingHeaders([.. _fields, (name, value)]);
    }

    /// <summary>Adds the header fields to a reply; each replaces those of its name, except that values of <c>Vary</c> are combined.</summary>
    /// <remarks>RFC 9110 12.5.5.</remarks>
    public void ApplyTo(HeaderFields reply)
    {
        foreach (var (name, value) in _fields)
        {
            if (name.Equals("Vary", StringComparison.OrdinalIgnoreCase))
                reply.AddUnchecked(name, value);
            else
                reply[name] = value;
        }
    }
}
