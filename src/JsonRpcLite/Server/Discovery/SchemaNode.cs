using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Changes to JSON Schemas that keep them valid.</summary>
internal static class SchemaNode
{
    /// <summary>Sets a keyword of a schema.</summary>
    /// <remarks>Draft-07 ignores keywords beside a reference, so a reference is wrapped.</remarks>
    public static JsonNode With(JsonNode schema, string keyword, JsonNode? value)
    {
        var target = schema as JsonObject ?? [];
        if (target.ContainsKey("$ref"))
            target = new JsonObject { ["allOf"] = new JsonArray(target) };
        target[keyword] = value;
        return target;
    }

    /// <summary>Removes null from a schema; returns whether the schema had it.</summary>
    public static bool RefuseNull(JsonNode schema)
    {
        if (schema is not JsonObject o || o["type"] is not JsonArray types
            || types.FirstOrDefault(t => t?.GetValueKind() == JsonValueKind.String && t.GetValue<string>() == "null") is not { } nothing)
            return false;
        types.Remove(nothing);
        if (o["enum"] is JsonArray values)
            values.RemoveAll(value => value is null);
        if (o["anyOf"] is JsonArray options)
            options.RemoveAll(option => option is JsonObject named && named.ContainsKey("const") && named["const"] is null);
        if (types.Count == 1)
            o["type"] = types[0]!.DeepClone();
        return true;
    }
}
