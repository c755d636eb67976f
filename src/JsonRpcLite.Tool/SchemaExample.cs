using System.Text.Json.Nodes;

namespace JsonRpcLite.Tool;

/// <summary>Makes a value that fits a schema: the one that the schema gives as an example or default, or else a plain one of its type.</summary>
internal sealed class SchemaExample(JsonObject document)
{
    /// <summary>Where a schema holds itself, its members that may be missing are left out from here on.</summary>
    private const int FullDepth = 6;

    /// <summary>Deeper, it is null, whatever the schema says: it may have no finite value.</summary>
    private const int DeepestNesting = 30;

    /// <summary>
    /// Beyond that many values a required object or list is null as well: a schema that holds itself twice would double at each level, and one
    /// with nested <c>minItems</c> grows a hundredfold.
    /// </summary>
    private const int MostValues = 10_000;

    private readonly HashSet<JsonObject> _open = [];
    private int _depth;
    private int _values;

    public JsonNode? Of(JsonNode? schema)
    {
        if (OpenRpc.Target(document, schema) is not { } node || _depth >= DeepestNesting || ++_values > MostValues)
            return null;
        if (Given(node, out var given))
            return given?.DeepClone();
        // Below the full depth a required member is left null where its schema is one that is being made.
        var isOutermost = _open.Add(node);
        if (!isOutermost && _depth >= FullDepth)
            return null;
        _depth++;
        var value = Make(node);
        _depth--;
        if (isOutermost)
            _open.Remove(node);
        return value;
    }

    private static bool Given(JsonObject node, out JsonNode? value)
    {
        value = null;
        if (node["examples"] is JsonArray { Count: > 0 } examples)
            value = examples[0];
        else if (node["enum"] is JsonArray { Count: > 0 } values && !node.ContainsKey("default") && !node.ContainsKey("example"))
            value = values[0];
        else
            return node.TryGetPropertyValue("example", out value) || node.TryGetPropertyValue("const", out value) || node.TryGetPropertyValue("default", out value);
        return true;
    }

    private JsonNode? Make(JsonObject node)
    {
        if ((node["oneOf"] ?? node["anyOf"]) is JsonArray { Count: > 0 } options)
            return Merge(node, Of(options.FirstOrDefault(option => SchemaTypes.TextOf(OpenRpc.Target(document, option)?["type"]) != "null")));
        if (node["allOf"] is JsonArray { Count: > 0 } parts)
            return parts.Select(Of).Aggregate(Merge(node, null), (whole, part) => whole is JsonObject a && part is JsonObject b ? Join(a, b) : whole ?? part);
        return SchemaValues.TypesOf(node).FirstOrDefault(type => type != "null" || SchemaValues.TypesOf(node).Count == 1) switch
        {
            "object" => ObjectOf(node),
            "array" => ListOf(node),
            "string" => TextOf(node),
            "integer" or "number" => NumberOf(node),
            "boolean" => false,
            _ => null,
        };
    }

    /// <summary>What stands beside a combination holds as well.</summary>
    private JsonNode? Merge(JsonObject node, JsonNode? value) =>
        node["properties"] is not JsonObject ? value : value is JsonObject members ? Join(ObjectOf(node), members) : ObjectOf(node);

    private static JsonObject Join(JsonObject first, JsonObject second)
    {
        foreach (var (name, value) in second)
            first[name] = value?.DeepClone();
        return first;
    }

    private JsonObject ObjectOf(JsonObject node)
    {
        var required = (node["required"] as JsonArray ?? []).Select(SchemaTypes.TextOf).ToHashSet();
        var made = new JsonObject();
        foreach (var (name, schema) in node["properties"] as JsonObject ?? [])
        {
            if (_depth < FullDepth || required.Contains(name))
                made[name] = Of(schema);
        }
        return made;
    }

    private JsonArray ListOf(JsonObject node)
    {
        if ((node["prefixItems"] ?? node["items"]) is JsonArray places)
            return [.. places.Take(MostValues).Select(Of)];
        var least = node["minItems"] is JsonValue number && number.TryGetValue(out int count) ? Math.Clamp(count, 0, 100) : 0;
        var wanted = Math.Max(least, _depth < FullDepth && node["items"] is JsonObject ? 1 : 0);
        var made = new JsonArray();
        while (made.Count < wanted && _values < MostValues)
            made.Add(Of(node["items"]));
        return made;
    }

    private static string TextOf(JsonObject node) => SchemaTypes.TextOf(node["format"]) switch
    {
        "date-time" => "2026-01-01T00:00:00Z",
        "date" => "2026-01-01",
        "time" => "00:00:00",
        "uuid" => "00000000-0000-0000-0000-000000000000",
        "email" => "name@example.com",
        "uri" or "url" => "https://example.com/",
        _ => node["minLength"] is JsonValue number && number.TryGetValue(out int least) && least > 4 ? new string('x', Math.Min(least, 1000)) : "text",
    };

    private static JsonNode NumberOf(JsonObject node) =>
        (node["minimum"] ?? node["maximum"])?.DeepClone() is JsonValue bound && bound.TryGetValue(out double value)
        && (node["minimum"] is not null ? value > 0 : value < 0) ? bound : 0;
}
