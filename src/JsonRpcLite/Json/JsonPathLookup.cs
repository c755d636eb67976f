using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>Finds the value at a path such as <c>$.lines[0]</c>, which the serializer reports when it rejects a text.</summary>
internal static class JsonPathLookup
{
    /// <summary>Follows a path; <c>null</c> where it leads nowhere, or to a value of unknown type.</summary>
    public static (JsonElement Value, JsonTypeInfo Type)? Find(ReadOnlySpan<byte> text, JsonTypeInfo type, string path)
    {
        try
        {
            var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
            var value = JsonElement.ParseValue(ref reader);
            var rest = path.AsSpan(1);
            while (!rest.IsEmpty)
            {
                if (!TryStep(ref rest, ref value, ref type))
                    return null;
            }
            return (value, type);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            // The message then has one reason less; another exception must not replace the first.
            return null;
        }
    }

    /// <summary>Returns the names of the required members that an object lacks; they are defined by the program.</summary>
    public static List<string> FindMissing(JsonElement value, JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object || value.ValueKind != JsonValueKind.Object)
            return [];
        var sent = value.EnumerateObject().Select(member => member.Name)
            .ToHashSet(type.Options.PropertyNameCaseInsensitive ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        return [.. type.Properties.Where(p => (p.IsRequired || p.AssociatedParameter is { HasDefaultValue: false }) && !sent.Contains(p.Name)).Select(p => p.Name)];
    }

    private static bool TryStep(ref ReadOnlySpan<char> path, ref JsonElement value, ref JsonTypeInfo type)
    {
        if (path[0] == '.' || path.StartsWith("['"))
        {
            var isQuoted = path[0] == '[';
            path = path[(isQuoted ? 2 : 1)..];
            var end = isQuoted ? path.IndexOf("']") : path.IndexOfAny('.', '[');
            var name = (end < 0 ? path : path[..end]).ToString();
            path = end < 0 ? default : path[(isQuoted ? end + 2 : end)..];
            return value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out value) && TryMember(ref type, name);
        }
        if (path[0] != '[' || path.IndexOf(']') is not (var close and > 0) || !int.TryParse(path[1..close], NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            return false;
        path = path[(close + 1)..];
        if (value.ValueKind != JsonValueKind.Array || index >= value.GetArrayLength() || type.ElementType is not { } element)
            return false;
        (value, type) = (value[index], Resolve(type, element));
        return true;
    }

    private static bool TryMember(ref JsonTypeInfo type, string name)
    {
        var comparison = type.Options.PropertyNameCaseInsensitive ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        // A converter at the property alone may read its value from other JSON than the type's.
        var member = type.Kind == JsonTypeInfoKind.Dictionary
            ? type.ElementType : type.Properties.FirstOrDefault(p => p.Name.Equals(name, comparison) && p.CustomConverter is null)?.PropertyType;
        if (member is null)
            return false;
        type = Resolve(type, member);
        return true;
    }

    private static JsonTypeInfo Resolve(JsonTypeInfo owner, Type type) => owner.Options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);
}
