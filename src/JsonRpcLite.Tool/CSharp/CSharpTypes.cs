using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Tool;

/// <summary>
/// Makes types of JSON Schemas: records of objects, enums of texts, lists and dictionaries. Equal schemas share a type. What has no type in C#, such as one of several objects, is
/// <c>JsonNode?</c>.
/// </summary>
/// <param name="document">Where references lead.</param>
/// <param name="typeNames">The names of the file's types.</param>
internal sealed class CSharpTypes(JsonObject document, FreeNames typeNames)
{
    public const string Anything = "JsonNode?";

    private const int DeepestNesting = 60;

    /// <summary>Names that a record has already, or may not have.</summary>
    private static readonly string[] RecordMembers =
        ["Clone", "EqualityContract", "Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "PrintMembers", "ReferenceEquals", "ToString"];

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyDictionary<string, string>> _enums = new(StringComparer.Ordinal);
    private readonly List<string> _declarations = [];
    private int _depth;

    /// <summary>The declarations of all types so far.</summary>
    public IReadOnlyList<string> Declarations => _declarations;

    /// <summary>The type of a schema, with a question mark where it may be null.</summary>
    /// <param name="schema">The schema; a missing one takes anything.</param>
    /// <param name="words">What its name is made of, where it gets one and has none itself.</param>
    public string Of(JsonNode? schema, string words)
    {
        if (schema is not JsonObject node || _depth >= DeepestNesting)
            return Anything;
        _depth++;
        var type = SchemaTypes.TextOf(node["$ref"]) is { } pointer ? Of(JsonPointer.Find(document, pointer), WordsOf(pointer) ?? words)
            : Nullable(Make(node, SchemaTypes.TextOf(node["title"]) is { Length: > 0 } title ? title : words), TakesNull(node));
        _depth--;
        return type;
    }

    public bool TakesNull(JsonNode? schema) =>
        OpenRpc.Target(document, schema) is not { } node || SchemaValues.TypesOf(node).Contains("null") || SchemaTypes.IsTrue(node["nullable"])
        || node["enum"] is JsonArray values && values.Contains(null)
        || (node["oneOf"] ?? node["anyOf"]) is JsonArray options && options.Any(option => option is JsonObject one && SchemaTypes.TextOf(one["type"]) == "null");

    /// <summary>A default value as C# writes it; <c>null</c> where it is not a constant of the type.</summary>
    public string? ConstantOf(JsonNode? value, string type) => value is not JsonValue constant ? null : (constant.GetValueKind(), type.TrimEnd('?')) switch
    {
        (JsonValueKind.True, "bool") => "true",
        (JsonValueKind.False, "bool") => "false",
        (JsonValueKind.String, "string") => CSharpText.Literal(constant.GetValue<string>()),
        (JsonValueKind.String, var name) when _enums.TryGetValue(name, out var members) && members.TryGetValue(constant.GetValue<string>(), out var member) => $"{name}.{member}",
        (JsonValueKind.Number, "int") when constant.TryGetValue(out int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        (JsonValueKind.Number, "long") when constant.TryGetValue(out long number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture),
        (JsonValueKind.Number, "double") when constant.TryGetValue(out double number) && double.IsFinite(number) =>
            number.ToString("R", System.Globalization.CultureInfo.InvariantCulture) + "D",
        _ => null,
    };

    public static string Nullable(string type, bool takesNull) => takesNull && !type.EndsWith('?') ? $"{type}?" : type;

    private static string? WordsOf(string pointer) => pointer.StartsWith("#/methods/", StringComparison.Ordinal) || !pointer.Contains('/', StringComparison.Ordinal)
        ? null : Uri.UnescapeDataString(pointer[(pointer.LastIndexOf('/') + 1)..]);

    private string Make(JsonObject node, string words)
    {
        if (SchemaValues.Of(node) is { } values)
            return MakeValues(node, values, words);
        if ((node["oneOf"] ?? node["anyOf"]) is JsonArray { Count: > 0 } options)
            return node["properties"] is null && options.Where(option => SchemaTypes.TextOf((option as JsonObject)?["type"]) != "null").ToList() is [var only]
                ? Of(only, words) : Anything;
        if (node["allOf"] is JsonArray { Count: > 0 } parts)
            return parts is [var single] && node["properties"] is null ? Of(single, words) : MakeWhole(node, parts, words);
        return SchemaValues.TypesOf(node).Where(type => type != "null").ToList() switch
        {
            ["string"] => TextOf(node),
            ["integer"] => SchemaTypes.TextOf(node["format"]) == "int32" ? "int" : "long",
            ["number"] => SchemaTypes.TextOf(node["format"]) == "decimal" ? "decimal" : "double",
            ["boolean"] => "bool",
            ["array"] => node["prefixItems"] is not null || node["items"] is JsonArray ? "JsonArray" : $"IReadOnlyList<{Of(node["items"], $"{words} item")}>",
            ["object"] when node["properties"] is JsonObject { Count: > 0 } => Record(node, words),
            ["object"] => node["additionalProperties"] is JsonObject value ? $"IReadOnlyDictionary<string, {Of(value, $"{words} value")}>" : "JsonObject",
            _ => Anything,
        };
    }

    private static string TextOf(JsonObject node) => SchemaTypes.TextOf(node["format"]) switch
    {
        "date-time" => "DateTimeOffset",
        "date" => "DateOnly",
        "uuid" => "Guid",
        _ => SchemaTypes.TextOf(node["contentEncoding"]) == "base64" ? "byte[]" : "string",
    };

    private string MakeValues(JsonObject node, IReadOnlyList<SchemaValue> values, string words)
    {
        var kinds = values.Select(value => value.TypeName).Where(name => name != "null").Distinct().ToList();
        if (kinds is not ["string"])
            return kinds is ["boolean"] ? "bool" : kinds is ["number"] ? values.All(value => long.TryParse(value.Literal, out _)) ? "long" : "double" : Anything;
        var texts = values.Where(value => value.TypeName == "string")
            .Select(value => JsonSerializer.Deserialize(value.Literal, StringJsonContext.Default.String)!).Distinct().ToList();
        // The serializer refuses an enum with such a name at its first use.
        if (texts.Count == 1 || texts.Exists(text => text.Length == 0 || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1])))
            return "string";
        return Named(node, words, name =>
        {
            var names = new FreeNames();
            var byText = texts.ToDictionary(text => text, text => names.Take(CSharpText.Pascal(text)));
            _enums[name] = byText;
            return $$"""
                {{CSharpText.Summary(WordsOf(node), "")}}[JsonConverter(typeof(JsonStringEnumConverter<{{name}}>))]
                public enum {{name}}
                {
                {{string.Join("\n", byText.Select(member => $"    [JsonStringEnumMemberName({CSharpText.Literal(member.Key)})]\n    {member.Value},"))}}
                }

                """;
        });
    }

