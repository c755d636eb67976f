using System.Numerics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>
/// The JSON Schema (draft-07, as OpenRPC wants it) of a type, by the same contract that reads and writes it. A schema's references count from its own root; within a document that
/// is somewhere else, so the place is asked for.
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
        // Where something inside points to the root, null may be right there though it is refused at the root.
        var isNullInside = !takesNull && !IsMemory(type?.Type) && SchemaNode.RefuseNull(schema);
        Move(schema, place, isNullInside);
        return schema;
    }

    /// <summary>The same with what the source says of the parameter that takes the value: its attributes and its description.</summary>
    public static JsonNode Of(JsonTypeInfo? type, bool takesNull, string place, ICustomAttributeProvider? source) => SchemaAnnotations.Add(Of(type, takesNull, place), source);

    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode schema)
    {
        var info = context.TypeInfo;
        var type = Nullable.GetUnderlyingType(info.Type) ?? info.Type;
        var takesNull = type != info.Type;
        if (type.IsEnum && EnumTextConverter.NamesOf(info.Options.GetTypeInfo(type).Converter) is { } texts)
            schema = SchemaOf(texts, isFlags: type.IsDefined(typeof(FlagsAttribute)), takesNull);
        else if (type == typeof(BigInteger) && schema is not JsonObject)
            schema = new JsonObject { ["type"] = takesNull ? new JsonArray("integer", "null") : "integer" };
        else if (type.IsEnum && !type.IsDefined(typeof(FlagsAttribute)) && schema is JsonObject numbers && !numbers.ContainsKey("enum"))
            Name(type, numbers, takesNull);
        else if (schema is JsonObject known)
            AddWhatTypeSays(context, type, known);
        return AddWords(schema, context.PropertyInfo, info, type);
    }

    /// <summary>What the source says of a property, or else of its type.</summary>
    private static JsonNode AddWords(JsonNode schema, JsonPropertyInfo? info, JsonTypeInfo typeInfo, Type type)
    {
        var (property, parameter) = (info?.AttributeProvider, info?.AssociatedParameter?.AttributeProvider);
        schema = SchemaAnnotations.Add(SchemaAnnotations.Add(schema, property), parameter);
        var description = MethodShape.DescriptionOf(property) ?? MethodShape.DescriptionOf(parameter) ?? (property is MemberInfo member ? XmlComments.SummaryOf(member) : null);
        // What is said of a type stands where the type is.
        if (description is null && schema is JsonObject own && !own.ContainsKey("$ref"))
            description = MethodShape.DescriptionOf(type) ?? (typeInfo.Kind == JsonTypeInfoKind.Object || type.IsEnum ? XmlComments.SummaryOf(type) : null);
        return description is null ? schema : SchemaNode.With(schema, "description", description);
    }

    /// <summary>What reading refuses besides, and the exporter of schemas does not say.</summary>
    private static void AddWhatTypeSays(JsonSchemaExporterContext context, Type type, JsonObject schema)
    {
        var info = context.TypeInfo;
        if (type == typeof(byte[]) || IsMemory(type) && type.GetGenericArguments()[0] == typeof(byte))
            schema["contentEncoding"] = "base64";
        else if (RangeOf(type) is { } range && schema["type"] is not null)
            AddRange(schema, range.Least, range.Most);
        else if (info.Kind == JsonTypeInfoKind.Dictionary && NamesOf(info) is { } names)
            schema["propertyNames"] = names;
        else if (info.Kind == JsonTypeInfoKind.Object && schema["properties"] is JsonObject properties)
        {
            AddLost(info, properties);
            AddRequired(info, schema, properties);
        }
        // To System.Text.Json null is memory without anything.
        if (IsMemory(type) && schema["type"] is JsonValue only)
            schema["type"] = new JsonArray(only.DeepClone(), "null");
        // What only the program sets is ignored where a caller sends it; a collection may be filled instead of set.
        if (context.PropertyInfo is { Set: null, AssociatedParameter: null, IsExtensionData: false }
            && info.Kind is not (JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary) && !schema.ContainsKey("$ref"))
            schema["readOnly"] = true;
    }

    private static bool IsMemory(Type? type) => type is { IsConstructedGenericType: true } && type.GetGenericTypeDefinition() is var definition
        && (definition == typeof(Memory<>) || definition == typeof(ReadOnlyMemory<>));

    /// <summary>
    /// The exporter does not ask for a property that has a default and a converter that it does not know, such as that of an enum as text: it has the default alone then.
    /// </summary>
    private static void AddLost(JsonTypeInfo info, JsonObject properties)
    {
        foreach (var property in info.Properties)
        {
            if (properties[property.Name] is not JsonObject { Count: 1 } lost || !lost.TryGetPropertyValue("default", out var value))
                continue;
            var typeInfo = info.Options.GetTypeInfo(property.PropertyType);
            if (property.CustomConverter is not null || typeInfo.GetJsonSchemaAsNode(Options) is not JsonObject found)
                continue;
            found["default"] = value?.DeepClone();
            properties[property.Name] = AddWords(found, property, typeInfo, Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType);
        }
    }

    private static void AddRange(JsonObject schema, string least, string? most)
    {
        schema["minimum"] = JsonNode.Parse(least);
        if (most is not null)
            schema["maximum"] = JsonNode.Parse(most);
    }

    private static (string Least, string? Most)? RangeOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => ("0", "255"),
        TypeCode.SByte => ("-128", "127"),
        TypeCode.Int16 => ("-32768", "32767"),
        TypeCode.UInt16 => ("0", "65535"),
        TypeCode.Int32 => ("-2147483648", "2147483647"),
        TypeCode.UInt32 => ("0", "4294967295"),
        TypeCode.Int64 => ("-9223372036854775808", "9223372036854775807"),
        TypeCode.UInt64 => ("0", "18446744073709551615"),
        _ => type == typeof(UInt128) ? ("0", null) : null,
    };

    /// <summary>Which names a dictionary takes, where its keys are not text.</summary>
    private static JsonObject? NamesOf(JsonTypeInfo dictionary)
    {
        if (dictionary.KeyType is not { } key || key == typeof(string))
            return null;
        if (key.IsEnum)
            return EnumTextConverter.NamesOf(dictionary.Options.GetTypeInfo(key).Converter) is { } texts && !key.IsDefined(typeof(FlagsAttribute))
                ? new() { ["enum"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]) } : null;
        return key == typeof(Guid) ? new() { ["format"] = "uuid" } : RangeOf(key) is { } range ? new() { ["pattern"] = range.Least == "0" ? "^[0-9]+$" : "^-?[0-9]+$" } : null;
    }

    /// <summary>[Required] on a property that need not be sent asks for it all the same.</summary>
    private static void AddRequired(JsonTypeInfo info, JsonObject schema, JsonObject properties)
    {
        foreach (var property in info.Properties)
        {
            if (!properties.ContainsKey(property.Name) || !SchemaAnnotations.IsRequired(property.AttributeProvider)
                && !SchemaAnnotations.IsRequired(property.AssociatedParameter?.AttributeProvider))
                continue;
            if (schema["required"] is not JsonArray required)
                schema["required"] = required = [];
            if (!required.Any(name => name!.GetValue<string>() == property.Name))
                required.Add((JsonNode)property.Name);
        }
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
            options.Add((JsonNode)new JsonObject
            {
                ["const"] = JsonNode.Parse(Convert.ToString(values.GetValue(i), System.Globalization.CultureInfo.InvariantCulture)!),
                ["title"] = names[i],
            });
        if (takesNull)
            options.Add((JsonNode)new JsonObject { ["const"] = null, ["title"] = "null" });
        // Two names for one number would make it match twice.
        schema["anyOf"] = options;
    }

    /// <summary>Makes the pointers of a schema, which count from its own root, count from the document's.</summary>
    /// <param name="node">What to look through.</param>
    /// <param name="place">Where the schema is.</param>
    /// <param name="isNullInside">Whether null, which the root does not take, is right where something points to the root.</param>
    private static void Move(JsonNode? node, string place, bool isNullInside)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array)
                Move(item, place, isNullInside);
        }
        else if (node is JsonObject schema)
        {
            foreach (var (name, value) in schema.ToArray())
            {
                if (name == "$ref" && value is JsonValue text && text.TryGetValue(out string? pointer) && pointer.StartsWith('#'))
                {
                    var target = place + pointer[1..].TrimEnd('/');
                    if (isNullInside && pointer is "#" or "#/")
                    {
                        schema.Remove("$ref");
                        schema["anyOf"] = new JsonArray(new JsonObject { ["$ref"] = target }, new JsonObject { ["type"] = "null" });
                    }
                    else
                    {
                        schema[name] = target;
                    }
                }
                else if (name is not ("default" or "const" or "enum"))
                {
                    Move(value, place, isNullInside);
                }
            }
        }
    }
}
