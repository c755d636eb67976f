using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>
/// What <c>rpc.discover</c> answers: the server's methods as an OpenRPC 1.4 document. It is made when it is first asked for, and kept; only where the server stands is told anew, by the
/// name that the caller used.
/// </summary>
internal sealed class OpenRpcDocument
{
    private readonly Lazy<(byte[] Title, byte[] Methods)> _text;

    /// <param name="options">Title and version.</param>
    /// <param name="serializer">Writes the document, and knows the types.</param>
    /// <param name="methods">The methods in the order of their registration.</param>
    public OpenRpcDocument(JsonRpcDiscoveryOptions options, JsonRpcSerializer serializer, IReadOnlyList<DescribedMethod> methods) =>
        _text = new(() => (Write(ServerTitle.Of(options), serializer), Write(MethodsOf(methods, serializer), serializer)));

    public ValueTask WriteAsync(JsonRpcCall call, CancellationToken cancellationToken)
    {
        if (!call.Parameters.IsEmpty && JsonNode.Parse(call.Parameters.Span) is JsonArray { Count: > 0 } or JsonObject { Count: > 0 })
            throw JsonRpcException.InvalidParams("the method takes none.");
        var exchange = call.Exchange;
        var (title, methods) = _text.Value;
        var writer = call.Result;
        writer.WriteStartObject();
        writer.WriteString("openrpc", "1.4.0");
        writer.WritePropertyName("info");
        writer.WriteRawValue(title, skipInputValidation: true);
        writer.WriteStartArray("servers");
        writer.WriteStartObject();
        writer.WriteString("name", "this server");
        writer.WriteString("url", $"{exchange.Scheme}://{exchange.RequestFields["Host"] ?? "localhost"}{exchange.Path}");
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WritePropertyName("methods");
        writer.WriteRawValue(methods, skipInputValidation: true);
        writer.WriteEndObject();
        return default;
    }

    private static byte[] Write(JsonNode node, JsonRpcSerializer serializer)
    {
        var target = new BodyBuffer();
        serializer.WriteUntyped(target, node);
        return target.WrittenSpan.ToArray();
    }

    private static JsonArray MethodsOf(IReadOnlyList<DescribedMethod> methods, JsonRpcSerializer serializer)
    {
        var array = new JsonArray();
        foreach (var method in methods)
            array.Add((JsonNode)MethodOf(method, method.Shape(serializer), $"#/methods/{array.Count}"));
        return array;
    }

    private static JsonObject MethodOf(DescribedMethod method, MethodShape shape, string place)
    {
        var words = method.Description;
        var entry = new JsonObject { ["name"] = method.Name };
        if ((words?.Summary ?? MethodShape.DescriptionOf(shape.Source)) is { } summary)
            entry["summary"] = summary;
        if (words?.Details is { } details)
            entry["description"] = details;
        if (words?.IsDeprecated == true || shape.Source?.IsDefined(typeof(ObsoleteAttribute), inherit: true) == true)
            entry["deprecated"] = true;
        AddParameters(entry, shape, words, place);
        var result = new JsonObject { ["name"] = "result" };
        if ((words?.Result ?? MethodShape.DescriptionOf(shape.Source?.ReturnParameter)) is { } description)
            result["description"] = description;
        result["schema"] = shape.ReturnsNothing ? new JsonObject { ["type"] = "null" } : TypeSchema.Of(shape.Output, shape.ReturnsNull, $"{place}/result/schema");
        entry["result"] = result;
        if (words?.Errors.Count > 0)
            entry["errors"] = new JsonArray([.. words.Errors.Select(e => new JsonObject { ["code"] = e.Key, ["message"] = e.Value })]);
        return entry;
    }

    /// <summary>
    /// Parameters that are taken whole are told twice: as OpenRPC wants it, one by one, where they are an object; and as one schema in <c>x-params</c>, which says all that there is to
    /// say and is what the others point into.
    /// </summary>
    private static void AddParameters(JsonObject entry, MethodShape shape, JsonRpcMethodDescription? words, string place)
    {
        var list = new JsonArray();
        entry["params"] = list;
        if (shape.Parameters is { } parameters)
        {
            entry["paramStructure"] = "either";
            foreach (var parameter in parameters)
            {
                var schema = TypeSchema.Of(parameter.Type, parameter.TakesNull, $"{place}/params/{list.Count}/schema");
                // A default of null says no more than that it may be missing.
                if (parameter.Default is not null)
                    schema = TypeSchema.With(schema, "default", parameter.Default);
                list.Add((JsonNode)ParameterOf(parameter.Name, parameter.IsRequired, WordsOf(words, parameter.Name) ?? parameter.Description, schema));
            }
            return;
        }
        var whole = TypeSchema.Of(shape.Input, shape.TakesNull, $"{place}/x-params");
        if (shape.Input is { Kind: JsonTypeInfoKind.Object } && whole is JsonObject root && root["properties"] is JsonObject properties)
        {
            entry["paramStructure"] = "by-name";
            var required = (root["required"] as JsonArray)?.Select(r => r!.GetValue<string>()).ToHashSet(StringComparer.Ordinal) ?? [];
            foreach (var (name, property) in properties)
            {
                var description = WordsOf(words, name) ?? ((property as JsonObject)?["description"] as JsonValue)?.GetValue<string>();
                list.Add((JsonNode)ParameterOf(name, required.Contains(name), description, property!.DeepClone()));
            }
        }
        entry["x-params"] = whole;
    }

    private static string? WordsOf(JsonRpcMethodDescription? words, string parameter) => words is not null && words.Parameters.TryGetValue(parameter, out var text) ? text : null;

    private static JsonObject ParameterOf(string name, bool isRequired, string? description, JsonNode schema)
    {
        var parameter = new JsonObject { ["name"] = name };
        if (description is not null)
            parameter["description"] = description;
        parameter["required"] = isRequired;
        parameter["schema"] = schema;
        return parameter;
    }
}

/// <summary>A registered method as the document needs it.</summary>
internal sealed record DescribedMethod(string Name, Func<JsonRpcSerializer, MethodShape> Shape, JsonRpcMethodDescription? Description);