    /// <summary>The members of all parts together.</summary>
    private string MakeWhole(JsonObject node, JsonArray parts, string words)
    {
        var whole = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject(), ["required"] = new JsonArray(), ["description"] = node["description"]?.DeepClone() };
        foreach (var part in parts.Append(node).Select(part => OpenRpc.Target(document, part)).OfType<JsonObject>())
        {
            foreach (var (name, schema) in part["properties"] as JsonObject ?? [])
                whole["properties"]![name] = schema?.DeepClone();
            foreach (var name in part["required"] as JsonArray ?? [])
                whole["required"]!.AsArray().Add(name?.DeepClone());
        }
        return whole["properties"]!.AsObject().Count == 0 ? Anything : Record(whole, words);
    }

    private string Record(JsonObject node, string words) => Named(node, words, name =>
    {
        var names = new FreeNames([name, .. RecordMembers]);
        var text = new StringBuilder();
        foreach (var member in SchemaTypes.MembersOf(node, []))
        {
            var type = Of(member.Schema, member.Name);
            text.Append(text.Length == 0 ? "" : "\n").Append(CSharpText.Summary(WordsOf(member.Schema as JsonObject), "    ")).Append("    [JsonPropertyName(")
                .Append(CSharpText.Literal(member.Name)).Append(")]\n");
            // A member that may be missing is left out, since its null may be refused.
            if (member.IsOptional)
                text.Append("    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]\n");
            text.Append("    public ").Append(member.IsOptional ? Nullable(type, takesNull: true) : $"required {type}").Append(' ').Append(MemberName(member.Name, name, names))
                .Append(" { get; init; }\n");
        }
        return $"{CSharpText.Summary(WordsOf(node), "")}public sealed record {name}\n{{\n{text}}}\n";
    });

    private static string MemberName(string wireName, string record, FreeNames names)
    {
        var name = CSharpText.Pascal(wireName);
        return names.Take(name == record || RecordMembers.Contains(name) ? $"{name}Value" : name);
    }

    private string Named(JsonObject node, string words, Func<string, string> declare)
    {
        var key = KeyOf(node);
        if (_names.TryGetValue(key, out var known))
            return known;
        // The name stands before the members are read, which may lead back here.
        var name = _names[key] = typeNames.Take(CSharpText.Pascal(words));
        var place = _declarations.Count;
        _declarations.Add("");
        _declarations[place] = declare(name);
        return name;
    }

    /// <summary>What makes two schemas the same type: not their own words, nor whether null may stand for them.</summary>
    private static string KeyOf(JsonObject node)
    {
        var key = node.DeepClone().AsObject();
        foreach (var words in new[] { "description", "title", "default", "deprecated", "nullable" })
            key.Remove(words);
        if (key["type"] is JsonArray types && types.Select(SchemaTypes.TextOf).Where(type => type != "null").ToList() is [{ } only])
            key["type"] = only;
        if (key["enum"] is JsonArray values && values.Contains(null))
            key["enum"] = new JsonArray([.. values.Where(value => value is not null).Select(value => value!.DeepClone())]);
        return key.ToJsonString();
    }

    private static string? WordsOf(JsonObject? node) => SchemaTypes.TextOf(node?["description"]);
}
