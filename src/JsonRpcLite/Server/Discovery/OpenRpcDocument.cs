using System.Security.Claims;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>The answer of <c>rpc.discover</c>: the server's methods as an OpenRPC 1.4 document.</summary>
/// <remarks>It is made at the first request and cached. Only the server's address is written for each request, with the name that the caller used.</remarks>
internal sealed class OpenRpcDocument
{
    private const string Version = "1.4.0";

    private readonly Lazy<Texts> _text;
    private readonly Lazy<TypeScript> _typeScript;

    /// <param name="options">The title and the version.</param>
    /// <param name="serializer">The serializer, which writes the document and knows the types.</param>
    /// <param name="methods">The methods in the order of their registration.</param>
    public OpenRpcDocument(JsonRpcDiscoveryOptions options, JsonRpcSerializer serializer, IReadOnlyList<DescribedMethod> methods)
    {
        _text = new(() => new Texts(Write(ServerTitle.Of(options), serializer), Write(MethodsOf(methods), serializer)));
        _typeScript = new(() =>
        {
            var (title, list) = _text.Value;
            var document = new JsonObject { ["openrpc"] = Version, ["info"] = JsonNode.Parse(title), ["methods"] = JsonNode.Parse(list) };
            return new TypeScript(document, TypeScriptWriter.Body(document));
        });
    }

    public void Write(JsonRpcCall call)
    {
        var (title, methods) = _text.Value;
        var writer = call.Result;
        writer.WriteStartObject();
        writer.WriteString("openrpc", Version);
        writer.WritePropertyName("info");
        writer.WriteRawValue(title, skipInputValidation: true);
        writer.WriteStartArray("servers");
        writer.WriteStartObject();
        writer.WriteString("name", "this server");
        writer.WriteString("url", AddressIn(call.Exchange));
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WritePropertyName("methods");
        writer.WriteRawValue(methods, skipInputValidation: true);
        writer.WriteEndObject();
    }

    /// <summary>Writes the answer of <c>rpc.typescript</c>: a TypeScript client that is generated from the document.</summary>
    public void WriteTypeScript(JsonRpcCall call)
    {
        var (document, body) = _typeScript.Value;
        call.Result.WriteStringValue(TypeScriptWriter.Head(document, AddressIn(call.Exchange)) + body);
    }

    /// <summary>Refuses parameters, since the reserved methods take none.</summary>
    public static void RefuseParameters(JsonRpcCall call)
    {
        if (!call.Parameters.IsEmpty && JsonNode.Parse(call.Parameters.Span) is JsonArray { Count: > 0 } or JsonObject { Count: > 0 })
            throw JsonRpcException.InvalidParams("the method takes no parameters.");
    }

    /// <summary>Returns the server's address with the name that the caller uses.</summary>
    private static string AddressIn(HttpExchange exchange) => $"{exchange.Scheme}://{exchange.RequestHeaders["Host"] ?? "localhost"}{exchange.Path}";

    private static byte[] Write(JsonNode node, JsonRpcSerializer serializer)
    {
        var target = new BodyBuffer();
        serializer.WriteUntyped(target, node);
        return target.WrittenSpan.ToArray();
    }

    private static JsonArray MethodsOf(IReadOnlyList<DescribedMethod> methods)
    {
        var array = new JsonArray();
        foreach (var method in methods)
            array.Add((JsonNode)MethodOf(method, method.Shape(), $"#/methods/{array.Count}"));
        return array;
    }

    private static JsonObject MethodOf(DescribedMethod method, MethodShape shape, string place)
    {
        var words = Words.Join(method.Description, shape.Description);
        var entry = new JsonObject { ["name"] = method.Info.Name };
        if ((words?.Summary ?? Words.Of(shape.Source)) is { } summary)
            entry["summary"] = summary;
        if (words?.Details is { } details)
            entry["description"] = details;
        if (words?.IsDeprecated == true || shape.Source?.IsDefined(typeof(ObsoleteAttribute), inherit: true) == true)
            entry["deprecated"] = true;
        AddParameters(entry, shape, words, place);
        var result = new JsonObject { ["name"] = "result" };
        if ((words?.Result ?? Words.OfResult(shape.Source)) is { } description)
            result["description"] = description;
        result["schema"] = shape.ReturnsNothing ? new JsonObject { ["type"] = "null" }
            : shape.ReturnsSequence ? new JsonObject { ["type"] = "array", ["items"] = TypeSchema.Of(shape.Output, takesNull: false, $"{place}/result/schema/items") }
            : TypeSchema.Of(shape.Output, shape.ReturnsNull, $"{place}/result/schema");
        entry["result"] = result;
        if (method.Info.Idempotency != JsonRpcIdempotency.None)
            entry["x-idempotency"] = method.Info.Idempotency == JsonRpcIdempotency.Safe ? "safe" : "idempotent";
        if (method.Info.RequiresIdempotencyKey)
            entry["x-idempotency-key"] = "required";
        // OpenRPC cannot describe streams: an extension describes what a caller gets that accepts text/event-stream.
        if (shape.ReturnsSequence)
            entry["x-stream"] = new JsonObject { ["item"] = TypeSchema.Of(shape.Output, takesNull: false, $"{place}/x-stream/item") };
        if (shape.Progress is not null)
            entry["x-progress"] = new JsonObject { ["value"] = TypeSchema.Of(shape.Progress, takesNull: false, $"{place}/x-progress/value") };
        var errors = Words.ErrorsOf(shape.Source, words);
        if (errors.Count > 0)
            entry["errors"] = new JsonArray([.. errors.Select(e => new JsonObject { ["code"] = e.Key, ["message"] = e.Value })]);
        return entry;
    }

