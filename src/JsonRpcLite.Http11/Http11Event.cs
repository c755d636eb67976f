namespace JsonRpcLite.Http11;

/// <summary>
/// An owned copy of an event: it may be kept, logged, compared and sent. The hot path makes none of these; see
/// <see cref="Http11Connection.ToEvent"/>. Events are equal when all they say is equal, fields in their order and names without regard to
/// case.
/// </summary>
public abstract record Http11Event
{
    private protected Http11Event()
    {
    }

    /// <summary>Which event this is.</summary>
    public abstract Http11EventKind Kind { get; }

    private protected static bool Same(IReadOnlyList<Http11Field> one, IReadOnlyList<Http11Field> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => Same(pair.First, pair.Second));

    private protected static string Show(IReadOnlyList<Http11Field> fields) =>
        $"[{string.Join(", ", fields.Select(f => $"({f.Name}, {f.Value})"))}]";

    private static bool Same(Http11Field one, Http11Field other) =>
        one.Value == other.Value && string.Equals(one.Name, other.Name, StringComparison.OrdinalIgnoreCase);
}
