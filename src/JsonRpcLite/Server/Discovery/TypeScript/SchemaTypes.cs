using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Converts JSON Schemas to types.</summary>
/// <remarks>
/// Objects, enums and targets of references get names. This ends recursion: the members of an object are read when the object itself already has a name. Keywords that a type
/// cannot express, such as ranges and patterns, are left out; a schema that cannot be understood becomes <c>unknown</c>.
/// </remarks>
/// <param name="document">The document that references point into.</param>
/// <param name="types">The list to add named types to.</param>
internal sealed class SchemaTypes(JsonObject document, NamedTypes types)
{
    /// <summary>The deepest nesting of schemas that is read.</summary>
    /// <remarks>A document that was read from text is never so deep. The limit protects the process from one that code has made.</remarks>
    private const int DeepestNesting = 100;

    private static readonly string[] Combinations = ["oneOf", "anyOf", "allOf"];

    private readonly Dictionary<JsonNode, NamedType> _objects = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<JsonNode, NamedType> _aliases = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<JsonNode, string> _ownNames = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<JsonNode, Dictionary<string, IReadOnlyList<string>>> _listed = new(ReferenceEqualityComparer.Instance);
    private readonly Queue<Action> _later = new();
    private int _depth;

    /// <summary>Names the schemas of <c>components/schemas</c>, and converts all of them.</summary>
    public void AddComponents()
    {
        if ((document["components"] as JsonObject)?["schemas"] is not JsonObject schemas)
            return;
        foreach (var (name, schema) in schemas)
        {
            if (schema is not null)
                _ownNames[schema] = name;
        }
        foreach (var (name, schema) in schemas)
            Referenced(schema, name);
    }

    /// <summary>Returns the type of a schema.</summary>
    /// <param name="schema">The schema; a missing one accepts any value.</param>
    /// <param name="words">The words of its name, if it gets a name and has none itself.</param>
    /// <param name="required">Members that the surrounding schema requires.</param>
    public TypeScriptType Of(JsonNode? schema, string words, IReadOnlyCollection<string>? required = null)
    {
        if (schema is JsonValue value && value.TryGetValue(out bool takesAny))
            return takesAny ? TypeScriptType.Unknown : TypeScriptType.Never;
        if (schema is not JsonObject node || _depth >= DeepestNesting)
            return TypeScriptType.Unknown;
        _depth++;
        var type = TextOf(node["$ref"]) is { } pointer ? Referenced(JsonPointer.Find(document, pointer), WordsOf(pointer) ?? words)
            : IsComposite(node) && NameOf(node) is not null ? Alias(node, words).Type
            : Make(node, words, required ?? []);
        _depth--;
        return type;
    }

    /// <summary>Returns the type of a schema for all parameters of a method.</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="words">The words of its name.</param>
    /// <param name="listed">The parameters that the method lists. Their descriptions take precedence over those of the schema.</param>
    public TypeScriptType OfParameters(JsonNode? schema, string words, IEnumerable<TypeScriptMember> listed)
    {
        if (schema is not null)
            _listed[schema] = listed.Where(parameter => parameter.Words.Count > 0).ToDictionary(parameter => parameter.Name, parameter => parameter.Words);
        return Of(schema, words);
    }

    /// <summary>Reads the members of all objects that have been found, and of those that this finds.</summary>
    public void Finish()
    {
        while (_later.TryDequeue(out var next))
            next();
    }

    /// <summary>Adds an object as a named type.</summary>
    public TypeScriptType Object(IEnumerable<TypeScriptMember> members, string words, string identity)
    {
        var type = types.Add(words, identity);
        type.IsInterface = true;
        type.Body = BodyOf(members, words);
        return type.Type;
    }

    /// <summary>Returns the members that an object's schema lists.</summary>
    public static IEnumerable<TypeScriptMember> MembersOf(JsonObject node, IReadOnlyCollection<string> required)
    {
        var properties = node["properties"] as JsonObject ?? [];
        var own = NamesIn(node["required"]);
        foreach (var (name, schema) in properties)
            yield return new(name, schema, !own.Contains(name) && !required.Contains(name), WordsOf(schema), IsTrue((schema as JsonObject)?["readOnly"]));
        foreach (var name in own.Where(name => !properties.ContainsKey(name)))
            yield return new(name, true, false, [], false);
    }

    public static IReadOnlyList<string> WordsOf(JsonNode? node) => node is not JsonObject o ? []
        : [.. TypeScriptText.Lines(TextOf(o["description"]) ?? TextOf(o["summary"])), .. DefaultOf(o), .. IsTrue(o["deprecated"]) ? ["@deprecated"] : Array.Empty<string>()];

