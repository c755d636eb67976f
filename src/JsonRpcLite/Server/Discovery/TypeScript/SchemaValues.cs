using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>The values that a schema lists, and the types that it names.</summary>
internal static class SchemaValues
{
    private static readonly (string Keyword, string Type)[] KeywordsOfTypes =
        [("properties", "object"), ("additionalProperties", "object"), ("patternProperties", "object"), ("items", "array"), ("prefixItems", "array")];

    /// <summary>
    /// The values of a schema that lists them: by <c>const</c>, by <c>enum</c>, or as options of one value each, which have titles. <c>null</c> where it lists none, or
    /// not only such that a type can tell.
    /// </summary>
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

    /// <summary>The types that a schema names, or else those that its keywords are for.</summary>
    public static IReadOnlyList<string> TypesOf(JsonObject node) => node["type"] switch
    {
        JsonArray names => [.. names.OfType<JsonValue>().Where(name => name.GetValueKind() == JsonValueKind.String).Select(name => name.GetValue<string>())],
        JsonValue name when name.GetValueKind() == JsonValueKind.String => [name.GetValue<string>()],
        _ => [.. KeywordsOfTypes.Where(keyword => node.ContainsKey(keyword.Keyword)).Select(keyword => keyword.Type).Distinct()],
    };

    /// <summary>What marks an option of several: its title, or the value that one of its members always has.</summary>
    public static string? MarkOf(JsonNode? option) => option is not JsonObject node ? null
        : TitleOf(node) ?? (node["properties"] as JsonObject)?.Select(member => (member.Value as JsonObject)?["const"] is JsonValue value
            && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null).FirstOrDefault(text => text is not null);

    private static string? TitleOf(JsonObject node) => node["title"] is JsonValue title && title.GetValueKind() == JsonValueKind.String ? title.GetValue<string>() : null;

    /// <summary>A value as a literal; <c>null</c> where it is an object, a list, or a number that JavaScript has not.</summary>
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
/// <param name="Literal">As TypeScript writes it.</param>
/// <param name="TypeName">JSON Schema's name of its type.</param>
/// <param name="Title">What it means, in words.</param>
internal sealed record SchemaValue(string Literal, string TypeName, string? Title)
{
    public bool IsOf(string type) =>
        type == TypeName || type == "integer" && TypeName == "number" || type is not ("string" or "number" or "boolean" or "null" or "object" or "array");
}
