namespace JsonRpcLite;

/// <summary>
/// Header fields that belong to every reply of an exchange, whoever makes it: the handler's, an early one, a refusal. Immutable, so that another thread that makes a reply sees all
/// of them or those of before.
/// </summary>
internal sealed class StandingHeaders
{
    public static readonly StandingHeaders None = new([]);

    private readonly (string Name, string Value)[] _fields;

    private StandingHeaders((string, string)[] fields) => _fields = fields;

    /// <summary>These fields and one more.</summary>
    /// <exception cref="ArgumentException">It cannot be sent, or is the transport's to write.</exception>
    public StandingHeaders With(string name, string value)
    {
        HeaderFields.Check(name, value);
        if (HeaderFields.IsFraming(name))
            throw new ArgumentException($"'{name}' is written by the transport.", nameof(name));
        return new StandingHeaders([.. _fields, (name, value)]);
    }

    /// <summary>Completes a reply: each takes the place of a field of its name, but for <c>Vary</c>, whose values add up (RFC 9110 12.5.5).</summary>
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
