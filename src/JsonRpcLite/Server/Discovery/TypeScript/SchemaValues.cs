using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>The values that a schema lists, and the types that it names.</summary>
internal static class SchemaValues
{
    private static readonly (string Keyword, string Type)[] KeywordsOfTypes =
        [("properties", "object"), ("additionalProperties", "object"), ("patternProperties", "object"), ("items", "array"), ("prefixItems", "array")];

    /// <summary>Returns the values that a schema lists: by <c>const</c>, by <c>enum</c>, or as options of one value each, with titles.</summary>
    /// <returns><c>null</c> if it lists no values, or some that a type cannot express.</returns>
    public static IReadOnlyList<SchemaValue>? Of(JsonObject node)
    {
        var values = node.TryGetPropertyValue("const", out var only) ? [ValueOf(only, null)]
            : node["enum"] is JsonArray { Count: > 0 } list ? list.Select(value => ValueOf(value, null)).ToList()
            : (node["anyOf"] ?? node["oneOf"]) is JsonArray { Count: > 0 } options
                ? options.Select(option => option is JsonObject one && one.TryGetPropertyValue("const", out var value) ? ValueOf(value, TitleOf(one)) : null).ToList()
            : null;
        if (values is null || values.Contains(null))
            return null;
        var types = node.ContainsKey("type") ? TypesOf(node) : null;
        return [.. values.OfType<SchemaValue>().Where(value => types is null || types.Any(value.IsOf))];
    }

    /// <summary>Returns the types that a schema names, or else those that its keywords apply to.</summary>
    public static IReadOnlyList<string> TypesOf(JsonObject node) => node["type"] switch
    {
        JsonArray names => [.. names.OfType<JsonValue>().Where(name => name.GetValueKind() == JsonValueKind.String).Select(name => name.GetValue<string>())],
        JsonValue name when name.GetValueKind() == JsonValueKind.String => [name.GetValue<string>()],
        _ => [.. KeywordsOfTypes.Where(keyword => node.ContainsKey(keyword.Keyword)).Select(keyword => keyword.Type).Distinct()],
    };

    /// <summary>Returns the text that distinguishes an option: its title, or the constant value of one of its members.</summary>
    public static string? MarkOf(JsonNode? option) => option is not JsonObject node ? null
        : TitleOf(node) ?? (node["properties"] as JsonObject)?.Select(member => (member.Value as JsonObject)?["const"] is JsonValue value
            && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null).FirstOrDefault(text => text is not null);

    private static string? TitleOf(JsonObject node) => node["title"] is JsonValue title && title.GetValueKind() == JsonValueKind.String ? title.GetValue<string>() : null;

    /// <summary>Converts a value to a literal; <c>null</c> for an object, a list, or a number that JavaScript does not have.</summary>
    private static SchemaValue? ValueOf(JsonNode? value, string? title) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => new("null", "null", title),
        JsonValueKind.String => new(TypeScriptText.Literal(value.GetValue<string>()), "string", title),
        JsonValueKind.True => new("true", "boolean", title),
        JsonValueKind.False => new("false", "boolean", title),
        JsonValueKind.Number when double.TryParse(value.ToJsonString(), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number) => new(value.ToJsonString(), "number", title),
        _ => null,
    };
}

/// <summary>A value that a schema lists.</summary>
/// <param name="Literal">The value as a TypeScript literal.</param>
/// <param name="TypeName">The name of its type in JSON Schema.</param>
/// <param name="Title">Its meaning, in words.</param>
internal sealed record SchemaValue(string Literal, string TypeName, string? Title)
{
    public bool IsOf(string type) =>
        type == TypeName || type == "integer" && TypeName == "number" || type is not ("string" or "number" or "boolean" or "null" or "object" or "array");
}
