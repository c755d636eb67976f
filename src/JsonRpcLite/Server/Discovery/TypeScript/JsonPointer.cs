using System.Globalization;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Follows references within a document: RFC 6901, in its form for URI fragments (6).</summary>
internal static class JsonPointer
{
    /// <summary>What the reference leads to; <c>null</c> where that is nothing, or another document.</summary>
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
