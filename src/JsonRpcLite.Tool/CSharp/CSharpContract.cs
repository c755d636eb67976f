using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Tool;

/// <summary>Writes the contract of a server, an interface with <c>[JsonRpcContract]</c>, and its types, from an OpenRPC document.</summary>
internal sealed class CSharpContract
{
    /// <summary>What the file names besides its own types.</summary>
    private static readonly string[] Reserved =
    [
        "CancellationToken", "DateOnly", "DateTimeOffset", "Guid", "IAsyncEnumerable", "IProgress", "IReadOnlyDictionary", "IReadOnlyList", "JsonArray", "JsonConverter",
        "JsonIgnore", "JsonIgnoreCondition", "JsonNode", "JsonObject", "JsonPropertyName", "JsonRpcContract", "JsonRpcError", "JsonRpcIdempotency", "JsonRpcMethod",
        "JsonRpcName", "JsonRpcNotification", "JsonStringEnumConverter", "JsonStringEnumMemberName", "Obsolete", "Task",
    ];

    private readonly JsonObject _document;
    private readonly CSharpTypes _types;
    private readonly List<string> _leftOut = [];

    private CSharpContract(JsonObject document, FreeNames names) => (_document, _types) = (document, new CSharpTypes(document, names));

    /// <param name="document">The document.</param>
    /// <param name="namespaceName">The namespace of the file.</param>
    /// <returns>The text of the file, and the names of the methods that a contract cannot express.</returns>
    public static (string Text, IReadOnlyList<string> LeftOut) Write(JsonObject document, string namespaceName)
    {
        var info = document["info"] as JsonObject;
        var title = SchemaTypes.TextOf(info?["title"]) is { Length: > 0 } given ? given : "Server";
        var names = new FreeNames(Reserved);
        var name = names.Take($"I{CSharpText.Pascal(title)}");
        var positionName = names.Take($"{name}ByPosition");
        var contract = new CSharpContract(document, names);
        var methods = OpenRpc.MethodsOf(document).Where(method => contract.IsExpressible(method.Name, method.Method)).ToList();
        // A contract sends all its parameters by name, or all by position.
        var byPosition = methods.Where(method => SchemaTypes.TextOf(method.Method["paramStructure"]) == "by-position").ToList();
        var text = new StringBuilder($"""
            // The contract of {CSharpText.OneLine(title)}, written by jsonrpc gen from the OpenRPC document of the server. Changes are lost when it is generated again.
            {(contract._leftOut.Count == 0 ? "" : $"// A contract cannot express the parameters of: {string.Join(", ", contract._leftOut.Select(CSharpText.OneLine))}. Call them by name.\n")}#nullable enable
            using System;
            using System.Collections.Generic;
            using System.Text.Json.Nodes;
            using System.Text.Json.Serialization;
            using System.Threading;
            using System.Threading.Tasks;
            using JsonRpcLite;

            namespace {namespaceName};


            """);
        var byName = methods.Except(byPosition).ToList();
        if (byName.Count > 0 || byPosition.Count == 0)
            text.Append(contract.Interface(name, "", byName));
        if (byPosition.Count > 0)
            text.Append(contract.Interface(byName.Count > 0 ? positionName : name, "(ByPosition = true)", byPosition));
        return (text.Append(string.Join("\n", contract._types.Declarations)).ToString().TrimEnd('\n') + "\n", contract._leftOut);
    }

    /// <summary>Names of the protocol's own are not a contract's, and neither are parameters that are a list or a dictionary of any length.</summary>
    private bool IsExpressible(string name, JsonObject method)
    {
        if (name.StartsWith("rpc.", StringComparison.Ordinal))
            return false;
        var isExpressible = name.Length > 0 && (!method.ContainsKey("x-params") || method["x-params"] is JsonObject { } whole && whole["properties"] is JsonObject);
        if (!isExpressible)
            _leftOut.Add(name);
        return isExpressible;
    }

    private string Interface(string name, string arguments, IReadOnlyList<(string Name, JsonObject Method)> methods)
    {
        var names = new FreeNames();
        return $"[JsonRpcContract{arguments}]\npublic partial interface {name}\n{{\n{string.Join("\n", methods.Select(method => Member(method.Name, method.Method, names)))}}}\n\n";
    }

