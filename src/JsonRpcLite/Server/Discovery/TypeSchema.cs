using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>
/// The JSON Schema (draft-07, as OpenRPC wants it) of a type, by the same contract that reads and writes it. A schema's references count from its own root; within a document that is
/// somewhere else, so the place is asked for.
/// </summary>
internal static class TypeSchema
{
    private static readonly JsonSchemaExporterOptions Options = new() { TransformSchemaNode = Describe };

    /// <param name="type">The type; anything, where it is <c>null</c>.</param>
    /// <param name="takesNull">Whether null is a value here.</param>
    /// <param name="place">The JSON pointer of the schema in the document, such as <c>#/methods/0/result/schema</c>.</param>
    public static JsonNode Of(JsonTypeInfo? type, bool takesNull, string place)
    {
        JsonNode schema;
        try
        {
            schema = type is null ? JsonValue.Create(true) : type.GetJsonSchemaAsNode(Options);
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException)
        {
            // What has a contract but no schema, such as references that are preserved: anything, as far as a reader can know.
            return JsonValue.Create(true);
        }
        var pointsToRoot = Move(schema, place);
        // Where something points to the root, it is also a value inside, and there null may be right.
        if (!takesNull && !pointsToRoot)
            RefuseNull(schema);
        return schema;
    }

    /// <summary>Adds a description, or replaces one. Beside a reference draft-07 reads nothing, so that one is wrapped.</summary>
    public static JsonNode With(JsonNode schema, string keyword, JsonNode? value)
    {
        var target = schema as JsonObject ?? [];
        if (target.ContainsKey("$ref"))
            target = new JsonObject { ["allOf"] = new JsonArray(target) };
        target[keyword] = value;
        return target;
    }

    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode schema)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        if (type.IsEnum && EnumTextConverter.NamesOf(context.TypeInfo.Options.GetTypeInfo(type).Converter) is { } texts)
            schema = SchemaOf(texts, isFlags: type.IsDefined(typeof(FlagsAttribute)), takesNull: type != context.TypeInfo.Type);
        else if (type == typeof(System.Numerics.BigInteger) && schema is not JsonObject)
            schema = new JsonObject { ["type"] = type == context.TypeInfo.Type ? "integer" : new JsonArray("integer", "null") };
        else if (type.IsEnum && !type.IsDefined(typeof(FlagsAttribute)) && schema is JsonObject numbers && !numbers.ContainsKey("enum"))
            Name(type, numbers, takesNull: type != context.TypeInfo.Type);
        var description = MethodShape.DescriptionOf(context.PropertyInfo?.AttributeProvider)
            ?? MethodShape.DescriptionOf(context.PropertyInfo?.AssociatedParameter?.AttributeProvider)
            ?? MethodShape.DescriptionOf(type);
        return description is null ? schema : With(schema, "description", description);
    }

    /// <summary>An enum that travels as text. Flags are any of the names with commas between them, which no list can tell.</summary>
    private static JsonObject SchemaOf(IReadOnlyList<string> texts, bool isFlags, bool takesNull)
    {
        var schema = new JsonObject { ["type"] = takesNull ? new JsonArray("string", "null") : "string" };
        if (isFlags)
        {
            schema["description"] = $"Any of these, with commas between them: {string.Join(", ", texts)}.";
            return schema;
        }
        var values = new JsonArray([.. texts.Select(text => (JsonNode)text)]);
        if (takesNull)
            values.Add((JsonNode?)null);
        schema["enum"] = values;
        return schema;
    }

    /// <summary>An enum that travels as a number: which ones there are, and what they mean.</summary>
    private static void Name(Type type, JsonObject schema, bool takesNull)
    {
        var names = Enum.GetNames(type);
        if (names.Length == 0)
            return;
        var values = Enum.GetValuesAsUnderlyingType(type);
        var options = new JsonArray();
        for (var i = 0; i < names.Length; i++)
            options.Add((JsonNode)new JsonObject { ["const"] = JsonNode.Parse(Convert.ToString(values.GetValue(i), System.Globalization.CultureInfo.InvariantCulture)!), ["title"] = names[i] });
        if (takesNull)
            options.Add((JsonNode)new JsonObject { ["const"] = null, ["title"] = "null" });
        // Two names for one number would make it match twice.
        schema["anyOf"] = options;
    }

    /// <returns>Whether anything points to the root.</returns>
    private static bool Move(JsonNode? node, string place)
    {
        var pointsToRoot = false;
        if (node is JsonArray array)
        {
            foreach (var item in array)
                pointsToRoot |= Move(item, place);
        }
        else if (node is JsonObject schema)
        {
            foreach (var (name, value) in schema.ToArray())
            {
                if (name == "$ref" && value is JsonValue text && text.TryGetValue(out string? pointer) && pointer.StartsWith('#'))
                {
                    pointsToRoot |= pointer is "#" or "#/";
                    schema[name] = place + pointer[1..].TrimEnd('/');
                }
                else if (name is not ("default" or "const" or "enum"))
                {
                    pointsToRoot |= Move(value, place);
                }
            }
        }
        return pointsToRoot;
    }

    private static void RefuseNull(JsonNode schema)
    {
        if (schema is JsonObject o && o["type"] is JsonArray types && types.FirstOrDefault(t => t?.GetValueKind() == JsonValueKind.String && t.GetValue<string>() == "null") is { } nothing)
        {
            types.Remove(nothing);
            if (o["enum"] is JsonArray values)
                values.RemoveAll(value => value is null);
            if (types.Count == 1)
                o["type"] = types[0]!.DeepClone();
        }
    }
}
