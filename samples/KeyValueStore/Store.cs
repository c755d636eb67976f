using System.Collections.Concurrent;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KeyValueStore;

/// <summary>A type and a value for each path, in memory. Thread-safe.</summary>
internal sealed class Store
{
    private readonly ConcurrentDictionary<string, Entry> _entries = new() { ["/"] = new Entry("text/text", "httpdb, JsonRpcLite/0.1"u8.ToArray(), DateTimeOffset.UtcNow) };

    /// <summary>Paths that have another meaning and are not keys.</summary>
    public static bool IsReserved(string key) => key is "/_all" or "/_now" or "/_rpc";

    /// <summary>The value of a key, its type, and when it was set; <c>null</c> if there is no such key.</summary>
    public Entry? Get(string key) => _entries.GetValueOrDefault(key);

    /// <summary>Stores a value; returns whether the key is new.</summary>
    /// <exception cref="JsonException">The type is JSON, and the value is not. Nothing is stored then.</exception>
    public bool Set(string key, string type, ReadOnlySpan<byte> value)
    {
        // JSON is stored in the serializer's format: what comes back means the same, and may look different.
        var bytes = IsJson(type) ? JsonSerializer.SerializeToUtf8Bytes(JsonElement.Parse(value)) : value.ToArray();
        var entry = new Entry(type, bytes, DateTimeOffset.UtcNow);
        var isNew = true;
        _entries.AddOrUpdate(key, _ => entry, (_, _) =>
        {
            isNew = false;
            return entry;
        });
        return isNew;
    }

    /// <summary>Everything: <c>{path: [type, value]}</c>, JSON values as they are and all others as text.</summary>
    public JsonObject All()
    {
        var all = new JsonObject();
        foreach (var (key, entry) in _entries.OrderBy(e => e.Key, StringComparer.Ordinal))
            all[key] = new JsonArray(entry.Type, ToJson(entry));
        return all;
    }

    public static JsonNode? ToJson(Entry entry) => IsJson(entry.Type) ? JsonNode.Parse(entry.Value) : Encoding.UTF8.GetString(entry.Value);

    private static bool IsJson(string type) => type.Split(';')[0].Trim().Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase);

    internal sealed record Entry(string Type, byte[] Value, DateTimeOffset Since);
}