    private string Member(string wireName, JsonObject method, FreeNames names)
    {
        var name = names.Take(CSharpText.Pascal(wireName));
        var text = new StringBuilder(CSharpText.Summary(SchemaTypes.TextOf(method["summary"]) ?? SchemaTypes.TextOf(method["description"]), "    "));
        var parameters = Parameters(method, text);
        var result = OpenRpc.Target(_document, method["result"])?["schema"];
        var returns = method["x-stream"] is JsonObject stream ? $"IAsyncEnumerable<{_types.Of(stream["item"], $"{wireName} item")}>"
            : method["result"] is null || SchemaTypes.TextOf((result as JsonObject)?["type"]) == "null" ? "Task"
            : $"Task<{_types.Of(result, $"{wireName} result")}>";
        if ($"{char.ToLowerInvariant(name[0])}{name[1..]}" != wireName || name.EndsWith("Async", StringComparison.Ordinal))
            text.Append("    [JsonRpcName(").Append(CSharpText.Literal(wireName)).Append(")]\n");
        // A method without a result is called by notifications only, says OpenRPC.
        if (method["result"] is null && method["x-stream"] is null)
            text.Append("    [JsonRpcNotification]\n");
        if (SchemaTypes.TextOf(method["x-idempotency"]) is "safe" or "idempotent")
            text.Append("    [JsonRpcMethod(Idempotency = JsonRpcIdempotency.")
                .Append(SchemaTypes.TextOf(method["x-idempotency"]) == "safe" ? "Safe" : "Idempotent").Append(")]\n");
        foreach (var error in (method["errors"] as JsonArray ?? []).Select(error => OpenRpc.Target(_document, error)).OfType<JsonObject>())
        {
            if (error["code"] is JsonValue code && code.TryGetValue(out int number) && SchemaTypes.TextOf(error["message"]) is { } message)
                text.Append("    [JsonRpcError(").Append(System.Globalization.CultureInfo.InvariantCulture, $"{number}").Append(", ")
                    .Append(CSharpText.Literal(message)).Append(")]\n");
        }
        if (SchemaTypes.IsTrue(method["deprecated"]))
            text.Append("    [Obsolete]\n");
        return text.Append("    ").Append(returns).Append(' ').Append(name).Append("Async(").Append(parameters).Append(");\n").ToString();
    }

    /// <summary>The parameters in C#; what the document says of them goes to the comment.</summary>
    private string Parameters(JsonObject method, StringBuilder comment)
    {
        var names = new FreeNames();
        var parameters = OpenRpc.ParametersOf(_document, method).DistinctBy(parameter => parameter.Name)
            .Select(parameter => Parameter(parameter.Name, parameter.Parameter, names)).ToList();
        var written = new List<string>();
        for (var i = 0; i < parameters.Count; i++)
        {
            var (name, declared, whenMissing, words) = parameters[i];
            // In C# nothing that must be given follows what need not be.
            written.Add(whenMissing is not null && parameters.Skip(i).All(parameter => parameter.WhenMissing is not null) ? $"{declared} = {whenMissing}" : declared);
            if (CSharpText.OneLine((words ?? "").ReplaceLineEndings(" ")) is { Length: > 0 } line)
                comment.Append("    /// <param name=\"").Append(name.TrimStart('@')).Append("\">").Append(line).Append("</param>\n");
        }
        if (method["x-progress"] is JsonObject progress)
            written.Add($"IProgress<{_types.Of(progress["value"], "progress")}>? {names.Take("progress")} = null");
        written.Add($"CancellationToken {names.Take("cancellationToken")} = default");
        return string.Join(", ", written);
    }

    private (string Name, string Declared, string? WhenMissing, string? Words) Parameter(string wireName, JsonObject parameter, FreeNames names)
    {
        var schema = parameter["schema"];
        var type = _types.Of(schema, wireName);
        var name = names.Take(CSharpText.Camel(wireName));
        // A contract sends each parameter. So one that may be missing is sent with the server's own default, or as null where that is a value.
        var whenMissing = SchemaTypes.IsTrue(parameter["required"]) ? null
            : _types.ConstantOf(OpenRpc.Target(_document, schema)?["default"], type) ?? (_types.TakesNull(schema) ? "null" : null);
        var declared = $"{(name.TrimStart('@') == wireName ? "" : $"[JsonRpcName({CSharpText.Literal(wireName)})] ")}{type} {name}";
        return (name, declared, whenMissing, SchemaTypes.TextOf(parameter["description"]) ?? SchemaTypes.TextOf(parameter["summary"]));
    }
}
