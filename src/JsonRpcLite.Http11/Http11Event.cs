namespace JsonRpcLite.Http11;

/// <summary>An owned copy of an event, which can be kept, logged, compared and sent.</summary>
/// <remarks>
/// The hot path does not create events; see <see cref="Http11Connection.ToEvent"/>. Events are equal if all their data is equal: fields in the same order, with names that differ
/// at most in case.
/// </remarks>
public abstract record Http11Event
{
    private protected Http11Event()
    {
    }

    /// <summary>The kind of the event.</summary>
    public abstract Http11EventKind Kind { get; }

    private protected static bool Same(IReadOnlyList<Http11Field> one, IReadOnlyList<Http11Field> other) =>
        one.Count == other.Count && one.Zip(other).All(pair => Same(pair.First, pair.Second));

    private protected static string Show(IReadOnlyList<Http11Field> fields) =>
        $"[{string.Join(", ", fields.Select(f => $"({f.Name}, {f.Value})"))}]";

    private static bool Same(Http11Field one, Http11Field other) =>
        one.Value == other.Value && string.Equals(one.Name, other.Name, StringComparison.OrdinalIgnoreCase);
}
