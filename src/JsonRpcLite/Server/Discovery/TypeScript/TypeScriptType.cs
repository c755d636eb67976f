namespace JsonRpcLite;

/// <summary>A type as an expression: one option, or a union of several.</summary>
/// <remarks>
/// The names of named types are known only at the end. Until then the text has a hole for a named type: its index between two NULs. Text of a document cannot contain a hole,
/// since NUL is escaped in it.
/// </remarks>
/// <param name="Options">The options for the value, each once.</param>
internal sealed record TypeScriptType(IReadOnlyList<string> Options)
{
    public const char Hole = '\0';

    public static readonly TypeScriptType Unknown = new(["unknown"]);
    public static readonly TypeScriptType Never = new(["never"]);
    public static readonly TypeScriptType Null = new(["null"]);

    public TypeScriptType(string text)
        : this([text])
    {
    }

    public string Text => string.Join(" | ", Options);

    public bool IsUnknown => Options is ["unknown"];

    public static TypeScriptType Named(int index) => new($"{Hole}{index}{Hole}");

    public static TypeScriptType Union(IEnumerable<TypeScriptType> types)
    {
        var options = types.SelectMany(type => type.Options).Where(option => option != "never").Distinct().ToList();
        return options.Contains("unknown") ? Unknown : options.Count == 0 ? Never : new(options);
    }

    public static TypeScriptType Intersection(IEnumerable<TypeScriptType> types)
    {
        var parts = types.Where(type => !type.IsUnknown).Select(type => type.Options.Count > 1 ? $"({type.Text})" : type.Text).Distinct().ToList();
        return parts.Count == 0 ? Unknown : new(string.Join(" & ", parts));
    }

    /// <summary>Returns the type of a list; the long form needs no parentheses around a union, and allows a type to contain itself.</summary>
    public TypeScriptType List() => new(Options.Count == 1 && !Options[0].Contains(' ') ? $"{Text}[]" : $"Array<{Text}>");

    public TypeScriptType WithNull() => Union([this, Null]);

    public TypeScriptType WithoutNull() => Options.Count > 1 ? new([.. Options.Where(option => option != "null")]) : this;
}
