using System.Text.Json.Serialization;

namespace JsonRpcLite.Tool;

/// <summary>Reads a text that stands as JSON.</summary>
[JsonSerializable(typeof(string))]
internal sealed partial class StringJsonContext : JsonSerializerContext;
