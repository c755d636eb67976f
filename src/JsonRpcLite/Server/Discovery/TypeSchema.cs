using System.Numerics;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>Makes the JSON Schema of a type (draft-07, as OpenRPC requires) from the contract that reads and writes it.</summary>
/// <remarks>The references of a schema start at its own root. Within a document the root is elsewhere, so the position of the schema is a parameter.</remarks>
internal static class TypeSchema
{
    private static readonly JsonSchemaExporterOptions Options = new() { TransformSchemaNode = Describe };

    /// <param name="type">The type; <c>null</c> for any value.</param>
    /// <param name="takesNull">Whether null is a valid value.</param>
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
            // A type with a contract but without a schema, such as with preserved references: its schema accepts any value.
            return JsonValue.Create(true);
        }
        // If a reference inside points to the root, null may be valid there, although the root itself does not accept it.
        var isNullInside = !takesNull && !IsMemory(type?.Type) && SchemaNode.RefuseNull(schema);
        Move(schema, place, isNullInside);
        return schema;
    }

    /// <summary>Makes the schema of a parameter's type, with the parameter's attributes and description.</summary>
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

    /// <summary>Adds the description of a property, or else of its type.</summary>
    private static JsonNode AddWords(JsonNode schema, JsonPropertyInfo? info, JsonTypeInfo typeInfo, Type type)
    {
        var (property, parameter) = (info?.AttributeProvider, info?.AssociatedParameter?.AttributeProvider);
        schema = SchemaAnnotations.Add(SchemaAnnotations.Add(schema, property), parameter);
        var description = MethodShape.DescriptionOf(property) ?? MethodShape.DescriptionOf(parameter) ?? (property is MemberInfo member ? XmlComments.SummaryOf(member) : null);
        // The description of a type belongs to the schema of the type itself.
        if (description is null && schema is JsonObject own && !own.ContainsKey("$ref"))
            description = MethodShape.DescriptionOf(type) ?? (typeInfo.Kind == JsonTypeInfoKind.Object || type.IsEnum ? XmlComments.SummaryOf(type) : null);
        return description is null ? schema : SchemaNode.With(schema, "description", description);
    }

    /// <summary>Adds the rules of reading that the schema exporter does not know.</summary>
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
        // System.Text.Json reads null as empty memory.
        if (IsMemory(type) && schema["type"] is JsonValue only)
            schema["type"] = new JsonArray(only.DeepClone(), "null");
        // A property that only the program can set is ignored if a caller sends it. A collection can be filled instead of set.
        if (context.PropertyInfo is { Set: null, AssociatedParameter: null, IsExtensionData: false }
            && info.Kind is not (JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary) && !schema.ContainsKey("$ref"))
            schema["readOnly"] = true;
    }

    private static bool IsMemory(Type? type) => type is { IsConstructedGenericType: true } && type.GetGenericTypeDefinition() is var definition
        && (definition == typeof(Memory<>) || definition == typeof(ReadOnlyMemory<>));

    /// <summary>Restores the schemas of properties that the exporter leaves out.</summary>
    /// <remarks>For a property that has a default and a converter that it does not know, such as that of an enum as text, the exporter writes only the default.</remarks>
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

    /// <summary>Returns the schema of a dictionary's member names; <c>null</c> if its keys are text.</summary>
    private static JsonObject? NamesOf(JsonTypeInfo dictionary)
    {
        if (dictionary.KeyType is not { } key || key == typeof(string))
            return null;
        if (key.IsEnum)
            return EnumTextConverter.NamesOf(dictionary.Options.GetTypeInfo(key).Converter) is { } texts && !key.IsDefined(typeof(FlagsAttribute))
                ? new() { ["enum"] = new JsonArray([.. texts.Select(text => (JsonNode)text)]) } : null;
        return key == typeof(Guid) ? new() { ["format"] = "uuid" } : RangeOf(key) is { } range ? new() { ["pattern"] = range.Least == "0" ? "^[0-9]+$" : "^-?[0-9]+$" } : null;
    }

    /// <summary>Adds properties with [Required] that the contract does not require.</summary>
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

    /// <summary>Makes the schema of an enum that is text in JSON.</summary>
    /// <remarks>The value of a flags enum is any of the names, separated by commas, which a list of values cannot express.</remarks>
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

    /// <summary>Adds the values and names of an enum that is a number in JSON.</summary>
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
        // Not oneOf: two names of one number would match twice.
        schema["anyOf"] = options;
    }

    /// <summary>Rewrites the references of a schema, which start at its own root, to start at the document's root.</summary>
    /// <param name="node">The node to rewrite.</param>
    /// <param name="place">The JSON pointer of the schema in the document.</param>
    /// <param name="isNullInside">Whether a reference to the root accepts null, although the root itself does not.</param>
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
