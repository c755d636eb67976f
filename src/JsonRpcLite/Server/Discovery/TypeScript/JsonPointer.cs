using System.Globalization;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Follows references within a document (RFC 6901, in the form of section 6 for URI fragments).</summary>
internal static class JsonPointer
{
    /// <summary>Returns the target of a reference; <c>null</c> if it has none, or if it is in another document.</summary>
    public static JsonNode? Find(JsonNode document, string reference)
    {
        if (!reference.StartsWith('#'))
            return null;
        var found = document;
        foreach (var part in reference[1..].Split('/').Skip(1))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            found = found switch
            {
                JsonObject o => o[name],
                JsonArray array when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < array.Count => array[index],
                _ => null,
            };
        }
        return found;
    }
}
