using System.Reflection;
using System.Text.Json.Nodes;

namespace JsonRpcLite;

/// <summary>The descriptions in the source of a function and its parts: a <c>[Description]</c>, or else the XML comments.</summary>
internal static class Words
{
    public static string? Of(MethodInfo? method) => MethodShape.DescriptionOf(method) ?? (method is null ? null : XmlComments.SummaryOf(method));

    public static string? OfResult(MethodInfo? method) => MethodShape.DescriptionOf(method?.ReturnParameter) ?? (method is null ? null : XmlComments.ResultOf(method));

    public static string? Of(ParameterInfo? parameter) => MethodShape.DescriptionOf(parameter) ?? XmlComments.ParameterOf(parameter?.Member, parameter?.Name);

    /// <summary>Joins the user's description of a method with that of its contract; <c>null</c> if there is neither.</summary>
    /// <remarks>The user's description takes precedence.</remarks>
    public static JsonRpcMethodDescription? Join(JsonRpcMethodDescription? said, JsonRpcMethodDescription? contract)
    {
        if (said is null || contract is null)
            return said ?? contract;
        var joined = new JsonRpcMethodDescription
        {
            Summary = said.Summary ?? contract.Summary,
            Details = said.Details ?? contract.Details,
            Result = said.Result ?? contract.Result,
            IsDeprecated = said.IsDeprecated || contract.IsDeprecated,
        };
        foreach (var (name, text) in contract.Parameters.Concat(said.Parameters))
            joined.Parameters[name] = text;
        foreach (var (code, message) in contract.Errors.Concat(said.Errors))
            joined.Errors[code] = message;
        return joined;
    }

    /// <summary>Returns the errors of the description and those that attributes declare.</summary>
    public static IDictionary<int, string> ErrorsOf(MethodInfo? method, JsonRpcMethodDescription? words)
    {
        var errors = new SortedDictionary<int, string>();
        foreach (var error in method?.GetCustomAttributes<JsonRpcErrorAttribute>() ?? [])
            errors[error.Code] = error.Message;
        foreach (var (code, message) in words?.Errors ?? new Dictionary<int, string>())
            errors[code] = message;
        return errors;
    }

    public static JsonNode Add(JsonNode schema, string? description) => description is null ? schema : SchemaNode.With(schema, "description", description);
}
