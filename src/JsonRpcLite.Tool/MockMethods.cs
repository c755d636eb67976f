using System.Text.Json.Nodes;

namespace JsonRpcLite.Tool;

/// <summary>Methods that answer as an OpenRPC document says: by its examples, or else by values that fit its schemas.</summary>
internal sealed class MockMethods(JsonObject document)
{
    public static JsonRpcMethods Of(JsonObject document)
    {
        var mock = new MockMethods(document);
        var methods = new JsonRpcMethods();
        foreach (var (name, method) in OpenRpc.MethodsOf(document).Where(method => !method.Name.StartsWith("rpc.", StringComparison.Ordinal)))
        {
            if (method["x-stream"] is JsonObject)
                methods.AddHandler<JsonNode?, JsonNode?>(name, parameters => mock.ItemsOf(method, parameters).ToAsyncEnumerable());
            else
                methods.Add(name, (call, _) => mock.Answer(method, call));
        }
        // The document is what the server says of itself, word for word.
        return methods.AddFallback((call, _) =>
        {
            if (call.Method == "rpc.discover")
                document.WriteTo(call.Result);
            else if (call.Method == "rpc.typescript")
                call.Result.WriteStringValue(JsonRpcTypeScript.FromOpenRpc(document));
            else
                throw new JsonRpcException(JsonRpcErrorCodes.MethodNotFound, $"Method not found: the document has no method '{call.Method}'.");
            return default;
        });
    }

    private ValueTask Answer(JsonObject method, JsonRpcCall call)
    {
        var result = ResultOf(method, call.Parameters.IsEmpty ? null : JsonNode.Parse(call.Parameters.Span));
        if (result is null)
            call.Result.WriteNullValue();
        else
            result.WriteTo(call.Result);
        return default;
    }

    private IEnumerable<JsonNode?> ItemsOf(JsonObject method, JsonNode? parameters) => ResultOf(method, parameters) switch
    {
        JsonArray items => items,
        var single => Enumerable.Repeat(single, 1),
    };

    private JsonNode? ResultOf(JsonObject method, JsonNode? parameters)
    {
        CheckParameters(method, parameters);
        var examples = (method["examples"] as JsonArray ?? []).Select(example => OpenRpc.Target(document, example)).OfType<JsonObject>().ToList();
        var example = examples.Find(example => IsExampleOf(method, example, parameters)) ?? examples.FirstOrDefault();
        if (example is not null && OpenRpc.Target(document, example["result"]) is { } value && value.ContainsKey("value"))
            return value["value"];
        return new SchemaExample(document).Of(OpenRpc.Target(document, method["result"])?["schema"]);
    }

    /// <exception cref="JsonRpcException">One is missing, or there are too many.</exception>
    private void CheckParameters(JsonObject method, JsonNode? parameters)
    {
        var known = OpenRpc.ParametersOf(document, method).ToList();
        for (var i = 0; i < known.Count; i++)
        {
            var (name, parameter) = known[i];
            var isThere = parameters switch
            {
                JsonArray array => i < array.Count,
                JsonObject members => members.ContainsKey(name),
                _ => false,
            };
            if (!isThere && SchemaTypes.IsTrue(parameter["required"]))
                throw new JsonRpcException(JsonRpcErrorCodes.InvalidParams, $"Invalid params: '{name}' is missing.");
        }
        // Parameters that are taken whole may be a list or object of any length.
        if (!method.ContainsKey("x-params") && parameters is JsonArray { Count: var count } && count > known.Count)
            throw new JsonRpcException(JsonRpcErrorCodes.InvalidParams, $"Invalid params: {count} came, and the method has {known.Count}.");
    }

    private bool IsExampleOf(JsonObject method, JsonObject example, JsonNode? parameters)
    {
        var names = OpenRpc.ParametersOf(document, method).Select(parameter => parameter.Name).ToList();
        var values = (example["params"] as JsonArray ?? []).Select(value => OpenRpc.Target(document, value)).ToList();
        return parameters switch
        {
            null => values.Count == 0,
            JsonArray array => array.Count == values.Count && array.Zip(values).All(pair => JsonNode.DeepEquals(pair.First, pair.Second?["value"])),
            // An example's parameters stand in the order of the method's, whatever their own names are.
            JsonObject members => members.Count == values.Count && values.Select((value, i) => (Name: i < names.Count ? names[i] : "", Value: value?["value"]))
                .All(pair => members.TryGetPropertyValue(pair.Name, out var sent) && JsonNode.DeepEquals(sent, pair.Value)),
            _ => false,
        };
    }
}
