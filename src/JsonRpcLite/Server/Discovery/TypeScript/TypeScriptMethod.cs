using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>A method of the document as a function of the client.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Words">The lines of its comment.</param>
/// <param name="Parameters">The argument for the parameters, such as <c>params: number[]</c>; <c>null</c> if the method has no parameters.</param>
/// <param name="Options">The type of the last argument.</param>
/// <param name="Result">The type that it returns.</param>
/// <param name="Kind">The way to call it.</param>
internal sealed record TypeScriptMethod(string Name, IReadOnlyList<string> Words, string? Parameters, string Options, string Result, MethodKind Kind)
{
    public string Arguments => Parameters is null ? $"options?: {Options}" : $"{Parameters}, options?: {Options}";

    /// <exception cref="ArgumentException">The method has no name.</exception>
    public static TypeScriptMethod Of(JsonObject document, JsonNode? node, SchemaTypes types)
    {
        if (Target(document, node) is not { } method || SchemaTypes.TextOf(method["name"]) is not { } name)
            throw new ArgumentException("The document is not an OpenRPC document: a method has no name.", nameof(document));
        var parameters = (method["params"] as JsonArray ?? []).Select(parameter => ParameterOf(document, parameter)).OfType<TypeScriptMember>()
            .DistinctBy(parameter => parameter.Name).ToList();
        var isByPosition = SchemaTypes.TextOf(method["paramStructure"]) == "by-position";
        var words = WordsOf(document, method, isByPosition && !method.ContainsKey("x-params") ? parameters : []);
        var argument = method.ContainsKey("x-params") ? WholeOf(method["x-params"], parameters, name, types)
            : parameters.Count == 0 ? null
            : isByPosition ? $"params{(parameters.All(parameter => parameter.IsOptional) ? "?" : "")}: {TupleOf(parameters, name, types)}"
            : Argument(types.Object(parameters, $"{name} params", $"params {name}"), parameters.All(parameter => parameter.IsOptional));
        var options = method["x-progress"] is JsonObject progress ? $"ProgressOptions<{types.Of(progress["value"], $"{name} progress").Text}>" : "CallOptions";
        if (method["x-stream"] is JsonObject stream)
            return new(name, words, argument, options, $"AsyncIterable<{types.Of(stream["item"], $"{name} item").Text}>", MethodKind.Stream);
        // According to OpenRPC, a method without a result is called only by notifications.
        return method["result"] is null ? new(name, words, argument, options, "Promise<void>", MethodKind.Notification)
            : new(name, words, argument, options, $"Promise<{types.Of(Target(document, method["result"])?["schema"], $"{name} result").Text}>", MethodKind.Call);
    }

    private static string Argument(TypeScriptType type, bool isOptional) => $"params{(isOptional ? "?" : "")}: {type.Text}";

    /// <summary>Returns the argument for parameters that the server takes as one value; the listed parameters have its comments.</summary>
    private static string? WholeOf(JsonNode? schema, List<TypeScriptMember> listed, string name, SchemaTypes types)
    {
        var takesNull = schema is JsonObject any && SchemaValues.TypesOf(any).Contains("null");
        var type = types.OfParameters(schema, $"{name} params", listed).WithoutNull();
        if (type.IsUnknown || type.Text == "never")
            return "params?: object";
        var isObject = schema is JsonObject { } node && (node["properties"] is JsonObject || SchemaTypes.MembersOf(node, []).Any())
            && SchemaValues.TypesOf(node).Contains("object");
        return Argument(type, takesNull || isObject && SchemaTypes.MembersOf((JsonObject)schema!, []).All(member => member.IsOptional));
    }

    /// <summary>Makes a tuple: an optional parameter may be left out at the end, and is null elsewhere.</summary>
    private static string TupleOf(List<TypeScriptMember> parameters, string name, SchemaTypes types)
    {
        var last = parameters.FindLastIndex(parameter => !parameter.IsOptional);
        return $"[{string.Join(", ", parameters.Select((parameter, i) =>
        {
            var label = TypeScriptText.Label(parameter.Name, i);
            var type = types.Of(parameter.Schema, $"{name} params {parameter.Name}");
            return i > last ? $"{label}?: {type.Text}" : $"{label}: {(parameter.IsOptional ? type.WithNull() : type).Text}";
        }))}]";
    }

    private static TypeScriptMember? ParameterOf(JsonObject document, JsonNode? node) =>
        Target(document, node) is { } parameter && SchemaTypes.TextOf(parameter["name"]) is { } name
            ? new(name, parameter["schema"], !SchemaTypes.IsTrue(parameter["required"]), WordsOf(parameter), false)
            : null;

    private static IReadOnlyList<string> WordsOf(JsonObject parameter) => SchemaTypes.WordsOf(parameter) is { Count: > 0 } words ? words : SchemaTypes.WordsOf(parameter["schema"]);

    private static List<string> WordsOf(JsonObject document, JsonObject method, List<TypeScriptMember> listed)
    {
        var words = TypeScriptText.Lines(SchemaTypes.TextOf(method["summary"])).Concat(TypeScriptText.Lines(SchemaTypes.TextOf(method["description"]))).ToList();
        words.AddRange(
            listed.Where(parameter => parameter.Words.Count > 0).Select(parameter => $"- {TypeScriptText.OneLine(parameter.Name)}: {string.Join(' ', parameter.Words)}"));
        if (TypeScriptText.Lines(SchemaTypes.TextOf(Target(document, method["result"])?["description"])).ToList() is { Count: > 0 } result)
            words.Add($"@returns {string.Join(' ', result)}");
        foreach (var error in (method["errors"] as JsonArray ?? []).Select(error => Target(document, error)).OfType<JsonObject>())
            words.Add($"@throws {TypeScriptText.OneLine($"{error["code"]}: {error["message"]}")}");
        if (SchemaTypes.IsTrue(method["deprecated"]))
            words.Add("@deprecated");
        return words;
    }

    /// <summary>Follows a reference of a method, parameter, result or error.</summary>
    /// <remarks>A reference to another reference is not followed, since it could lead back.</remarks>
    private static JsonObject? Target(JsonObject document, JsonNode? node) =>
        node is JsonObject o && SchemaTypes.TextOf(o["$ref"]) is { } pointer ? JsonPointer.Find(document, pointer) as JsonObject : node as JsonObject;
}

/// <summary>How a method is called.</summary>
internal enum MethodKind
{
    /// <summary>A call that returns a result.</summary>
    Call,

    /// <summary>A call that sends items as they are produced.</summary>
    Stream,

    /// <summary>A notification, which has no answer.</summary>
    Notification,
}