    public static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    public static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool isTrue) && isTrue;

    private static string[] DefaultOf(JsonObject node) => node["default"] is JsonValue value ? [$"@default {TypeScriptText.OneLine(value.ToJsonString())}"] : [];

    /// <summary>Returns the name of a reference's definition; <c>null</c> for a reference into a method, which has no usable name.</summary>
    private static string? WordsOf(string pointer) =>
        pointer.StartsWith("#/methods/", StringComparison.Ordinal) || !pointer.Contains('/') ? null : Uri.UnescapeDataString(pointer[(pointer.LastIndexOf('/') + 1)..]);

    private TypeScriptType Referenced(JsonNode? target, string words)
    {
        if (target is not JsonObject node)
            return Of(target, words);
        return node.ContainsKey("$ref") || !IsNamedItself(node) ? Alias(node, words).Type : Of(node, words);
    }

    /// <summary>Whether a schema gets a name of its own: an object or an enum.</summary>
    private static bool IsNamedItself(JsonObject node) => !IsComposite(node) && (HasMembers(node) || SchemaValues.Of(node) is { Count: > 1 });

    private NamedType Alias(JsonObject node, string words)
    {
        if (_aliases.TryGetValue(node, out var known))
            return known;
        var type = _aliases[node] = types.Add(NameOf(node) ?? words, IdentityOf(node));
        _later.Enqueue(() =>
        {
            type.Body = (node.ContainsKey("$ref") ? Of(node, words) : Make(node, $"{type.Title} value", [])).Text;
            type.Words = WordsOf(node);
        });
        return type;
    }

    private TypeScriptType Make(JsonObject node, string words, IReadOnlyCollection<string> required)
    {
        if (SchemaValues.Of(node) is { } values)
            return MakeValues(node, values, words);
        var names = SchemaValues.TypesOf(node);
        var combined = Combined(node, words, [.. required, .. NamesIn(node["required"])]).Where(type => !type.IsUnknown).ToList();
        var own = names.Where(name => name != "null").Select(name => name switch
        {
            "string" => new TypeScriptType("string"),
            "number" or "integer" => new TypeScriptType("number"),
            "boolean" => new TypeScriptType("boolean"),
            "array" => ListOf(node, words),
            "object" => ObjectOf(node, words, required),
            _ => TypeScriptType.Unknown,
        }).ToList();
        // Beside a combination, a type without members adds nothing to the options.
        if (own.Count > 0 && (combined.Count == 0 || HasMembers(node) || HasItems(node) || node["additionalProperties"] is JsonObject))
            combined.Insert(0, TypeScriptType.Union(own));
        var type = combined.Count > 0 ? combined.Count == 1 ? combined[0] : TypeScriptType.Intersection(combined) : names.Count > 0 ? TypeScriptType.Never : TypeScriptType.Unknown;
        return names.Contains("null") || IsTrue(node["nullable"]) ? type.WithNull() : type;
    }

    private IEnumerable<TypeScriptType> Combined(JsonObject node, string words, IReadOnlyCollection<string> required)
    {
        foreach (var keyword in new[] { "oneOf", "anyOf" })
        {
            if (node[keyword] is JsonArray { Count: > 0 } options)
                yield return TypeScriptType.Union(
                    options.Select((option, i) => Of(option, $"{words} {SchemaValues.MarkOf(option) ?? $"option{(i == 0 ? "" : i + 1)}"}", required)).ToList());
        }
        foreach (var part in node["allOf"] as JsonArray ?? [])
            yield return Of(part, words, required);
    }

    private TypeScriptType MakeValues(JsonObject node, IReadOnlyList<SchemaValue> values, string words)
    {
        var literals = TypeScriptType.Union(values.Where(value => value.Literal != "null").Select(value => new TypeScriptType(value.Literal)));
        if (literals.Options.Count > 1)
        {
            if (!_objects.TryGetValue(node, out var type))
            {
                type = _objects[node] = types.Add(NameOf(node) ?? words, IdentityOf(node));
                type.Body = literals.Text;
                type.Words = [.. WordsOf(node), .. values.Where(value => value.Title is not null).SelectMany(value => TypeScriptText.Lines($"{value.Literal}: {value.Title}"))];
            }
            literals = type.Type;
        }
        return values.Any(value => value.Literal == "null") || IsTrue(node["nullable"]) ? literals.WithNull() : literals;
    }

    private TypeScriptType ListOf(JsonObject node, string words)
    {
        var isTuple = node["prefixItems"] is JsonArray;
        if ((isTuple ? node["prefixItems"] : node["items"]) is not JsonArray first)
            return Of(node["items"], $"{words} item").List();
        var least = node["minItems"] is JsonValue number && number.TryGetValue(out int count) ? count : 0;
        var items = first.Select((item, i) => Of(item, $"{words} item{i + 1}") is var type && i < least ? type.Text : type.Options.Count > 1
            || type.Text.Contains(' ') ? $"({type.Text})?" : $"{type.Text}?").ToList();
        var rest = Of(node[isTuple ? "items" : "additionalItems"], $"{words} item");
        if (rest.Text != "never")
            items.Add($"...{rest.List().Text}");
        return new($"[{string.Join(", ", items)}]");
    }

    private TypeScriptType ObjectOf(JsonObject node, string words, IReadOnlyCollection<string> required)
    {
        if (!HasMembers(node))
            return DictionaryOf(node, words);
        if (!_objects.TryGetValue(node, out var type))
        {
            type = _objects[node] = types.Add(NameOf(node) ?? words, IdentityOf(node));
            type.IsInterface = true;
            _later.Enqueue(() =>
            {
                type.Words = WordsOf(node);
                var listed = _listed.GetValueOrDefault(node);
                var members = MembersOf(node, required).Select(
                    member => listed is not null && listed.TryGetValue(member.Name, out var words) ? member with { Words = words } : member);
                type.Body = BodyOf(members, type.Title, hasOthers: node["additionalProperties"] is JsonObject || IsTrue(node["additionalProperties"])
                    || node["patternProperties"] is JsonObject { Count: > 0 });
            });
        }
        return type.Type;
    }

    private TypeScriptType DictionaryOf(JsonObject node, string words)
    {
        var values = (node["patternProperties"] as JsonObject ?? []).Select(pattern => pattern.Value).ToList();
        if (values.Count == 0 || node["additionalProperties"] is not JsonValue || IsTrue(node["additionalProperties"]))
            values.Add(node["additionalProperties"]);
        var value = TypeScriptType.Union(values.Select(schema => Of(schema, $"{words} value")).ToList()).Text;
        return node["propertyNames"] is JsonObject names && SchemaValues.Of(names) is { } keys && keys.All(key => key.Literal.StartsWith('"'))
            ? new($"{{ [name in {string.Join(" | ", keys.Select(key => key.Literal))}]?: {value} }}")
            : new($"{{ [name: string]: {value} }}");
    }

    private string BodyOf(IEnumerable<TypeScriptMember> members, string words, bool hasOthers = false)
    {
        var body = new StringBuilder("{\n");
        foreach (var member in members)
        {
            body.Append(TypeScriptText.Comment(member.Words, "  ")).Append("  ").Append(member.IsReadOnly ? "readonly " : "").Append(TypeScriptText.Property(member.Name))
                .Append(member.IsOptional ? "?: " : ": ")
                .Append(Of(member.Schema, $"{words} {member.Name}").Text).Append(";\n");
        }
        // The type of an index signature must fit the members too, so it is unknown.
        if (hasOthers)
            body.Append("  [name: string]: unknown;\n");
        return body.Append('}').ToString();
    }

    private string? NameOf(JsonObject node) => _ownNames.TryGetValue(node, out var name) ? name : TextOf(node["title"]) is { Length: > 0 } title ? title : null;

    private string IdentityOf(JsonObject node) =>
        _ownNames.TryGetValue(node, out var name) ? $"component {name}" : TextOf(node["title"]) is { Length: > 0 } title ? $"title {title}" : "";

    private static bool IsComposite(JsonObject node) => SchemaValues.Of(node) is null && Combinations.Any(keyword => node[keyword] is JsonArray { Count: > 0 });

    private static bool HasMembers(JsonObject node) =>
        node["properties"] is JsonObject { Count: > 0 } || !IsComposite(node) && NamesIn(node["required"]).Count > 0 && SchemaValues.TypesOf(node).Contains("object");

    private static bool HasItems(JsonObject node) => node["items"] is not null || node["prefixItems"] is not null;

    private static List<string> NamesIn(JsonNode? node) => [.. (node as JsonArray ?? []).Select(TextOf).OfType<string>().Distinct()];
}

/// <summary>A member of an object.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Schema">The schema of its values.</param>
/// <param name="IsOptional">Whether it may be missing.</param>
/// <param name="Words">The lines of its comment.</param>
/// <param name="IsReadOnly">Whether only the server sets it.</param>
internal sealed record TypeScriptMember(string Name, JsonNode? Schema, bool IsOptional, IReadOnlyList<string> Words, bool IsReadOnly);