    /// <summary>Adds the parameters of a method.</summary>
    /// <remarks>
    /// Parameters that the function takes as one value are described twice: one by one, as OpenRPC requires, if they are an object; and as one schema in <c>x-params</c>, which
    /// is complete and is the target of references.
    /// </remarks>
    private static void AddParameters(JsonObject entry, MethodShape shape, JsonRpcMethodDescription? words, string place)
    {
        var list = new JsonArray();
        entry["params"] = list;
        if (shape.Parameters is { } parameters)
        {
            entry["paramStructure"] = "either";
            foreach (var parameter in parameters)
            {
                var schema = SchemaAnnotations.Add(
                    TypeSchema.Of(parameter.Type, parameter.TakesNull, $"{place}/params/{list.Count}/schema", parameter.Source), parameter.Attributes);
                // A default of null says only that the parameter may be missing.
                if (parameter.Default is not null)
                    schema = SchemaNode.With(schema, "default", parameter.Default);
                list.Add((JsonNode)ParameterOf(parameter.Name, parameter.IsRequired, WordsOf(words, parameter.Name) ?? Words.Of(parameter.Source), schema));
            }
            return;
        }
        var whole = TypeSchema.Of(shape.Input, shape.TakesNull, $"{place}/x-params", shape.InputSource);
        if (whole is JsonObject root && shape.Input is not null)
            AddParts(entry, list, shape.Input, root, words);
        entry["x-params"] = whole;
    }

    /// <summary>Adds the members of an object one by one.</summary>
    /// <remarks>
    /// A list, and an object whose members may have any names, hold any number of values of one kind, which OpenRPC cannot express. A single parameter stands for all of them,
    /// which is correct but incomplete.
    /// </remarks>
    private static void AddParts(JsonObject entry, JsonArray list, JsonTypeInfo type, JsonObject root, JsonRpcMethodDescription? words)
    {
        var isList = HasType(root, "array");
        if (!isList && !HasType(root, "object"))
            return;
        entry["paramStructure"] = isList ? "by-position" : "by-name";
        if (isList)
            list.Add((JsonNode)ParameterOf("item", isRequired: false, "Any number of these, one after another.", root["items"]?.DeepClone() ?? true));
        else if (type.Kind != JsonTypeInfoKind.Object)
            list.Add((JsonNode)ParameterOf("name", isRequired: false, "Any number of these, each under a name of its own.", root["additionalProperties"]?.DeepClone() ?? true));
        var properties = root["properties"] as JsonObject ?? OptionsOf(root);
        var required = RequiredOf(root).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, property) in properties)
        {
            var description = WordsOf(words, name) ?? ((property as JsonObject)?["description"] as JsonValue)?.GetValue<string>();
            list.Add((JsonNode)ParameterOf(name, required.Contains(name), description, property!.DeepClone()));
        }
    }

    /// <summary>Returns the members of all derived types.</summary>
    /// <remarks>A member that several types share comes from the first one, but the discriminator has the values of all of them.</remarks>
    private static JsonObject OptionsOf(JsonObject root)
    {
        var all = new JsonObject();
        foreach (var option in (root["anyOf"] as JsonArray ?? []).OfType<JsonObject>())
        {
            foreach (var (name, property) in option["properties"] as JsonObject ?? [])
            {
                if ((property as JsonObject)?["const"] is { } value)
                {
                    if (all[name] is JsonObject { } known && known["enum"] is JsonArray values)
                        values.Add(value.DeepClone());
                    else
                        all[name] = new JsonObject { ["enum"] = new JsonArray(value.DeepClone()) };
                }
                else if (!all.ContainsKey(name))
                {
                    all[name] = property!.DeepClone();
                }
            }
        }
        return all;
    }

    /// <summary>Returns the members that are always required, including those that every option of <c>anyOf</c> requires.</summary>
    private static IEnumerable<string> RequiredOf(JsonObject schema)
    {
        var own = (schema["required"] as JsonArray)?.Select(r => r!.GetValue<string>()) ?? [];
        var options = (schema["anyOf"] as JsonArray)?.OfType<JsonObject>().Select(RequiredOf).ToList() ?? [];
        return options.Count == 0 ? own : own.Union(options.Aggregate((a, b) => a.Intersect(b)));
    }

    private static bool HasType(JsonObject schema, string type) =>
        schema["type"] is JsonArray types ? types.Any(t => t!.GetValue<string>() == type) : schema["type"]?.GetValue<string>() == type;

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

    private sealed record Texts(byte[] Title, byte[] Methods);

    private sealed record TypeScript(JsonObject Document, string Body);
}

/// <summary>A registered method as the document needs it.</summary>
/// <param name="Info">Its name and attributes.</param>
/// <param name="Shape">Its parameters and its result.</param>
/// <param name="Description">The user's description.</param>
/// <param name="MayCall">Whether a user may call it; <c>null</c> if everyone may.</param>
internal sealed record DescribedMethod(JsonRpcMethodInfo Info, Func<MethodShape> Shape, JsonRpcMethodDescription? Description, Func<ClaimsPrincipal, bool>? MayCall = null);
