using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>Describes the parameter and the result of a plain function.</summary>
/// <remarks>
/// A server of one function has no method names, so the request is a POST that accepts only a JSON Schema. No client sends such a call, and the rules of a call apply to it.
/// </remarks>
internal sealed class FunctionDescription
{
    public const string MediaType = "application/schema+json";

    private readonly Lazy<string> _text;
    private readonly bool _isEnabled;
    private readonly HttpExchangeHandler _next;

    public FunctionDescription(JsonRpcDiscoveryOptions options, MethodShape shape, HttpExchangeHandler next)
    {
        _text = new(() => MakeText(options, shape));
        _isEnabled = options.Enabled;
        _next = next;
    }

    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (exchange.RequestHeaders["Accept"] != MediaType)
            return _next(exchange, cancellationToken);
        // Also if discovery is off: the request must never become a call, or opening the page, which sends it, would make one.
        if (!_isEnabled)
            throw new HttpRefusalException(
                406, $"Discovery is off on this server ({nameof(JsonRpcServerOptions)}.{nameof(JsonRpcServerOptions.Discovery)}.{nameof(JsonRpcDiscoveryOptions.Enabled)} is false).");
        exchange.Reply(200, MediaType, _text.Value);
        return default;
    }

    private static string MakeText(JsonRpcDiscoveryOptions options, MethodShape shape)
    {
        var document = new JsonObject
        {
            ["$schema"] = "http://json-schema.org/draft-07/schema#",
            ["info"] = ServerTitle.Of(options),
            ["definitions"] = new JsonObject
            {
                ["input"] = Words.Add(TypeSchema.Of(shape.Input, shape.TakesNull, "#/definitions/input", shape.InputSource), Words.Of(shape.InputSource)),
                ["output"] = Words.Add(shape.ReturnsNothing
                    ? new JsonObject { ["type"] = "null" } : TypeSchema.Of(shape.Output, shape.ReturnsNull, "#/definitions/output"), Words.OfResult(shape.Source)),
            },
        };
        if (Words.Of(shape.Source) is { } description)
            document["description"] = description;
        return document.ToJsonString();
    }
}
