using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Converts attributes of <c>System.ComponentModel.DataAnnotations</c> to keywords of JSON Schema.</summary>
/// <remarks>
/// The attributes of a parameter or a property describe its values and are not enforced: the schema shows them to callers, and the function itself checks what it relies on.
/// </remarks>
internal static class SchemaAnnotations
{
    /// <summary>Whether an attribute says that a value is required.</summary>
    public static bool IsRequired(ICustomAttributeProvider? source) => source?.IsDefined(typeof(RequiredAttribute), inherit: true) == true;

    /// <summary>Adds the keywords of the attributes to a schema; a schema that accepts anything is unchanged if there are none.</summary>
    public static JsonNode Add(JsonNode schema, ICustomAttributeProvider? source) => Add(schema, source?.GetCustomAttributes(inherit: true) ?? []);

    /// <inheritdoc cref="Add(JsonNode, ICustomAttributeProvider?)"/>
    public static JsonNode Add(JsonNode schema, IEnumerable<object> attributes)
    {
        foreach (var attribute in attributes)
        {
            foreach (var (keyword, value) in KeywordsOf(attribute, schema))
                schema = SchemaNode.With(schema, keyword, value);
            if (attribute is RequiredAttribute)
                SchemaNode.RefuseNull(schema);
        }
        return schema;
    }

    private static IEnumerable<(string Keyword, JsonNode? Value)> KeywordsOf(object attribute, JsonNode schema) => attribute switch
    {
        RangeAttribute range => RangeOf(range, schema),
        StringLengthAttribute length => Sizes("Length", length.MinimumLength, length.MaximumLength),
        LengthAttribute length => Sizes(UnitOf(schema), length.MinimumLength, length.MaximumLength),
        MinLengthAttribute length => Sizes(UnitOf(schema), length.Length, null),
        MaxLengthAttribute length => Sizes(UnitOf(schema), 0, length.Length < 0 ? null : length.Length),
        // The expression must match the whole value.
        RegularExpressionAttribute expression => [("pattern", $"^(?:{expression.Pattern})$")],
        Base64StringAttribute => [("contentEncoding", "base64")],
        AllowedValuesAttribute allowed when ToNodes(allowed.Values) is { } values => [("enum", values)],
        DeniedValuesAttribute denied when ToNodes(denied.Values) is { } values => [("not", new JsonObject { ["enum"] = values })],
        RequiredAttribute { AllowEmptyStrings: false } when IsText(schema) => [("minLength", 1)],
        DataTypeAttribute { DataType: DataType.EmailAddress } => [("format", "email")],
        DataTypeAttribute { DataType: DataType.Url } => [("format", "uri")],
        DataTypeAttribute { DataType: DataType.Password } => [("format", "password")],
        _ => [],
    };

    private static IEnumerable<(string Keyword, JsonNode? Value)> RangeOf(RangeAttribute range, JsonNode schema)
    {
        if (!IsOfType(schema, "integer") && !IsOfType(schema, "number"))
            yield break;
        // The narrower of two limits applies: that of the attribute and that of the type.
        if (ToNumber(range.Minimum) is { } least && !(Limit(schema, "minimum") > least.Value))
            yield return (range.MinimumIsExclusive ? "exclusiveMinimum" : "minimum", least.Text);
        if (ToNumber(range.Maximum) is { } most && !(Limit(schema, "maximum") < most.Value))
            yield return (range.MaximumIsExclusive ? "exclusiveMaximum" : "maximum", most.Text);
    }

    private static IEnumerable<(string Keyword, JsonNode? Value)> Sizes(string? unit, int least, int? most)
    {
        if (unit is null)
            yield break;
        if (least > 0)
            yield return ($"min{unit}", least);
        if (most is not null)
            yield return ($"max{unit}", most);
    }

    private static string? UnitOf(JsonNode schema) => IsText(schema) ? "Length" : IsOfType(schema, "array") ? "Items" : IsOfType(schema, "object") ? "Properties" : null;

    private static bool IsText(JsonNode schema) => IsOfType(schema, "string");

    private static bool IsOfType(JsonNode schema, string type) => (schema as JsonObject)?["type"] switch
    {
        JsonArray types => types.Any(t => t!.GetValue<string>() == type),
        JsonValue one => one.GetValue<string>() == type,
        _ => false,
    };

    private static double? Limit(JsonNode schema, string keyword) => (schema as JsonObject)?[keyword]?.Deserialize(JsonRpcSerializer.For(null).TypeOf<double>());

    /// <summary>Reads a limit of an attribute, which is a number, or text of the invariant culture.</summary>
    private static (double Value, JsonNode Text)? ToNumber(object limit)
    {
        var text = Convert.ToString(limit, CultureInfo.InvariantCulture);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? (value, JsonNode.Parse(value == (long)value && Math.Abs(value) < 1e15
            ? ((long)value).ToString(CultureInfo.InvariantCulture) : value.ToString("R", CultureInfo.InvariantCulture))!) : null;
    }

    /// <summary>Converts the values of an attribute.</summary>
    /// <returns><c>null</c> if a value is not a text, a number or a boolean, such as an enum, which JSON has by name.</returns>
    private static JsonArray? ToNodes(object?[] values)
    {
        var nodes = new JsonArray();
        foreach (var value in values)
        {
            if (value is not (null or string or bool or char or int or long or short or byte or double or float))
                return null;
            nodes.Add(value is null ? null : JsonRpcSerializer.For(null).ToNode(value is char character ? character.ToString() : value));
        }
        return nodes;
    }
}
